/** Open documents follow what the agent does to their files. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { OpenDocuments, changedPaths } from '../documents/opendocuments';
import { ICrush } from '../tokens';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-crush/labextension:follow',
  description: 'Open documents follow what the agent does to their files.',
  autoStart: true,
  requires: [ICrush, IDocumentManager],
  optional: [ITranslator],
  activate: (_: JupyterFrontEnd, { live }: ICrush, manager: IDocumentManager, translator: ITranslator | null) => {
    const documents = new OpenDocuments(manager, (translator ?? nullTranslator).load('jupyter_crush'));
    live.arrived.connect((_sender, arrivals) => {
      new Set(arrivals.flatMap(changedPaths)).forEach(path => documents.changed(path));
    });
  }
};

export default plugin;
