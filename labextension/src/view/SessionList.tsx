/** The sessions, newest first, with a search; each can be renamed and deleted where it stands. */
import { closeIcon, editIcon } from '@jupyterlab/ui-components';
import { useState } from 'react';
import { mayDelete, mayPrompt } from '../session/roles';
import type { May, Session } from '../wire';
import { ago } from '../lib/format';
import { useUi } from './ui';

interface SessionListProps {
  readonly sessions: readonly Session[];
  readonly currentId: string | null;
  readonly may: May | null;
  readonly now: number;
  readonly isUnread: (session: Session) => boolean;
  /** The notebook in front. */
  readonly notebook: string | null;
  readonly onShow: (id: string) => void;
  readonly onRename: (id: string, title: string) => void;
  readonly onRemove: (session: Session) => void;
}

/** From here on a search is of use. */
const MANY = 6;

export function SessionList(props: SessionListProps) {
  const { trans } = useUi();
  const [search, setSearch] = useState('');
  const [isAbout, setAbout] = useState(false);
  const wanted = search.trim().toLocaleLowerCase();
  const about = props.notebook;
  const isOffered = about !== null && props.sessions.some(session => session.notebooks.includes(about));
  const found = props.sessions.filter(
    session =>
      session.title.toLocaleLowerCase().includes(wanted) &&
      (!isAbout || !isOffered || session.notebooks.includes(about))
  );
  return (
    <div className="jcr-Sessions">
      {props.sessions.length >= MANY && (
        <input
          className="jcr-Search"
          type="search"
          value={search}
          placeholder={trans.__('Search sessions')}
          aria-label={trans.__('Search sessions')}
          onChange={event => setSearch(event.target.value)}
        />
      )}
      {isOffered && (
        <button
          className="jcr-Chip jcr-Sessions-about"
          aria-pressed={isAbout}
          title={about}
          onClick={() => setAbout(!isAbout)}
        >
          <span className="jcr-Ellipsis">{trans.__('About %1', about.split('/').at(-1) ?? about)}</span>
        </button>
      )}
      <ul className="jcr-Sessions-list">
        {found.map(session => (
          <SessionRow key={session.id} session={session} {...props} />
        ))}
      </ul>
      {!found.length && <div className="jcr-Sessions-none">{trans.__('No sessions')}</div>}
    </div>
  );
}

function SessionRow(props: SessionListProps & { session: Session }) {
  const { session, currentId, may, now, isUnread, onShow, onRename, onRemove } = props;
  const { trans } = useUi();
  const [isRenaming, setRenaming] = useState(false);
  if (isRenaming) {
    return (
      <li className="jcr-SessionRow">
        <TitleInput
          title={session.title}
          onDone={title => {
            setRenaming(false);
            if (title !== null) {
              onRename(session.id, title);
            }
          }}
        />
      </li>
    );
  }
  return (
    <li className="jcr-SessionRow" data-current={session.id === currentId}>
      <button
        className="jcr-SessionRow-title"
        data-stop
        aria-current={session.id === currentId}
        onClick={() => onShow(session.id)}
      >
        {session.is_busy && <span className="jcr-Dot jcr-mod-busy" role="img" aria-label={trans.__('working')} />}
        {!session.is_busy && isUnread(session) && (
          <span className="jcr-Dot jcr-mod-unread" role="img" aria-label={trans.__('unread')} />
        )}
        <span className="jcr-Ellipsis">{session.title || trans.__('New session')}</span>
        <span className="jcr-SessionRow-time">{ago(session.updated_at, now, trans)}</span>
      </button>
      {mayPrompt(may) && (
        <button className="jcr-IconButton" title={trans.__('Rename')} onClick={() => setRenaming(true)}>
          <editIcon.react tag="span" className="jcr-Icon" />
        </button>
      )}
      {mayDelete(session, may) && (
        <button
          className="jcr-IconButton"
          title={trans.__('Delete')}
          onClick={event => (focusBeside(event.currentTarget), onRemove(session))}
        >
          <closeIcon.react tag="span" className="jcr-Icon" />
        </button>
      )}
    </li>
  );
}

/** The row goes away: the focus stays in the list. */
function focusBeside(button: Element): void {
  const row = button.closest('li');
  (row?.nextElementSibling ?? row?.previousElementSibling)?.querySelector<HTMLElement>('[data-stop]')?.focus();
}

/** A title being written: Enter and leaving keep it, Escape does not. */
export function TitleInput({ title, onDone }: { title: string; onDone: (title: string | null) => void }) {
  const { trans } = useUi();
  const [text, setText] = useState(title);
  const finish = (): void => onDone(text.trim() && text.trim() !== title ? text.trim() : null);
  return (
    <input
      className="jcr-TitleInput"
      value={text}
      maxLength={500}
      autoFocus
      aria-label={trans.__('Title of the session')}
      onFocus={event => event.target.select()}
      onChange={event => setText(event.target.value)}
      onBlur={finish}
      onKeyDown={event => {
        if (event.key === 'Enter') {
          finish();
        } else if (event.key === 'Escape') {
          event.stopPropagation();
          onDone(null);
        }
      }}
    />
  );
}
