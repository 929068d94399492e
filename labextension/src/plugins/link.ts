/** Addresses that show a session: `?crush-session=` and its id, in any page of the server that has the panel. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, ICommandPalette, Notification } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { COMMANDS, ICrush, ICrushPanel } from '../tokens';

const PARAMETER = 'crush-session';
/** What is no part of an address that is handed on. */
const PRIVATE = ['token', 'reset'];

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-crush/labextension:link',
  description: 'Addresses that show a session.',
  autoStart: true,
  requires: [ICrush, ICrushPanel],
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    { conversation, live }: ICrush,
    panel: ICrushPanel,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_crush');
    const wanted = new URL(window.location.href).searchParams.get(PARAMETER);
    if (wanted) {
      void app.restored.then(() => {
        live.startOnce();
        conversation.show(wanted);
        panel.focus();
        window.history.replaceState(null, '', addressOf(null));
      });
    }
    app.commands.addCommand(COMMANDS.copyLink, {
      label: trans.__('Copy a Link to This Crush Session'),
      caption: trans.__('Copy a link that opens JupyterLab with the current session'),
      isEnabled: () => conversation.sessionId !== null,
      execute: () => {
        Clipboard.copyToSystem(addressOf(conversation.sessionId));
        Notification.info(trans.__('The link is copied.'), { autoClose: 3000 });
      }
    });
    palette?.addItem({ command: COMMANDS.copyLink, category: trans.__('Crush') });
  }
};

/** This page's address, with the session that it shall show. */
function addressOf(sessionId: string | null): string {
  const url = new URL(window.location.href);
  PRIVATE.forEach(name => url.searchParams.delete(name));
  if (sessionId === null) {
    url.searchParams.delete(PARAMETER);
  } else {
    url.searchParams.set(PARAMETER, sessionId);
  }
  return url.href;
}

export default plugin;
