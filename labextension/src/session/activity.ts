/** What a session is doing, from what is known of it. */
import type { Conversation } from './conversation';
import type { Call } from './messages';
import type { PendingRequest } from './model';
import { pendingIn, isBusyIn } from './state';

export type Activity = 'ready' | 'working' | 'asking';

/** What the session that is shown waits for, oldest first. */
export function pendingRequests(conversation: Conversation): PendingRequest[] {
  return pendingIn(conversation.live.view, conversation.sessionId);
}

/** Busy from the moment Enter is pressed, not from when the server says so. */
export function activityOf(conversation: Conversation): Activity {
  const { live, sessionId } = conversation;
  if (pendingRequests(conversation).length) {
    return 'asking';
  }
  return isBusyIn(live.view, sessionId) || conversation.sending.length ? 'working' : 'ready';
}

/** The call of a tool that runs now, or waits for permission. */
export function runningCall({ live, sessionId }: Conversation): Call | null {
  const messages = (sessionId === null ? null : live.view.opened[sessionId]?.transcript.messages) ?? [];
  const turn = messages.slice(messages.findLastIndex(message => message.role === 'user') + 1);
  const parts = turn.flatMap(message => message.parts);
  const done = new Set(parts.map(part => (part.type === 'tool_result' ? part.tool_call_id : null)));
  const calls = parts.filter(part => part.type === 'tool_call');
  return calls.find(call => call.finished && !done.has(call.id)) ?? null;
}
