/** The agent reads and changes documents that are open here through this tab, so that nothing unsaved is lost. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IEditorTracker } from '@jupyterlab/fileeditor';
import { INotebookTracker } from '@jupyterlab/notebook';
import { UUID } from '@lumino/coreutils';
import { serializeRenames } from '../documents/inturn';
import { OpenDocumentTracker } from '../documents/open';
import { AttachedTab } from '../documents/tab';
import { ICrush } from '../tokens';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-crush/labextension:documents',
  description: 'Lets the agent work in the documents that are open here.',
  autoStart: true,
  requires: [ICrush],
  optional: [INotebookTracker, IEditorTracker],
  activate: (
    app: JupyterFrontEnd,
    { live, changes }: ICrush,
    notebooks: INotebookTracker | null,
    editors: IEditorTracker | null
  ) => {
    const { contents } = app.serviceManager;
    const open = new OpenDocumentTracker(app.shell, contents);
    serializeRenames(contents, () => open.all.map(({ context }) => context));
    const tab = new AttachedTab(UUID.uuid4(), live, open, contents);
    tab.attached.connect(() => changes.refresh());
    if (notebooks) {
      open.track(notebooks, 'notebook');
    }
    if (editors) {
      open.track(editors, 'file');
    }
  }
};

export default plugin;
