/** What one session is doing, from what is known of it. Pure. */
import type { PendingRequest, View } from './model';
import type { Run } from '../wire';

/** What waits for a person, oldest first. */
export function pendingIn(view: View, sessionId: string | null): PendingRequest[] {
  return Object.values(view.pending)
    .filter(request => request.session_id === sessionId)
    .sort((a, b) => a.created_at - b.created_at);
}

/** Whether a run of the session goes on or waits. */
export function isBusyIn(view: View, sessionId: string | null): boolean {
  const runs = Object.values(view.runs).filter(run => run.session_id === sessionId);
  const isRunning = runs.some(run => run.state === 'queued' || run.state === 'active');
  return isRunning || (sessionId !== null && (view.sessions[sessionId]?.is_busy ?? false));
}

/** Prompts that wait, in the server's order; those it has not told of yet are the last. */
export function queueOf({ runs, sessions }: View, sessionId: string | null): Run[] {
  const order = sessionId === null ? [] : (sessions[sessionId]?.queue ?? []);
  const place = (run: Run): number => (order.includes(run.run_id) ? order.indexOf(run.run_id) : order.length);
  return Object.values(runs)
    .filter(run => run.session_id === sessionId && run.state === 'queued')
    .sort((a, b) => place(a) - place(b));
}
