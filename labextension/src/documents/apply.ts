/**
 * The agent's edits on a document that is open: all of them in one step, or none. Only what changes is touched, so cursors stay
 * where they are, and what a person writes in another cell is theirs.
 */
import type { ISharedCell, ISharedCodeCell, ISharedNotebook } from '@jupyter/ydoc';
import type { DeleteCell, InsertCell, MoveCell, ReplaceCell, SetOutputs } from '../wire';
import { sourceHash } from './hash';
import { setOutputs } from './outputs';
import { inOneUndoStep, splice } from './text';

export type CellEdit = InsertCell | ReplaceCell | DeleteCell | MoveCell | SetOutputs;

/** The document is not what the agent saw; the server says how. Nothing was changed. */
export class StaleEdit extends Error {}

interface Planned {
  readonly id: string;
  readonly isCode: boolean;
  readonly source: string;
}

/** Raises Stale, and has changed nothing then. */
export function applyEdits(notebook: ISharedNotebook, edits: readonly CellEdit[]): void {
  check(notebook, edits);
  inOneTransaction(notebook, () => edits.forEach(edit => applyOne(notebook, edit)));
}

/**
 * As one step of the notebook's history, or of the cells' own. No transaction around it: in one, the notebook does not know the
 * cells that it has, and it would be in none of the cells' histories.
 */
export function inOneTransaction(notebook: ISharedNotebook, change: () => void): void {
  if (notebook.disableDocumentWideUndoRedo) {
    change();
  } else {
    inOneUndoStep(notebook, change);
  }
}

/** As one step of the cell's history, when it has its own. */
export function rewrite(notebook: ISharedNotebook, cell: ISharedCell, source: string): void {
  if (notebook.disableDocumentWideUndoRedo) {
    inOneUndoStep(cell, () => splice(cell, source));
  } else {
    splice(cell, source);
  }
}

/** Walk through the edits on paper. */
function check(notebook: ISharedNotebook, edits: readonly CellEdit[]): void {
  const cells = notebook.cells.map((cell): Planned => ({
    id: cell.getId(),
    isCode: cell.cell_type === 'code',
    source: cell.getSource()
  }));
  for (const edit of edits) {
    const at = cells.findIndex(cell => cell.id === edit.id);
    const cell = cells[at];
    if (edit.op === 'insert') {
      refuse(cell !== undefined);
      cells.splice(after(cells, edit.after), 0, {
        id: edit.id,
        isCode: edit.cell_type === 'code',
        source: edit.source
      });
      continue;
    }
    if (!cell || sourceHash(cell.source) !== edit.expected || (edit.op === 'outputs' && !cell.isCode)) {
      throw new StaleEdit();
    }
    if (edit.op === 'replace') {
      cells[at] = { ...cell, source: edit.source };
    } else if (edit.op !== 'outputs') {
      cells.splice(at, 1);
    }
    if (edit.op === 'move') {
      refuse(edit.after === edit.id);
      cells.splice(after(cells, edit.after), 0, cell);
    }
  }
}

function refuse(wrong: boolean): void {
  if (wrong) {
    throw new StaleEdit();
  }
}

function after(cells: readonly { readonly id: string }[], id: string | null): number {
  const at = id === null ? -1 : cells.findIndex(cell => cell.id === id);
  refuse(id !== null && at < 0);
  return at + 1;
}

function applyOne(notebook: ISharedNotebook, edit: CellEdit): void {
  const at = notebook.cells.findIndex(cell => cell.getId() === edit.id);
  const cell = notebook.cells[at];
  if (edit.op === 'insert') {
    notebook.insertCell(after(notebook.cells, edit.after), newCell(edit));
  } else if (!cell) {
    throw new StaleEdit();
  } else if (edit.op === 'replace') {
    rewrite(notebook, cell, edit.source);
  } else if (edit.op === 'delete') {
    notebook.deleteCell(at);
  } else if (edit.op === 'move') {
    const rest = notebook.cells.filter(one => one !== cell);
    notebook.moveCell(at, after(rest, edit.after));
  } else {
    setOutputs(cell as ISharedCodeCell, edit);
  }
}

function newCell({ id, cell_type, source }: InsertCell): Parameters<ISharedNotebook['insertCell']>[1] {
  const code = cell_type === 'code' ? { outputs: [], execution_count: null } : {};
  return { id, cell_type, source, metadata: {}, ...code };
}
