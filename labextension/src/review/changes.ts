/**
 * What the agent changed in the session that is shown, as far as nobody decided on it: fetched when it may have changed, and kept or
 * reverted at the server. The documents themselves are changed by the server, through whoever has them open.
 */
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { Conversation } from '../session/conversation';
import { CrushError } from '../lib/errors';
import type { Arrival } from '../session/model';
import type { ChangedFile, KeepChanges } from '../wire';

/** Which changes: of a cell, a file, a turn, or all of the session. */
export type Scope = Pick<KeepChanges, 'path' | 'cell_id' | 'run_id'>;

export interface Totals {
  readonly files: number;
  readonly additions: number;
  readonly deletions: number;
}

/** What comes together is fetched once. */
const SETTLE_MS = 150;
const TELLING = new Set(['file', 'run_complete', 'resync']);

/** Owner of the list, and of which part of it is looked at. */
export class Changes implements IDisposable {
  constructor(
    private readonly _conversation: Conversation,
    /** Whether to revert all the same what somebody changed since. */
    private readonly _confirm: (changed: readonly ChangedFile[]) => Promise<boolean>
  ) {
    _conversation.changed.connect(this._onConversation, this);
    _conversation.live.arrived.connect(this._onArrived, this);
  }

  readonly changed = new Signal<this, void>(this);

  /** Another turn is the last. */
  readonly turned = new Signal<this, void>(this);

  /** By path, for the whole session. */
  get files(): readonly ChangedFile[] {
    return this._files;
  }

  /** Those that are looked at. */
  get shown(): readonly ChangedFile[] {
    return this._shownRun ? this._ofRun : this._files;
  }

  /** What is looked at: a run's changes, or the session's (null); undefined: nothing is. */
  get shownRun(): string | null | undefined {
    return this._shownRun;
  }

  /** The turn that is the last to have been worked on. */
  get lastRun(): string | null {
    const { live, sessionId } = this._conversation;
    const messages = (sessionId !== null && live.view.opened[sessionId]?.transcript.messages) || [];
    return messages.findLast(message => message.role === 'assistant')?.run_id ?? null;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
    Signal.clearData(this);
  }

  of(runId: string | null): readonly ChangedFile[] {
    return runId === null ? this._files : this._files.filter(file => file.run_ids.includes(runId));
  }

  /** Of the files that a run changed, or of all; null: there are none. */
  totals(runId: string | null): Totals | null {
    const files = this.of(runId);
    const sum = (count: (file: ChangedFile) => number): number => files.reduce((all, file) => all + count(file), 0);
    return files.length
      ? { files: files.length, additions: sum(file => file.additions), deletions: sum(file => file.deletions) }
      : null;
  }

  /** Look at the changes of a run, or of the session (null). */
  show(runId: string | null): void {
    this._shownRun = runId;
    this._ofRun = runId === null ? [] : this.of(runId);
    this.changed.emit();
    void this._fetch();
  }

  hide(): void {
    this._shownRun = undefined;
    this.changed.emit();
  }

  /** Cells are called otherwise since it was fetched, as those of an older notebook are in the tab that opens it. */
  refresh(): void {
    if (this._isFetched) {
      this._later();
    }
  }

  async keep(scope: Scope): Promise<void> {
    await this._decide((wid, sid) => this._client.keepChanges(wid, sid, scope));
  }

  revert(scope: Scope): Promise<void> {
    return this._undo((wid, sid, confirm) => this._client.revertChanges(wid, sid, { ...scope, confirm }));
  }

  /** Put files and notebooks back to what they were before the turn of that message. */
  rewind(message_id: string): Promise<void> {
    return this._undo((wid, sid, confirm) => this._client.rewind(wid, sid, { message_id, confirm }));
  }

  private async _undo(undo: (wid: string, sid: string, confirm: boolean) => Promise<unknown>): Promise<void> {
    const changed = await this._decide((wid, sid) => undo(wid, sid, false));
    if (changed.length && (await this._confirm(changed))) {
      await this._decide((wid, sid) => undo(wid, sid, true));
    }
  }

  /** Do it, and see what has become of it. What was refused because somebody changed it since; what else fails is shown. */
  private async _decide(action: (wid: string, sid: string) => Promise<unknown>): Promise<readonly ChangedFile[]> {
    const { live, sessionId: sid } = this._conversation;
    let changed: readonly ChangedFile[] = [];
    if (sid !== null) {
      await this._conversation.attempt(async () => {
        try {
          await live.call(wid => action(wid, sid));
        } catch (error) {
          changed = error instanceof CrushError ? error.changed : [];
          if (!changed.length) {
            throw error;
          }
        }
      });
      await this._fetch();
    }
    return changed;
  }

  private _onConversation(): void {
    const { sessionId, live } = this._conversation;
    const run = this.lastRun;
    if (run !== this._lastRun) {
      this._lastRun = run;
      this.turned.emit();
    }
    if (sessionId !== this._sessionId) {
      this._sessionId = sessionId;
      this._shownRun = undefined;
      this._set([]);
      this._isFetched = false;
    }
    if (sessionId !== null && live.workspace && live.isReady && !this._isFetched) {
      this._isFetched = true;
      this._later();
    }
  }

  private _onArrived(_: unknown, arrivals: readonly Arrival[]): void {
    if (this._sessionId !== null && arrivals.some(({ data }) => TELLING.has(data.type) && this._isMine(data))) {
      this._later();
    }
  }

  private _isMine({ payload }: Arrival['data']): boolean {
    return !('session_id' in payload.payload) || payload.payload.session_id === this._sessionId;
  }

  private _later(): void {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => void this._fetch(), SETTLE_MS);
  }

  private async _fetch(): Promise<void> {
    const { live } = this._conversation;
    const sid = this._sessionId;
    const number = ++this._number;
    if (sid === null || this._isDisposed) {
      return;
    }
    try {
      const run = this._shownRun;
      const [files, ofRun] = await live.call(wid =>
        Promise.all([this._client.changes(wid, sid), run ? this._client.changes(wid, sid, run) : []])
      );
      if (number === this._number && sid === this._sessionId) {
        this._ofRun = ofRun;
        this._set(files);
      }
    } catch {
      return; // the next event asks again
    }
  }

  private _set(files: readonly ChangedFile[]): void {
    this._files = files;
    this.changed.emit();
  }

  private get _client(): Conversation['live']['client'] {
    return this._conversation.live.client;
  }

  private _files: readonly ChangedFile[] = [];
  private _ofRun: readonly ChangedFile[] = [];
  private _shownRun: string | null | undefined = undefined;
  private _sessionId: string | null = null;
  private _lastRun: string | null = null;
  private _isFetched = false;
  private _number = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;
}
