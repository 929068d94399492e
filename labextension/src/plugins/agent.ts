/** The agent's live view, which the other plugins show. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';
import { Changes } from '../review/changes';
import { CrushClient } from '../session/client';
import { Conversation } from '../session/conversation';
import { SessionActions } from '../session/actions';
import { Live } from '../session/live';
import { Memory } from '../session/memory';
import { Mentions } from '../context/mentions';
import { Notebooks } from '../notebook/notebooks';
import { revertAnyway } from '../review/revertanyway';
import { Settings } from '../session/settings';
import { ICrush } from '../tokens';
import { Variables } from '../context/variables';

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
    return { live, settings, notebooks, mentions, conversation, changes, actions: new SessionActions(conversation) };
  }
};

export default plugin;
