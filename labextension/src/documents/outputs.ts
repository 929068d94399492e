/** What a cell's execution printed, put into the cell. What it shows already stays as it is, so nothing flickers while it grows. */
import type { IOutput } from '@jupyterlab/nbformat';
import type { ISharedCodeCell, ISharedNotebook, YCodeCell } from '@jupyter/ydoc';
import { JSONExt } from '@lumino/coreutils';
import type { SetOutputs } from '../wire';
import { sourceHash } from './hash';

/** What an agent made run is not trusted because a person had trusted what was there before. */
export function setOutputs(cell: ISharedCodeCell, edit: SetOutputs): void {
  if (cell.getMetadata('trusted') !== undefined) {
    cell.deleteMetadata('trusted');
  }
  put(cell, edit.outputs as IOutput[]);
  if (cell.execution_count !== edit.execution_count) {
    cell.execution_count = edit.execution_count;
  }
  setRunning(cell, edit.running);
}

/** What a cell has printed so far, unless it says something else by now; and whether more is to come. */
export function showOutputs(notebook: ISharedNotebook, edit: SetOutputs): void {
  const found = notebook.cells.find(one => one.getId() === edit.id);
  if (found?.cell_type !== 'code') {
    return;
  }
  const cell = found as ISharedCodeCell;
  if (sourceHash(cell.getSource()) === edit.expected) {
    setOutputs(cell, edit);
  } else {
    setRunning(cell, edit.running);
  }
}

/** The server was away. It says anew what runs. */
export function forgetRunning(): void {
  running.forEach(cell => setRunning(cell, false));
}

/** Cells that the agent runs, as far as was said. */
const running = new Set<ISharedCodeCell>();

function setRunning(cell: ISharedCodeCell, isRunning: boolean | undefined): void {
  cell.executionState = isRunning ? 'running' : 'idle';
  if (isRunning) {
    running.add(cell);
  } else {
    running.delete(cell);
  }
}

function put(cell: ISharedCodeCell, wanted: readonly IOutput[]): void {
  const shown = cell.getOutputs();
  let kept = 0;
  while (isSame(shown[kept], wanted[kept])) {
    kept++;
  }
  const more = kept === shown.length - 1 ? growth(shown[kept], wanted[kept]) : null; // JupyterLab lets the last one grow
  if (more !== null) {
    (cell as YCodeCell).appendStreamOutput(kept, more); // its interface does not name it
    kept++;
  }
  if (kept < shown.length || kept < wanted.length) {
    cell.updateOutputs(kept, shown.length, wanted.slice(kept));
  }
}

function isSame(one: IOutput | undefined, other: IOutput | undefined): boolean {
  return one !== undefined && other !== undefined && JSONExt.deepEqual(one, other);
}

/** What has come to a stream; null: more than that has changed. */
function growth(was: IOutput | undefined, now: IOutput | undefined): string | null {
  const [before, after] = [was?.['text'], now?.['text']];
  const isOne = was?.output_type === 'stream' && now?.output_type === 'stream' && was['name'] === now['name'];
  return isOne && typeof before === 'string' && typeof after === 'string' && after.startsWith(before)
    ? after.slice(before.length)
    : null;
}
