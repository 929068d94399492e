/** Numbers, times and endings, in words. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Finish, ModelInfo, PermissionMode, Run, Usage } from '../wire';

export function duration(ms: number): string {
  if (ms < 59_950) {
    return `${(ms / 1000).toFixed(1)}s`;
  }
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
}

/** In whole seconds, for what is counted while one looks. */
export function seconds(ms: number): string {
  return ms < 60_000 ? `${Math.floor(ms / 1000)}s` : duration(ms);
}

export function cost(usd: number): string {
  return usd > 0 && usd < 0.01 ? '<$0.01' : `$${usd.toFixed(2)}`;
}

/** `870`, `36K`, `1.2M`. */
export function tokens(count: number): string {
  return new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 }).format(count);
}

/** How full the model's context is, in percent; null where its size is not known. */
export function contextPercent(usage: Usage | undefined, model: ModelInfo | null): number | null {
  if (!usage?.context_tokens || !model?.context_window) {
    return null;
  }
  return Math.min(100, Math.max(1, Math.round((100 * usage.context_tokens) / model.context_window)));
}

/** The time; with the day, unless it is today. */
export function clockTime(ms: number, now: number): string {
  const at = new Date(ms);
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
  const isToday = at.toDateString() === new Date(now).toDateString();
  return isToday ? at.toLocaleTimeString([], time) : at.toLocaleString([], { ...time, month: 'short', day: 'numeric' });
}

/** `3 min`, `2 h`, `5 d`. */
export function ago(ms: number, now: number, trans: TranslationBundle): string {
  const minutes = Math.floor((now - ms) / 60_000);
  if (minutes < 1) {
    return trans.__('now');
  }
  if (minutes < 60) {
    return trans.__('%1 min', minutes);
  }
  return minutes < 24 * 60 ? trans.__('%1 h', Math.floor(minutes / 60)) : trans.__('%1 d', Math.floor(minutes / 1440));
}

export function modeName(mode: PermissionMode, trans: TranslationBundle): string {
  return {
    ask: trans.__('ask'),
    'accept-edits': trans.__('accept edits'),
    plan: trans.__('plan'),
    auto: trans.__('auto')
  }[mode];
}

export function modeDescription(mode: PermissionMode, trans: TranslationBundle): string {
  return {
    ask: trans.__('Reads freely, asks before it changes or runs anything'),
    'accept-edits': trans.__('Changes files and notebooks freely, asks before it runs anything'),
    plan: trans.__('Reads only, and says what it would do'),
    auto: trans.__('Does everything without asking')
  }[mode];
}

/** Why a message ended, for people. */
export function endingText(finish: Finish, run: Run | undefined, trans: TranslationBundle): string {
  const said = finish.message ?? '';
  switch (finish.reason) {
    case 'canceled':
      return said || (run?.cancelled_by ? trans.__('Stopped by %1.', run.cancelled_by) : trans.__('Stopped.'));
    case 'max_tokens':
      return said || trans.__('The answer reached its length limit. Ask it to continue.');
    case 'error':
      return said || finish.details || run?.error || trans.__('The model could not answer.');
    case 'refusal':
      return said || trans.__('The model declined to answer.');
    case 'interrupted':
      return said || trans.__('Interrupted by a server restart.');
    case 'loop':
      return said || trans.__('Stopped: the same call was repeated without progress.');
    case 'budget':
      return said || trans.__('Stopped: the budget of this turn is used up.');
    default:
      return said;
  }
}
