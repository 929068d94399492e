/** What is done with the session that is shown, as a whole. */
import { Signal } from '@lumino/signaling';
import type { Conversation } from './conversation';
import type { Session } from '../wire';

/** How long a deletion is offered to be undone. */
const UNDO_MS = 12_000;

export type ExportFormat = 'markdown' | 'ipynb' | 'json';

export interface Exported {
  readonly name: string;
  readonly content: Blob;
}

export class SessionActions {
  constructor(private readonly _conversation: Conversation) {}

  /** A file to be kept. */
  readonly exported = new Signal<this, Exported>(this);

  /** Another session with the messages up to and with this one (null: all), or to the one before it. */
  fork(messageId: string | null, { before = false, draft = '' } = {}): Promise<void> {
    return this._attempt(async sid => {
      const { live, memory } = this._conversation;
      const body = { message_id: messageId, before };
      const payload = await live.call(wid => live.client.forkSession(wid, sid, body));
      live.apply({ type: 'session', payload: { type: 'created', payload } });
      memory.setDraft(payload.id, draft);
      this._conversation.show(payload.id);
      this._conversation.composed.emit({ text: '', attached: [] });
    });
  }

  export(format: ExportFormat): Promise<void> {
    return this._attempt(async sid => {
      const { live } = this._conversation;
      this.exported.emit(await live.call(wid => live.client.export(wid, sid, format)));
    });
  }

  /** What was said becomes a summary, which the model reads from then on. */
  summarize(wishes = ''): Promise<void> {
    return this._attempt(async sid => {
      const { live } = this._conversation;
      const run = await live.call(wid => live.client.summarize(wid, sid, { wishes }));
      live.apply({ type: 'run', payload: { type: 'created', payload: run } });
    });
  }

  /** The session that was deleted here a moment ago. */
  get removed(): Session | null {
    return this._removed;
  }

  /** The server keeps it for a while, so that it can be brought back; for a moment that is offered. */
  async remove(session: Session): Promise<void> {
    const { live } = this._conversation;
    const { id } = session;
    this._offer(session);
    live.apply({ type: 'session', payload: { type: 'deleted', payload: session } });
    if (this._conversation.sessionId === id) {
      this._conversation.show(this._conversation.sessions[0]?.id ?? null);
    }
    await this._conversation.attempt(async () => {
      try {
        await live.call(wid => live.client.deleteSession(wid, id));
      } catch (error) {
        this._offer(null);
        live.apply({ type: 'session', payload: { type: 'created', payload: session } });
        throw error;
      }
    });
  }

  async undoRemove(): Promise<void> {
    const session = this._removed;
    this._offer(null);
    if (session) {
      const { live } = this._conversation;
      await this._conversation.attempt(async () => {
        const payload = await live.call(wid => live.client.restoreSession(wid, session.id));
        live.apply({ type: 'session', payload: { type: 'created', payload } });
        this._conversation.show(payload.id);
      });
    }
  }

  private _offer(session: Session | null): void {
    clearTimeout(this._timer);
    this._removed = session;
    if (session) {
      this._timer = setTimeout(() => this._offer(null), UNDO_MS);
    }
    this._conversation.changed.emit();
  }

  private async _attempt(action: (sessionId: string) => Promise<void>): Promise<void> {
    const { sessionId } = this._conversation;
    if (sessionId !== null) {
      await this._conversation.attempt(() => action(sessionId));
    }
  }

  private _removed: Session | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
