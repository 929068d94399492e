/** A notebook's file put into the notebook that is open: only what differs is touched. */
import type { ISharedCell, ISharedCodeCell, ISharedNotebook } from '@jupyter/ydoc';
import type { IAttachments, IBaseCell, ICodeCell, INotebookContent } from '@jupyterlab/nbformat';
import { JSONExt } from '@lumino/coreutils';
import type { PartialJSONValue } from '@lumino/coreutils';
import { rewrite, inOneTransaction } from './apply';
import { mergeText } from './text';

/** The sources of cells by their ids, as they were before the file was fetched. */
export type Sources = ReadonlyMap<string, string>;
type FileCell = INotebookContent['cells'][number];

export function sourcesOf(notebook: ISharedNotebook): Sources {
  return new Map(notebook.cells.map(cell => [cell.getId(), cell.getSource()]));
}

/** Whether cells can be told apart by their ids. JupyterLab gives a notebook without cells one. */
export function canMerge(notebook: ISharedNotebook, { nbformat, nbformat_minor, cells }: INotebookContent): boolean {
  const ids = new Set(cells.map(idOf));
  const isKnown = nbformat === 4 && nbformat_minor >= 5 && nbformat_minor === notebook.nbformat_minor;
  return isKnown && cells.length > 0 && ids.size === cells.length && !ids.has('');
}

/** Whether something is in the notebook that is not in the file: what was written here meanwhile. */
export function mergeNotebook(notebook: ISharedNotebook, was: Sources, file: INotebookContent): boolean {
  const here = sourcesOf(notebook);
  const theirs = new Map(file.cells.map(cell => [idOf(cell), cell]));
  const isDeletedHere = (id: string, cell: FileCell): boolean => !here.has(id) && was.get(id) === textOf(cell.source);
  const order = [...theirs].filter(([id, cell]) => !isDeletedHere(id, cell)).map(([id]) => id);
  let isMine = order.length < theirs.size;
  inOneTransaction(notebook, () => {
    for (const [at, cell] of [...notebook.cells.entries()].reverse()) {
      const id = cell.getId();
      const their = theirs.get(id);
      if (their ? their.cell_type !== cell.cell_type : was.get(id) === cell.getSource()) {
        notebook.deleteCell(at);
      }
    }
    notebook.cells.forEach((cell, at) => {
      if (!theirs.has(cell.getId())) {
        const before = notebook.cells[at - 1]?.getId();
        order.splice(before === undefined ? 0 : order.indexOf(before) + 1, 0, cell.getId());
        isMine = true;
      }
    });
    order.forEach((id, at) => {
      const their = theirs.get(id);
      place(notebook, id, at, their);
      const cell = notebook.cells[at];
      if (cell && their) {
        const source = mergeText(was.get(id) ?? '', here.get(id) ?? was.get(id) ?? '', textOf(their.source));
        rewrite(notebook, cell, source);
        update(cell, their);
        isMine ||= source !== textOf(their.source);
      }
    });
    setMetadata(notebook, file.metadata);
  });
  return isMine;
}

/** Have this cell there. */
function place(notebook: ISharedNotebook, id: string, at: number, their: FileCell | undefined): void {
  if (notebook.cells[at]?.getId() === id) {
    return;
  }
  const now = notebook.cells.findIndex(cell => cell.getId() === id);
  if (now >= 0) {
    notebook.moveCell(now, at);
  } else if (their) {
    notebook.insertCell(at, their as unknown as Parameters<ISharedNotebook['insertCell']>[1]);
  }
}

/** All but its text. */
function update(cell: ISharedCell, their: FileCell): void {
  if (!same(cell.getMetadata(), their.metadata)) {
    cell.setMetadata(their.metadata);
  }
  if (cell.cell_type === 'code') {
    const code = cell as ISharedCodeCell;
    const { outputs, execution_count } = their as ICodeCell;
    if (!same(code.getOutputs(), outputs)) {
      code.setOutputs(outputs);
    }
    if (code.execution_count !== execution_count) {
      code.execution_count = execution_count;
    }
  } else if ('setAttachments' in cell) {
    const attachments = their.attachments as IAttachments | undefined;
    if (!same(cell.getAttachments(), attachments)) {
      cell.setAttachments(attachments);
    }
  }
}

/** What JupyterLab adds when it knows the kernel is kept where the file says nothing. */
function setMetadata(notebook: ISharedNotebook, metadata: INotebookContent['metadata']): void {
  const now = notebook.getMetadata();
  const { kernelspec, language_info } = now;
  const known = { ...(kernelspec && { kernelspec }), ...(language_info && { language_info }) };
  const wanted = { ...known, ...metadata };
  if (!same(now, wanted)) {
    notebook.setMetadata(wanted);
  }
}

function same(one: unknown, other: unknown): boolean {
  return JSONExt.deepEqual((one ?? {}) as PartialJSONValue, (other ?? {}) as PartialJSONValue);
}

function idOf(cell: FileCell): string {
  const { id } = cell as IBaseCell & { readonly id?: unknown };
  return typeof id === 'string' ? id : '';
}

function textOf(source: string | string[]): string {
  return typeof source === 'string' ? source : source.join('');
}
