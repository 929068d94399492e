/** The session's title, which opens the list of sessions; a new one; and what can be done with this one. */
import { addIcon } from '@jupyterlab/ui-components';
import { useState } from 'react';
import { mayDelete, mayPrompt } from '../session/roles';
import type { May, Session } from '../wire';
import { ChangesButton } from './ChangesLine';
import { Popup } from './Popup';
import { SessionList, TitleInput } from './SessionList';
import { SessionMenu } from './SessionMenu';
import type { SessionMenuActions } from './SessionMenu';
import { useUi } from './ui';

export interface HeaderProps extends SessionMenuActions {
  readonly sessions: readonly Session[];
  readonly current: Session | null;
  /** What who looks may do; null: not known yet. */
  readonly may: May | null;
  readonly now: number;
  readonly isUnread: (session: Session) => boolean;
  /** The notebook in front. */
  readonly notebook: string | null;
  readonly onShow: (id: string) => void;
  readonly onRename: (id: string, title: string) => void;
  readonly onRemove: (session: Session) => void;
}

export function Header(props: HeaderProps) {
  const { current, sessions, onNew, onRename, onRemove, onShow } = props;
  const { trans } = useUi();
  const [isRenaming, setRenaming] = useState(false);
  const title = current ? current.title || trans.__('New session') : trans.__('New session');
  return (
    <div className="jcr-Header">
      {isRenaming && current ? (
        <TitleInput
          title={current.title}
          onDone={text => {
            setRenaming(false);
            if (text !== null) {
              onRename(current.id, text);
            }
          }}
        />
      ) : (
        <Popup
          className="jcr-Title"
          title={trans.__('Sessions')}
          role="dialog"
          label={
            <>
              <span className="jcr-Ellipsis">{title}</span>
              <span className="jcr-Caret" />
              {sessions.some(props.isUnread) && (
                <span className="jcr-Dot jcr-mod-unread" role="img" aria-label={trans.__('news in other sessions')} />
              )}
            </>
          }
        >
          {close => (
            <SessionList
              {...props}
              currentId={current?.id ?? null}
              sessions={sessions}
              onShow={id => {
                close();
                onShow(id);
              }}
            />
          )}
        </Popup>
      )}
      <ChangesButton />
      {mayPrompt(props.may) && (
        <button className="jcr-IconButton" title={trans.__('New session')} onClick={onNew}>
          <addIcon.react tag="span" className="jcr-Icon" />
        </button>
      )}
      <SessionMenu
        {...props}
        isThere={current !== null}
        canDirect={mayPrompt(props.may)}
        canDelete={current !== null && mayDelete(current, props.may)}
        onRename={() => setRenaming(true)}
        onRemove={() => current && onRemove(current)}
      />
    </div>
  );
}
