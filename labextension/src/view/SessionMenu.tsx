/** What can be done with the session that is shown. */
import { ellipsesIcon } from '@jupyterlab/ui-components';
import type { ExportFormat } from '../session/actions';
import { PopupChoice, Popup } from './Popup';
import { useUi } from './ui';

export interface SessionMenuActions {
  readonly onNew: () => void;
  readonly onFork: () => void;
  readonly onSummarize: () => void;
  readonly onExport: (format: ExportFormat) => void;
}

interface SessionMenuProps extends SessionMenuActions {
  readonly isThere: boolean;
  /** Whether who looks may prompt, and delete this one. What would be refused is not offered. */
  readonly canDirect: boolean;
  readonly canDelete: boolean;
  readonly onRename: () => void;
  readonly onRemove: () => void;
}

export function SessionMenu(props: SessionMenuProps) {
  const { trans } = useUi();
  const choices: [string, () => void][] = props.canDirect ? [[trans.__('New session'), props.onNew]] : [];
  if (props.isThere && props.canDirect) {
    choices.push(
      [trans.__('Rename'), props.onRename],
      [trans.__('Fork'), props.onFork],
      [trans.__('Summarize'), props.onSummarize]
    );
  }
  if (props.isThere) {
    choices.push(
      [trans.__('Export as Markdown'), () => props.onExport('markdown')],
      [trans.__('Export as notebook'), () => props.onExport('ipynb')],
      [trans.__('Export as JSON'), () => props.onExport('json')]
    );
  }
  if (props.canDelete) {
    choices.push([trans.__('Delete'), props.onRemove]);
  }
  if (!choices.length) {
    return null;
  }
  return (
    <Popup
      className="jcr-IconButton"
      title={trans.__('More')}
      align="right"
      label={<ellipsesIcon.react tag="span" className="jcr-Icon" />}
    >
      {close => choices.map(([name, act]) => <PopupChoice key={name} name={name} onChoose={() => (close(), act())} />)}
    </Popup>
  );
}
