/** The agent's live view, which the other plugins show. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';
import { Changes } from '../changes';
import { CrushClient } from '../client';
import { Conversation } from '../conversation';
import { SessionDeeds } from '../deeds';
import { Live } from '../live';
import { Memory } from '../memory';
import { Mentions } from '../mentions';
import { Notebooks } from '../notebooks';
import { revertAnyway } from '../revertanyway';
import { Settings } from '../settings';
import { ICrush } from '../tokens';
import { Variables } from '../variables';

const plugin: JupyterFrontEndPlugin<ICrush> = {
  id: '@jupyter-crush/labextension:agent',
  description: 'The live view of the agent that works in this server.',
  autoStart: true,
  provides: ICrush,
  optional: [INotebookTracker, ISettingRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ): ICrush => {
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
    const trans = (translator ?? nullTranslator).load('jupyter_crush');
    const notebooks = new Notebooks(tracker, trans);
    const conversation = new Conversation(live, memory);
    const others = {
      hint: trans.__('session'),
      list: () => conversation.sessions.filter(session => session.id !== conversation.sessionId)
    };
    const mentions = new Mentions(app.serviceManager.contents, notebooks, new Variables(live, notebooks), others);
    const changes = new Changes(conversation, changed => revertAnyway(changed, trans));
    return { live, settings, notebooks, mentions, conversation, changes, deeds: new SessionDeeds(conversation) };
  }
};

export default plugin;
