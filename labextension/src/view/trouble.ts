/** Why the agent cannot work, in words that say what to do. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Live } from '../live';

export interface Trouble {
  readonly title: string;
  readonly text: string;
}

export function troubleOf(live: Live, trans: TranslationBundle): Trouble | null {
  const { failure, status, workspace } = live;
  if (failure && !workspace) {
    const isMissing = failure.status === 404;
    const missing = trans.__('Install jupyter_crush where the server runs, and restart the server.');
    return {
      title: isMissing ? trans.__('This server has no agent') : trans.__('The agent cannot be reached'),
      text: isMissing ? missing : failure.message
    };
  }
  if (status && !status.is_ready) {
    return { title: trans.__('The agent has no model yet'), text: status.reason ?? trans.__('No model can be used.') };
  }
  return null;
}
