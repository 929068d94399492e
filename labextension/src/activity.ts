/** What a session is doing, from what is known of it. */
import type { Conversation } from './conversation';
import type { PermissionRequest } from './wire';

export type Activity = 'ready' | 'working' | 'asking';

/** The questions of the session that is shown, oldest first. */
export function questions(conversation: Conversation): PermissionRequest[] {
  return Object.values(conversation.live.view.permissions)
    .filter(request => request.session_id === conversation.sessionId)
    .sort((a, b) => a.created_at - b.created_at);
}

/** Busy from the moment Enter is pressed, not from when the server says so. */
export function activity(conversation: Conversation): Activity {
  const { live, sessionId } = conversation;
  if (questions(conversation).length) {
    return 'asking';
  }
  const runs = Object.values(live.view.runs).filter(run => run.session_id === sessionId);
  const isRunning = runs.some(run => run.state === 'queued' || run.state === 'active');
  const isBusy = sessionId !== null && (live.view.sessions[sessionId]?.is_busy ?? false);
  return isRunning || isBusy || conversation.sending.length ? 'working' : 'ready';
}
