/** Ways from what the agent says to what is open in JupyterLab: a file, a cell of a notebook. */
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

/** Owner of nothing: it looks into what is open. */
export class Places {
  constructor(
    private readonly _documents: IDocumentManager | null,
    private readonly _notebooks: INotebookTracker | null
  ) {}

  /** The number of a cell, as people count; null when its notebook is not open. */
  readonly cellNumber = (path: string, cellId: string): number | null => {
    const panel = this._notebooks?.find(one => one.context.localPath === path);
    const index = panel ? indexOf(panel, cellId) : -1;
    return index < 0 ? null : index + 1;
  };

  readonly openPath = (path: string): void => {
    this._documents?.openOrReveal(path);
  };

  /** Open the notebook or bring it to the front, and go to the cell. */
  readonly openCell = async (path: string, cellId: string): Promise<void> => {
    this._documents?.openOrReveal(path);
    const panel = this._notebooks?.find(one => one.context.localPath === path);
    await panel?.revealed;
    const index = panel ? indexOf(panel, cellId) : -1;
    if (panel && index >= 0) {
      panel.content.activeCellIndex = index;
      await panel.content.scrollToItem(index, 'center');
    }
  };
}

function indexOf(panel: NotebookPanel, cellId: string): number {
  return [...(panel.model?.cells ?? [])].findIndex(cell => cell.id === cellId);
}
