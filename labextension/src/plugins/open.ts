/** A notebook that the agent created opens behind what is in front: the person goes on typing where they are. */
import { ILabShell } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { CreatedNotebooks, claimOf, shouldOpen } from '../notebook/creatednotebooks';
import { ICrush } from '../tokens';
import type { FileChange } from '../wire';

/** Of two windows side by side the one with the focus comes first. */
const UNFOCUSED_MS = 500;

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-crush/labextension:open',
  description: 'Opens notebooks that the agent created, as tabs in the background.',
  autoStart: true,
  requires: [ICrush, IDocumentManager],
  optional: [ILabShell],
  activate: (
    app: JupyterFrontEnd,
    { conversation, live, settings }: ICrush,
    manager: IDocumentManager,
    labShell: ILabShell | null
  ) => {
    if (!labShell) {
      return; // Notebook 7: a document is a page of its own there, which would come to the front
    }
    const created = new CreatedNotebooks();
    const isMine = (change: FileChange): boolean =>
      shouldOpen(change, {
        isWanted: settings.openCreated,
        isHidden: document.hidden,
        sessionId: conversation.sessionId,
        isOpen: path => manager.findWidget(path, null) !== undefined
      });
    const isThere = (path: string): Promise<boolean> =>
      app.serviceManager.contents.get(path, { content: false }).then(
        () => true,
        () => false // a dialog would say so
      );
    const open = async (change: FileChange): Promise<void> => {
      if (isMine(change) && (await isThere(change.path)) && conversation.memory.claim(claimOf(change))) {
        manager.open(change.path, undefined, undefined, { activate: false, mode: 'tab-after' });
      }
    };
    live.arrived.connect((_, arrivals) => {
      const made = arrivals.flatMap(arrival => created.madeBy(arrival));
      const wait = document.hasFocus() ? 0 : UNFOCUSED_MS;
      made.forEach(change => setTimeout(() => void open(change), wait));
    });
  }
};

export default plugin;
