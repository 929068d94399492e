/** What the person at this panel may do here, and what they read where they may not: whom to ask. Pure. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { PendingRequest } from './model';
import { visible } from '../lib/visible';
import type { May, Origin, Session } from '../wire';

/** People that a sentence names. */
const NAMED = 3;

/** `ana, ben or cleo`. */
export function people(names: readonly string[], trans: TranslationBundle): string {
  const shown = names.slice(0, NAMED).map(visible);
  const last = names.length > NAMED ? trans.__('somebody else who may') : shown.pop();
  if (last === undefined) {
    return trans.__('the owner of this server');
  }
  return shown.length ? trans.__('%1 or %2', shown.join(', '), last) : last;
}

/** What stands where others write; null for who may prompt. An older server says it only when it refuses. */
export function watchingNote(may: May | null | undefined, trans: TranslationBundle): string | null {
  return !may || may.prompt
    ? null
    : trans.__('You are watching. Ask %1 to let you prompt.', people(may.prompters, trans));
}

/** Whether they direct the agent, and not only watch. */
export function mayPrompt(may: May | null | undefined): boolean {
  return may?.prompt ?? true;
}

/** Whether a session is theirs to delete. An older server says it only when it refuses. */
export function mayDelete(session: Session, may: May | null | undefined): boolean {
  return mayPrompt(may) && (!may?.user || may.delete_any || session.author_id === may.user);
}

/** Whether it is theirs to answer who looks. */
export function isAsked(request: PendingRequest | undefined, may: May | null | undefined): boolean {
  return !request || !may || ('questions' in request ? may.prompt : may.approve);
}

/** What stands on a card instead of its buttons; null for who may answer it. */
export function waitingNote(
  request: PendingRequest,
  may: May | null | undefined,
  trans: TranslationBundle
): string | null {
  if (may?.origin === 'kernel') {
    return trans.__(
      'Answer in the Crush panel or in a terminal. This chat goes through the kernel, and code in a kernel may not approve.'
    );
  }
  if (!may || isAsked(request, may)) {
    return null;
  }
  return trans.__('This waits for %1.', people('questions' in request ? may.prompters : may.approvers, trans));
}

/** `ana in a terminal`: who did something, and where. */
export function actorName(by: string | null, origin: Origin | null | undefined, trans: TranslationBundle): string {
  const who = visible(by ?? trans.__('Somebody'));
  switch (origin) {
    case 'panel':
      return trans.__('%1 in the panel', who);
    case 'widget':
      return trans.__('%1 in a notebook', who);
    case 'terminal':
      return trans.__('%1 in a terminal', who);
    case 'kernel':
      return trans.__('%1 from a kernel', who);
    case 'command':
      return trans.__('%1 from a command of the agent’s', who);
    default:
      return who;
  }
}
