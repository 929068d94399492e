/** Ways from a cell to the agent: ask about it, have it explained, have its error fixed. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { crushIcon } from '../icons';
import type { Notebooks } from '../notebooks';
import { COMMANDS, ICrush, ICrushPanel } from '../tokens';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-crush/labextension:cells',
  description: 'Ways from a cell to the agent.',
  autoStart: true,
  requires: [ICrush, ICrushPanel],
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, crush: ICrush, panel: ICrushPanel, translator: ITranslator | null) => {
    const { notebooks, conversation, settings } = crush;
    const trans = (translator ?? nullTranslator).load('jupyter_crush');
    /** The cell under the pointer when a menu was opened there; the active one otherwise. */
    const cellHere = (): ReturnType<Notebooks['cellAt']> =>
      notebooks.cellAt(app.contextMenuHitTest(node => node.classList.contains('jp-Cell')) ?? null);
    const send = (prompt: string): void => {
      const cell = cellHere();
      if (cell) {
        panel.focus();
        void conversation.send(prompt, [cell.attached], settings.whileBusy, notebooks.save());
      }
    };
    app.commands.addCommand(COMMANDS.askCell, {
      label: trans.__('Ask Crush About This Cell'),
      caption: trans.__('Attach the active cell to the next prompt'),
      icon: crushIcon,
      isEnabled: () => cellHere() !== null,
      execute: () => panel.compose('', cellHere()?.attached ?? null)
    });
    app.commands.addCommand(COMMANDS.explainCell, {
      label: trans.__('Explain This Cell with Crush'),
      caption: trans.__('Send the active cell to the agent to be explained'),
      isEnabled: () => cellHere() !== null,
      execute: () => send(trans.__('Explain this cell'))
    });
    app.commands.addCommand(COMMANDS.fixCell, {
      label: trans.__('Fix This Error with Crush'),
      caption: trans.__('Send the active cell and its error to the agent to be fixed'),
      isVisible: () => cellHere()?.hasError ?? false,
      execute: () => send(trans.__('Fix the error in this cell'))
    });
    const selector = '.jp-Notebook .jp-Cell';
    [COMMANDS.askCell, COMMANDS.explainCell, COMMANDS.fixCell].forEach((command, index) =>
      app.contextMenu.addItem({ command, selector, rank: 20 + index / 10 })
    );
  }
};

export default plugin;
