/** Under the diff of an edit: keep it, revert it, or see all that its turn changed. */
import { cellOf, pathOf } from '../session/tools';
import type { Tool } from '../session/turns';
import { visible } from '../lib/visible';
import { Decision } from './Decision';
import { useSignals } from './signals';
import { useUi } from './ui';

export function ToolDecision({ tool }: { tool: Tool }) {
  const { changes, trans } = useUi();
  useSignals(changes.changed);
  const path = pathOf(tool);
  const file = changes.files.find(one => one.path === path);
  if (!file) {
    return null;
  }
  const ids = tool.result?.metadata['cell_ids'];
  const cellId = Array.isArray(ids) && ids.length === 1 ? cellOf(tool) : null;
  const cell = cellId ? file.cells.find(one => one.cell_id === cellId) : undefined;
  if (cellId && !cell) {
    return null;
  }
  const what = cell ? trans.__('this cell') : visible(path);
  return (
    <div className="jcr-ToolDecision">
      <Decision scope={{ path, cell_id: cell?.cell_id }} what={what} canRevert={cell !== undefined || file.undoable} />
      <button className="jcr-LinkButton" onClick={() => changes.show(null)}>
        {trans.__('Review all')}
      </button>
      {!file.undoable && <span className="jcr-Changes-note">{trans.__('This cannot be undone here.')}</span>}
    </div>
  );
}

/** Under the diff of an edit that was refused: it was not made, and can be asked for again. */
export function Proposal({ tool }: { tool: Tool }) {
  const { proposeAgain, trans } = useUi();
  return (
    <div className="jcr-ToolDecision">
      <span className="jcr-Changes-note">{trans.__('This edit was refused.')}</span>
      <button className="jcr-LinkButton" onClick={() => proposeAgain(pathOf(tool))}>
        {trans.__('Try again')}
      </button>
    </div>
  );
}
