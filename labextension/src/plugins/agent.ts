/** The agent's live view, which the other plugins show. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { UUID } from '@lumino/coreutils';
import { CrushClient } from '../client';
import { Conversation } from '../conversation';
import { SessionDeeds } from '../deeds';
import { Live } from '../live';
import { Memory } from '../memory';
import { Mentions } from '../mentions';
import { Notebooks } from '../notebooks';
import { Settings } from '../settings';
import { ICrush } from '../tokens';

const plugin: JupyterFrontEndPlugin<ICrush> = {
  id: '@jupyter-crush/labextension:agent',
  description: 'The live view of the agent that works in this server.',
  autoStart: true,
  provides: ICrush,
  optional: [INotebookTracker, ISettingRegistry],
  activate: (app: JupyterFrontEnd, tracker: INotebookTracker | null, registry: ISettingRegistry | null): ICrush => {
    const memory = new Memory(window.localStorage);
    const client = new CrushClient(app.serviceManager.serverSettings);
    const live = new Live(
      client,
      memory.clientId(() => UUID.uuid4())
    );
    const settings = new Settings();
    void registry
      ?.load('@jupyter-crush/labextension:panel')
      .then(loaded => settings.connect(loaded))
      .catch(error => console.warn('jupyter_crush: no settings', error));
    if (memory.wasUsed) {
      void app.restored.then(() => live.startOnce());
    }
    const notebooks = new Notebooks(tracker);
    const mentions = new Mentions(app.serviceManager.contents, notebooks);
    const conversation = new Conversation(live, memory);
    return { live, settings, notebooks, mentions, conversation, deeds: new SessionDeeds(conversation) };
  }
};

export default plugin;
