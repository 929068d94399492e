/** The panel in the right side area. */
import { ILabShell, ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CrushPanel } from '../panel';
import { ICrush, ICrushPanel } from '../tokens';

const plugin: JupyterFrontEndPlugin<ICrushPanel> = {
  id: '@jupyter-crush/labextension:panel',
  description: "The agent's panel.",
  autoStart: true,
  provides: ICrushPanel,
  requires: [ICrush, IRenderMimeRegistry],
  optional: [ITranslator, IDocumentManager, ILayoutRestorer, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    crush: ICrush,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null,
    documents: IDocumentManager | null,
    restorer: ILayoutRestorer | null
  ): ICrushPanel => {
    const panel = new CrushPanel({
      crush,
      rendermime,
      trans: (translator ?? nullTranslator).load('jupyter_crush'),
      openPath: path => documents?.openOrReveal(path),
      place: (widget, area) => app.shell.add(widget, area, { rank: 600, type: 'Crush' }),
      activate: id => app.shell.activateById(id)
    });
    app.shell.add(panel, 'right', { rank: 600, type: 'Crush' });
    restorer?.add(panel, 'jupyter-crush');
    return panel;
  }
};

export default plugin;
