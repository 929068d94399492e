/**
 * Show what a file says, in place: cells that did not change stay the same, with cursor, focus and history, and what is typed while
 * the file is fetched is kept.
 *
 * JupyterLab's `revert` replaces all cells when it has fetched the file: what was typed meanwhile is lost, and the focus too, so that
 * what is typed next is taken for commands. Only its last step is done in another way here.
 */
import type { ISharedFile, ISharedNotebook } from '@jupyter/ydoc';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookContent } from '@jupyterlab/nbformat';
import { canMerge, mergeNotebook, sourcesOf } from './merge';
import { inOneUndoStep, mergeText, splice } from './text';

export async function reload(context: DocumentRegistry.Context): Promise<void> {
  const { model } = context;
  const shared = model.sharedModel as unknown;
  const load = { fromJSON: model.fromJSON, fromString: model.fromString };
  if (isNotebook(shared)) {
    const was = sourcesOf(shared);
    model.fromJSON = value => {
      const file = value as unknown as INotebookContent;
      if (canMerge(shared, file)) {
        model.dirty = mergeNotebook(shared, was, file);
      } else {
        load.fromJSON.call(model, value);
      }
    };
  } else {
    const file = shared as ISharedFile;
    const was = file.getSource();
    model.fromString = value => {
      inOneUndoStep(file, () => splice(file, mergeText(was, file.getSource(), value)));
      model.dirty = file.getSource() !== value;
    };
  }
  try {
    await context.revert();
  } finally {
    Object.assign(model, load);
  }
}

function isNotebook(shared: unknown): shared is ISharedNotebook {
  return Array.isArray((shared as Partial<ISharedNotebook>).cells);
}
