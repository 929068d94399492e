/** What the chat knows of its one session: a snapshot and every event since, by the panel's own reducer. */
import type { ShownMessage } from '../session/messages';
import { NOTHING, applyLists, applyQueue, applySnapshot, reduce } from '../session/model';
import type { PendingRequest, View } from '../session/model';
import { pendingIn, isBusyIn, queueOf } from '../session/state';
import type { CrushEvent, Message, Run, Session, Snapshot } from '../wire';

/** What the server answered about the session. */
export interface Fetched {
  readonly session: Session;
  readonly snapshot: Snapshot;
  readonly asked: readonly PendingRequest[];
  readonly queue: Run[];
}

const SETTLED: readonly string[] = ['permission_notification', 'question_notification', 'resync'];

/** Owner of the session's view. */
export class SessionView {
  constructor(readonly sessionId: string) {
    this.show([]);
  }

  /** The messages that a notebook was saved with. */
  show(messages: Message[]): void {
    const snapshot: Snapshot = { messages, drafts: [], cursor: '', has_more: false };
    this._view = applySnapshot(this._view, this.sessionId, snapshot, false);
  }

  load({ session, snapshot, asked, queue }: Fetched): void {
    const own = asked.filter(request => request.session_id === this.sessionId);
    const listed = applyLists(this._view, { sessions: [session], asked: own });
    this._view = applyQueue(applySnapshot(listed, this.sessionId, snapshot, false), this.sessionId, queue);
  }

  /** Let an event change the view. Repeats and foreign sessions change nothing. */
  apply(data: CrushEvent, id: string | null = null): void {
    const payload = data.payload.payload as { session_id?: string; id?: string };
    if ((payload.session_id ?? payload.id) === this.sessionId || SETTLED.includes(data.type)) {
      this._view = reduce(this._view, { id, data });
    }
  }

  get messages(): readonly ShownMessage[] {
    return this._view.opened[this.sessionId]?.transcript.messages ?? [];
  }

  get asked(): readonly PendingRequest[] {
    return pendingIn(this._view, this.sessionId);
  }

  get isBusy(): boolean {
    return isBusyIn(this._view, this.sessionId);
  }

  get queue(): readonly Run[] {
    return queueOf(this._view, this.sessionId);
  }

  run(id: string): Run | undefined {
    return this._view.runs[id];
  }

  /** Something is missing: everything must be fetched anew. */
  get isStale(): boolean {
    return this._view.stale || (this._view.opened[this.sessionId]?.transcript.gap ?? false);
  }

  private _view: View = NOTHING;
}
