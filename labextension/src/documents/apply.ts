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

/** What of a cell a plan depends on. */
interface Outline {
  readonly id: string;
  readonly isCode: boolean;
  readonly source: string;
}

/** An edit that fits, as in the server's plan: where its cell stands, and where it stands then. */
interface Step {
  readonly edit: CellEdit;
  readonly at: number;
  readonly to: number;
}

/** Raises Stale, and has changed nothing then. */
export function applyEdits(notebook: ISharedNotebook, edits: readonly CellEdit[]): void {
  const steps = plan(notebook, edits);
  inOneTransaction(notebook, () => steps.forEach(step => take(notebook, step)));
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

function plan(notebook: ISharedNotebook, edits: readonly CellEdit[]): Step[] {
  const left = notebook.cells.map((cell): Outline => ({
    id: cell.getId(),
    isCode: cell.cell_type === 'code',
    source: cell.getSource()
  }));
  return edits.map(edit => {
    const at = left.findIndex(cell => cell.id === edit.id);
    const [cell] = at < 0 ? [] : left.splice(at, 1);
    const to = 'after' in edit ? after(left, edit.after) : at;
    if (edit.op === 'insert') {
      refuse(cell !== undefined);
      left.splice(to, 0, { id: edit.id, isCode: edit.cell_type === 'code', source: edit.source });
    } else if (!cell || sourceHash(cell.source) !== edit.expected || (edit.op === 'outputs' && !cell.isCode)) {
      throw new StaleEdit();
    } else if (edit.op !== 'delete') {
      left.splice(to, 0, edit.op === 'replace' ? { ...cell, source: edit.source } : cell);
    }
    return { edit, at, to };
  });
}

function refuse(wrong: boolean): void {
  if (wrong) {
    throw new StaleEdit();
  }
}

function after(cells: readonly Outline[], id: string | null): number {
  const at = id === null ? -1 : cells.findIndex(cell => cell.id === id);
  refuse(id !== null && at < 0);
  return at + 1;
}

function take(notebook: ISharedNotebook, { edit, at, to }: Step): void {
  if (edit.op === 'insert') {
    notebook.insertCell(to, newCell(edit));
  } else if (edit.op === 'replace') {
    rewrite(notebook, notebook.getCell(at), edit.source);
  } else if (edit.op === 'delete') {
    notebook.deleteCell(at);
  } else if (edit.op === 'move') {
    notebook.moveCell(at, to);
  } else {
    setOutputs(notebook.getCell(at) as ISharedCodeCell, edit);
  }
}

function newCell({ id, cell_type, source }: InsertCell): Parameters<ISharedNotebook['insertCell']>[1] {
  const code = cell_type === 'code' ? { outputs: [], execution_count: null } : {};
  return { id, cell_type, source, metadata: {}, ...code };
}
