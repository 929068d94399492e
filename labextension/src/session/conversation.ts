/**
 * The session that a panel shows, and what a person does in it.
 *
 * What was done here and is not confirmed yet (a prompt on its way, a session being deleted) is kept here, and only until the
 * server's event says the same: every client then shows the same.
 */
import { UUID } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import { asCrushError } from '../lib/errors';
import type { Live } from './live';
import type { Memory } from './memory';
import type { Attached } from './attached';
import type { Composed, Sending } from './prompt';
import { fullPrompt, fullPrompts } from './prompttext';
import { QueuedAttachments } from './queuedattachments';
import { queueOf } from './state';
import type { Grant, PatchConfig, PatchSession, PermissionAction } from '../wire';
import type { QuestionAnswer, Run, RunMode, Session } from '../wire';

export interface Failure {
  readonly message: string;
  readonly reason: string;
}

/** Where the draft of a session stands that is not made yet. */
export const NEW = 'new';

/** Owner of which session is shown, of the prompts on their way, and of the deletions that can still be undone. */
export class Conversation implements IDisposable {
  constructor(
    readonly live: Live,
    readonly memory: Memory
  ) {
    live.changed.connect(this._onLive, this);
  }

  readonly changed = new Signal<this, void>(this);
  /** What comes into the composer: a prompt that was not taken or was taken back, or what another part of JupyterLab puts there. */
  readonly composed = new Signal<this, Composed>(this);

  get sessionId(): string | null {
    return this._sessionId;
  }

  get sending(): readonly Sending[] {
    return this._sending.filter(sending => sending.sessionId === this._sessionId);
  }

  get failure(): Failure | null {
    return this._failure;
  }

  /** Newest first. */
  get sessions(): Session[] {
    return Object.values(this.live.view.sessions).sort((a, b) => b.updated_at - a.updated_at);
  }

  /** Whether something was done there since this browser last showed it. */
  isUnread(session: Session): boolean {
    const seen = this.memory.seen(session.id);
    return session.id !== this._sessionId && seen !== null && session.message_count > seen;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  show(sessionId: string | null): void {
    this._sessionId = sessionId;
    this._failure = null;
    const wid = this.live.workspace?.id;
    if (sessionId !== null) {
      if (wid) {
        this.memory.setLastSession(wid, sessionId);
      }
      void this.live.open(sessionId);
    }
    this._chosen = true;
    this.changed.emit();
  }

  dismissFailure(): void {
    this._failure = null;
    this.changed.emit();
  }

  /** Send a prompt, after what it is about was `saved`, to the session that was shown when it was written. */
  async send(
    prompt: string,
    attached: readonly Attached[],
    mode: RunMode,
    saved: Promise<void> | null,
    sessionId = this._sessionId
  ): Promise<void> {
    const labels = attached.filter(one => !one.isAmbient).map(one => one.label);
    const sending = { runId: UUID.uuid4(), sessionId, prompt, labels };
    this._sending.push(sending);
    this._chosen = true;
    this._failure = null;
    if (prompt) {
      this.memory.remember(prompt);
    }
    this.changed.emit();
    try {
      await saved?.catch(error => console.warn('jupyter_crush: not saved', error));
      const sessionId = sending.sessionId ?? (await this._create(sending.runId));
      const attachments = attached.map(one => one.attachment);
      const body = { session_id: sessionId, prompt, run_id: sending.runId, mode, attachments };
      const run = await this.live.call(wid => this.live.client.prompt(wid, body));
      this._confirm(run);
      this._attachments.keep(run, attached);
    } catch (error) {
      this._fail(error);
      this.composed.emit({ text: prompt, attached: attached.filter(one => !one.isAmbient) });
    }
    this._sending = this._sending.filter(one => one.runId !== sending.runId);
    this.changed.emit();
  }

  /** Stop the turn, and what waits: the waiting prompts' words come back to the composer. */
  async stop(): Promise<void> {
    const sid = this._sessionId;
    if (sid === null) {
      return;
    }
    const runs = this.queue();
    const attached = this._attachments.of(...runs);
    const waiting = await fullPrompts(this.live, runs);
    await this.attempt(() => this.live.call(wid => this.live.client.cancel(wid, sid)));
    if (waiting.length) {
      this.composed.emit({ text: waiting.join('\n\n'), attached });
    }
  }

  /** Prompts that wait, in their order. */
  queue(): Run[] {
    return queueOf(this.live.view, this._sessionId);
  }

  removeQueued(run: Run): Promise<void> {
    return this.attempt(() => this.live.call(wid => this.live.client.removeQueued(wid, run.session_id, run.run_id)));
  }

  async editQueued(run: Run): Promise<void> {
    await this.attempt(async () => {
      const attached = this._attachments.of(run);
      const text = await fullPrompt(this.live, run);
      await this.removeQueued(run);
      this.composed.emit({ text, attached });
    });
  }

  moveQueued(run: Run, before: string | null): Promise<void> {
    return this.attempt(() =>
      this.live.call(wid => this.live.client.moveQueued(wid, run.session_id, run.run_id, { before }))
    );
  }

  /** What waits is heard at the next step of the turn that runs. */
  sendNow(run: Run): Promise<void> {
    const body = { mode: 'steer' as const };
    return this.attempt(() =>
      this.live.call(wid => this.live.client.moveQueued(wid, run.session_id, run.run_id, body))
    );
  }

  /** Whether a question was answered from this panel. */
  wasAnsweredHere(id: string): boolean {
    return this._answered.has(id);
  }

  /** Whether it arrived: what did not can be answered again. */
  answer(id: string, action: PermissionAction, message: string | null): Promise<boolean> {
    return this._settle(id, wid => this.live.client.answer(wid, id, { action, message }));
  }

  /** Refuse with words; those that came too late come back to the composer. */
  async refuse(id: string, message: string): Promise<void> {
    this.memory.remember(message);
    let isTaken = false;
    await this._settle(id, async wid => {
      isTaken = (await this.live.client.answer(wid, id, { action: 'deny', message })).resolved;
    });
    if (!isTaken) {
      this.composed.emit({ text: message, attached: [] });
    }
  }

  /** Null: no answer will come. */
  answerQuestion(id: string, answers: QuestionAnswer[] | null): Promise<boolean> {
    const body = answers ? { answers } : { cancel: true };
    return this._settle(id, wid => this.live.client.answerQuestion(wid, id, body));
  }

  /** What the session that is shown may do without asking again. */
  async grants(): Promise<Grant[]> {
    let grants: Grant[] = [];
    await this.attempt(async () => {
      grants = await this.live.call(wid => this.live.client.grants(wid));
    });
    return grants.filter(grant => grant.session_id === this._sessionId);
  }

  revoke(grant: Grant): Promise<void> {
    return this.attempt(() => this.live.call(wid => this.live.client.revoke(wid, grant.id)));
  }

  rename(sessionId: string, title: string): Promise<void> {
    return this.patch(sessionId, { title });
  }

  patch(sessionId: string, body: PatchSession): Promise<void> {
    return this.attempt(async () => {
      const payload = await this.live.call(wid => this.live.client.patchSession(wid, sessionId, body));
      this.live.apply({ type: 'session', payload: { type: 'updated', payload } });
    });
  }

  patchConfig(body: PatchConfig): Promise<void> {
    return this.attempt(async () => {
      await this.live.call(wid => this.live.client.patchConfig(wid, body));
      await this.live.refreshStatus();
    });
  }

  /** A session for a prompt that is on its way: it is busy from the moment in which it is shown. */
  private async _create(runId: string): Promise<string> {
    const payload = await this.live.call(wid => this.live.client.createSession(wid, {}));
    this.live.apply({ type: 'session', payload: { type: 'created', payload } });
    this._sending = this._sending.map(one => (one.runId === runId ? { ...one, sessionId: payload.id } : one));
    if (this._sessionId === null) {
      // What is written while the session is made belongs to it.
      this.memory.moveDraft(NEW, payload.id);
      this.show(payload.id);
    }
    return payload.id;
  }

  /** The answer to a prompt, unless the stream was faster and knows more. */
  private _confirm(run: Run): void {
    if (!this.live.view.runs[run.run_id]) {
      this.live.apply({ type: 'run', payload: { type: 'created', payload: run } });
    }
  }

  /** Do it; what fails is shown. */
  async attempt(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this._fail(error);
    }
  }

  private async _settle(id: string, send: (wid: string) => Promise<unknown>): Promise<boolean> {
    this._answered.add(id);
    try {
      await this.live.call(send);
      return true;
    } catch (error) {
      this._answered.delete(id);
      this._fail(error);
      return false;
    }
  }

  private _fail(error: unknown): void {
    const { message, reason } = asCrushError(error);
    this._failure = { message, reason };
    this.changed.emit();
  }

  private _onLive(): void {
    const { view, workspace, isReady } = this.live;
    const isGone = this._sessionId !== null && isReady && !view.sessions[this._sessionId];
    if (workspace && isReady && (!this._chosen || isGone)) {
      const last = this.memory.lastSession(workspace.id);
      const known = last !== null && view.sessions[last] ? last : this.sessions[0]?.id;
      if (known !== undefined || isGone) {
        this.show(known ?? null);
      }
    }
    const shown = this._sessionId === null ? undefined : view.sessions[this._sessionId];
    if (shown) {
      this.memory.setSeen(shown.id, shown.message_count);
    }
    this._attachments.prune(view.runs);
    this.changed.emit();
  }

  private readonly _attachments = new QueuedAttachments();
  private readonly _answered = new Set<string>();
  private _sessionId: string | null = null;
  private _chosen = false;
  private _sending: Sending[] = [];
  private _failure: Failure | null = null;
  private _isDisposed = false;
}
