/** What can be done from the palette and by key. */
import { ILabShell } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { activityOf } from '../session/activity';
import { crushIcon } from '../lib/icons';
import { COMMANDS, ICrush, ICrushPanel } from '../tokens';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-crush/labextension:commands',
  description: "The agent's commands.",
  autoStart: true,
  requires: [ICrush, ICrushPanel],
  optional: [ITranslator, ICommandPalette, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    { conversation }: ICrush,
    panel: ICrushPanel,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    labShell: ILabShell | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_crush');
    const { commands } = app;
    commands.addCommand(COMMANDS.focus, {
      label: trans.__('Go to Crush, and Back'),
      caption: trans.__(
        'Put the cursor into the agent’s panel; from there to what it asks, and back into what was open'
      ),
      icon: crushIcon,
      execute: () => {
        if (!panel.hasFocus) {
          panel.focus();
        } else if (!panel.focusCard()) {
          (labShell?.currentWidget ?? app.shell.currentWidget)?.activate();
        }
      }
    });
    commands.addCommand(COMMANDS.newSession, {
      label: trans.__('New Crush Session'),
      caption: trans.__('Start a new conversation with the agent'),
      execute: () => {
        conversation.show(null);
        panel.focus();
      }
    });
    commands.addCommand(COMMANDS.stop, {
      label: trans.__('Stop Crush'),
      caption: trans.__('Stop the agent and the queued prompts of the current session'),
      isEnabled: () => activityOf(conversation) !== 'ready',
      execute: () => conversation.stop()
    });
    commands.addCommand(COMMANDS.toMain, {
      label: trans.__('Move Crush Between Side and Main Area'),
      caption: trans.__('Show the agent’s panel large, in the main area, or in the side area again'),
      execute: () => panel.toggleArea()
    });
    conversation.changed.connect(() => commands.notifyCommandChanged(COMMANDS.stop));
    const { focus, newSession, stop, toMain } = COMMANDS;
    [focus, newSession, stop, toMain].forEach(command => palette?.addItem({ command, category: trans.__('Crush') }));
  }
};

export default plugin;
