/** Errors in notebooks have buttons: explain, fix. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CellQuestions } from './cellquestions';
import { ErrorButtons } from '../notebook/errorbuttons';
import { ICrush, ICrushPanel } from '../tokens';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-crush/labextension:errors',
  description: 'Lets the agent explain and fix the error under a cell.',
  autoStart: true,
  requires: [ICrush, ICrushPanel, INotebookTracker],
  optional: [ITranslator],
  activate: (
    _: JupyterFrontEnd,
    crush: ICrush,
    panel: ICrushPanel,
    tracker: INotebookTracker,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_crush');
    const asking = new CellQuestions(crush, panel, trans);
    new ErrorButtons(tracker, trans, (action, notebook, cellId) => {
      const [cell] = crush.notebooks.cellsOf(notebook, [cellId]) ?? [];
      if (cell) {
        asking[action](cell);
      }
    });
  }
};

export default plugin;
