/** A notification of the system when a turn ends or a question waits while this tab is hidden; off unless it is chosen. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { activityOf } from '../session/activity';
import type { Activity } from '../session/activity';
import { ICrush, ICrushPanel } from '../tokens';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-crush/labextension:notification',
  description: 'Notifies of ends and questions while the tab is hidden.',
  autoStart: true,
  requires: [ICrush, ICrushPanel],
  optional: [ITranslator],
  activate: (
    _: JupyterFrontEnd,
    { conversation, live, settings }: ICrush,
    panel: ICrushPanel,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_crush');
    let before: Activity = 'ready';
    settings.changed.connect(() => {
      if (settings.notify && 'Notification' in window && Notification.permission === 'default') {
        void Notification.requestPermission();
      }
    });
    conversation.changed.connect(() => {
      const now = activityOf(conversation);
      const isNews = now !== before && now !== 'working';
      before = now;
      if (isNews && document.hidden && settings.notify && window.Notification?.permission === 'granted') {
        const title = now === 'asking' ? trans.__('Crush asks you') : trans.__('Crush is done');
        const body = live.view.sessions[conversation.sessionId ?? '']?.title ?? '';
        const shown = new Notification(title, { body, tag: 'jupyter-crush' });
        shown.onclick = () => {
          window.focus();
          panel.focus();
        };
      }
    });
  }
};

export default plugin;
