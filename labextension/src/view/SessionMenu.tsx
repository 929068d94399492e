/** What can be done with the session that is shown. */
import { ellipsesIcon } from '@jupyterlab/ui-components';
import type { ExportFormat } from '../deeds';
import { Choice, Popup } from './Popup';
import { useUi } from './ui';

export interface SessionDeeds {
  readonly onNew: () => void;
  readonly onFork: () => void;
  readonly onExport: (format: ExportFormat) => void;
}

interface SessionMenuProps extends SessionDeeds {
  readonly isThere: boolean;
  readonly onRename: () => void;
  readonly onRemove: () => void;
}

export function SessionMenu(props: SessionMenuProps) {
  const { trans } = useUi();
  const choices: [string, () => void][] = [[trans.__('New session'), props.onNew]];
  if (props.isThere) {
    choices.push(
      [trans.__('Rename'), props.onRename],
      [trans.__('Fork'), props.onFork],
      [trans.__('Export as Markdown'), () => props.onExport('markdown')],
      [trans.__('Export as notebook'), () => props.onExport('ipynb')],
      [trans.__('Export as JSON'), () => props.onExport('json')],
      [trans.__('Delete'), props.onRemove]
    );
  }
  return (
    <Popup
      className="jcr-IconButton"
      title={trans.__('More')}
      align="right"
      footer={<KeyHelp />}
      label={<ellipsesIcon.react tag="span" className="jcr-Icon" />}
    >
      {close => choices.map(([name, act]) => <Choice key={name} name={name} onChoose={() => (close(), act())} />)}
    </Popup>
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
