/** Cells that the agent changed are marked in open notebooks, and the changes can be looked at by a command. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { ChangeBars } from '../review/changebars';
import { mayPrompt } from '../session/roles';
import { COMMANDS, ICrush, ICrushPanel } from '../tokens';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-crush/labextension:changes',
  description: 'Shows what the agent changed: in open notebooks, and in the panel.',
  autoStart: true,
  requires: [ICrush, ICrushPanel],
  optional: [INotebookTracker, ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    { changes, live }: ICrush,
    panel: ICrushPanel,
    tracker: INotebookTracker | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_crush');
    if (tracker) {
      new ChangeBars(tracker, changes, () => mayPrompt(live.config?.may), trans);
    }
    app.commands.addCommand(COMMANDS.review, {
      label: trans.__('Review What Crush Changed'),
      caption: trans.__('Show what the agent changed in this session, to keep or revert it'),
      execute: () => {
        panel.focus();
        changes.show(null);
      }
    });
    palette?.addItem({ command: COMMANDS.review, category: trans.__('Crush') });
  }
};

export default plugin;
