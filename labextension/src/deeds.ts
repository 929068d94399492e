/** What is done with the session that is shown, as a whole. */
import { Signal } from '@lumino/signaling';
import type { Conversation } from './conversation';

export type ExportFormat = 'markdown' | 'ipynb' | 'json';

export interface Exported {
  readonly name: string;
  readonly content: Blob;
}

export class SessionDeeds {
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

  private async _attempt(action: (sessionId: string) => Promise<void>): Promise<void> {
    const { sessionId } = this._conversation;
    if (sessionId !== null) {
      await this._conversation.attempt(() => action(sessionId));
    }
  }
}
