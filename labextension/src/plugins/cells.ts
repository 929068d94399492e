/** Ways from a cell or a selection to the agent: ask about it, have it explained, have its error fixed. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { IEditorTracker } from '@jupyterlab/fileeditor';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CellQuestions } from './cellquestions';
import { crushIcon } from '../lib/icons';
import type { Attached } from '../session/attached';
import type { Notebooks } from '../notebook/notebooks';
import { selectedIn } from '../notebook/selection';
import { COMMANDS, ICrush, ICrushPanel } from '../tokens';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-crush/labextension:cells',
  description: 'Ways from a cell or a selection to the agent.',
  autoStart: true,
  requires: [ICrush, ICrushPanel],
  optional: [ITranslator, ICommandPalette, IEditorTracker],
  activate: (
    app: JupyterFrontEnd,
    crush: ICrush,
    panel: ICrushPanel,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    editors: IEditorTracker | null
  ) => {
    const { notebooks } = crush;
    const trans = (translator ?? nullTranslator).load('jupyter_crush');
    const asking = new CellQuestions(crush, panel, trans);
    /** The cell under the pointer when a menu was opened there; the active one otherwise. */
    const cellHere = (): ReturnType<Notebooks['cellAt']> =>
      notebooks.cellAt(app.contextMenuHitTest(node => node.classList.contains('jp-Cell')) ?? null);
    const selected = (): Attached | null => {
      const editor = editors?.currentWidget;
      if (!editor || app.shell.currentWidget !== editor) {
        return notebooks.selection();
      }
      const path = editor.context.localPath;
      return selectedIn(editor.content.editor, path, PathExt.basename(path), trans);
    };
    const withCell = (ask: (attached: Attached) => void): void => {
      const cell = cellHere();
      if (cell) {
        ask(cell.attached);
      }
    };
    app.commands.addCommand(COMMANDS.askCell, {
      label: trans.__('Ask Crush About This Cell'),
      caption: trans.__('Attach the active cell to the next prompt'),
      icon: crushIcon,
      isEnabled: () => cellHere() !== null,
      execute: () => withCell(cell => asking.ask(cell))
    });
    app.commands.addCommand(COMMANDS.askSelection, {
      label: trans.__('Ask Crush About the Selection'),
      caption: trans.__('Attach the selected text to the next prompt'),
      icon: crushIcon,
      isEnabled: () => selected() !== null,
      isVisible: () => selected() !== null,
      execute: () => asking.ask(selected())
    });
    app.commands.addCommand(COMMANDS.explainCell, {
      label: trans.__('Explain This Cell with Crush'),
      caption: trans.__('Send the active cell to the agent to be explained'),
      isEnabled: () => cellHere() !== null,
      execute: () => withCell(cell => asking.explain(cell))
    });
    app.commands.addCommand(COMMANDS.fixCell, {
      label: trans.__('Fix This Error with Crush'),
      caption: trans.__('Send the active cell and its error to the agent to be fixed'),
      isVisible: () => cellHere()?.hasError ?? false,
      execute: () => withCell(cell => asking.fixError(cell))
    });
    const { askCell, askSelection, explainCell, fixCell } = COMMANDS;
    [askSelection, askCell, explainCell, fixCell].forEach((command, index) =>
      app.contextMenu.addItem({ command, selector: '.jp-Notebook .jp-Cell', rank: 20 + index / 10 })
    );
    app.contextMenu.addItem({ command: askSelection, selector: '.jp-FileEditor', rank: 20 });
    [askCell, askSelection, explainCell].forEach(command => palette?.addItem({ command, category: trans.__('Crush') }));
  }
};

export default plugin;
