/** The panel in the right side area. */
import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Drops } from '../context/drops';
import { CrushPanel } from '../view/CrushPanel';
import { Places } from '../notebook/places';
import { ICrush, ICrushPanel } from '../tokens';

const plugin: JupyterFrontEndPlugin<ICrushPanel> = {
  id: '@jupyter-crush/labextension:panel',
  description: "The agent's panel.",
  autoStart: true,
  provides: ICrushPanel,
  requires: [ICrush, IRenderMimeRegistry],
  optional: [ITranslator, IDocumentManager, INotebookTracker, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    crush: ICrush,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null,
    documents: IDocumentManager | null,
    notebooks: INotebookTracker | null,
    restorer: ILayoutRestorer | null
  ): ICrushPanel => {
    const { memory } = crush.conversation;
    const panel = new CrushPanel({
      crush,
      rendermime,
      trans: (translator ?? nullTranslator).load('jupyter_crush'),
      places: new Places(documents, notebooks),
      place: (widget, area) => {
        memory.setArea(area);
        app.shell.add(widget, area, { rank: 600, type: 'Crush' });
      },
      activate: id => app.shell.activateById(id)
    });
    app.shell.add(panel, 'right', { rank: 600, type: 'Crush' });
    new Drops(panel.node, crush.notebooks, app.serviceManager.contents, attached => panel.compose('', attached));
    restorer?.add(panel, 'jupyter-crush');
    if (memory.area === 'main') {
      // JupyterLab's layout knows it in the side only.
      void app.restored.then(() => app.shell.add(panel, 'main', { activate: false, rank: 600, type: 'Crush' }));
    }
    return panel;
  }
};

export default plugin;
