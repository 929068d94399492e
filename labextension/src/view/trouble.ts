/** Why the agent cannot work, in words that say what to do. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Live } from '../session/live';

export interface Trouble {
  readonly title: string;
  readonly text: string;
}

export function troubleOf(live: Live, trans: TranslationBundle): Trouble | null {
  const { failure, status, workspace } = live;
  if (failure && !workspace) {
    switch (failure.status) {
      case 404:
        return {
          title: trans.__('This server has no agent'),
          text: trans.__('Install jupyter_crush where the server runs, and restart the server.')
        };
      case 403:
        return {
          title: trans.__('You may not use the agent here'),
          text: trans.__('%1 Ask whoever runs this server.', failure.message)
        };
      default:
        return { title: trans.__('The agent cannot be reached'), text: failure.message };
    }
  }
  if (status && !status.is_ready) {
    return { title: trans.__('The agent has no model yet'), text: status.reason ?? trans.__('No model can be used.') };
  }
  return null;
}
