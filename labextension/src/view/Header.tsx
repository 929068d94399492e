/** The session's title, which opens the list of sessions; a new one; and what can be done with this one. */
import { addIcon, ellipsesIcon } from '@jupyterlab/ui-components';
import { useState } from 'react';
import type { Session } from '../wire';
import { Choice, Popup } from './Popup';
import { SessionList, TitleInput } from './SessionList';
import { useUi } from './ui';

export interface HeaderProps {
  readonly sessions: readonly Session[];
  readonly current: Session | null;
  readonly now: number;
  readonly onShow: (id: string) => void;
  readonly onNew: () => void;
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
      <button className="jcr-IconButton" title={trans.__('New session')} onClick={onNew}>
        <addIcon.react tag="span" className="jcr-Icon" />
      </button>
      <Popup
        className="jcr-IconButton"
        title={trans.__('More')}
        align="right"
        footer={<KeyHelp />}
        label={<ellipsesIcon.react tag="span" className="jcr-Icon" />}
      >
        {close => (
          <>
            <Choice name={trans.__('New session')} onChoose={() => (close(), onNew())} />
            {current && <Choice name={trans.__('Rename')} onChoose={() => (close(), setRenaming(true))} />}
            {current && <Choice name={trans.__('Delete')} onChoose={() => (close(), onRemove(current))} />}
          </>
        )}
      </Popup>
    </div>
  );
}

function KeyHelp() {
  const { trans } = useUi();
  const keys: [string, string][] = [
    ['Enter', trans.__('send')],
    ['Shift+Enter', trans.__('new line')],
    ['Esc', trans.__('stop; deny')],
    ['↑', trans.__('earlier prompts')],
    ['Alt+↑ ↓', trans.__('between turns')],
    ['Ctrl/⌘+Shift+Enter', trans.__('this panel, and back')]
  ];
  return (
    <dl className="jcr-Keys" aria-label={trans.__('Keys')}>
      {keys.map(([key, meaning]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}
