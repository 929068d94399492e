/**
 * The view, kept live: it opens the workspace, attaches to its stream, fetches what the stream does not repeat, and lets every
 * event change the view. One signal says that something changed, at most once a frame.
 */
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import { Backlog } from './backlog';
import type { CrushClient } from './client';
import { CrushError, asCrushError } from '../lib/errors';
import { OncePerFrame } from '../lib/frame';
import { NOTHING, applyEarlier, applyLists, applyQueue, applySnapshot, reduce } from './model';
import type { Arrival, View } from './model';
import type { StreamState } from '../stream/protocol';
import { StreamSource } from '../stream/source';
import type { Frame } from '../stream/sse';
import type { AgentStatus, ConfigView, CrushEvent, Workspace } from '../wire';

export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'refused' | 'failed';

/** Messages fetched when a session is opened; earlier ones come when they are scrolled to. */
const PAGE = 200;
const RETRY_MS = 3_000;

/** Owner of the view and of the connection to the server. */
export class Live implements IDisposable {
  constructor(
    readonly client: CrushClient,
    readonly clientId: string
  ) {
    this._source = new StreamSource({
      onState: state => this._onState(state),
      onFrames: frames => this._onFrames(frames)
    });
  }

  readonly changed = new Signal<this, void>(this);
  /** Events as they come, after the view knows them. */
  readonly arrived = new Signal<this, readonly Arrival[]>(this);

  get view(): View {
    return this._view;
  }

  get connection(): ConnectionState {
    return this._connection;
  }

  get workspace(): Workspace | null {
    return this._workspace;
  }

  get status(): AgentStatus | null {
    return this._status;
  }

  get config(): ConfigView | null {
    return this._config;
  }

  /** Why there is nothing to show: the workspace could not be opened. */
  get failure(): CrushError | null {
    return this._failure;
  }

  /** Whether the lists are there: what is not in them does not exist. */
  get isReady(): boolean {
    return this._isReady;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._source.dispose();
    Signal.clearData(this);
  }

  startOnce(): void {
    if (!this._isStarted) {
      this._isStarted = true;
      void this.start();
    }
  }

  /** Whether what was missing is there now. */
  async lookAgain(): Promise<void> {
    await (this._workspace ? this.refreshStatus() : this.start());
  }

  /** Open the workspace and attach; tries again by itself while the server is away. */
  async start(): Promise<void> {
    this._isStarted = true;
    try {
      this._workspace = await this.client.openWorkspace({ client_id: this.clientId });
      this._failure = null;
      const { url, headers } = this.client.stream(this._workspace.id, this.clientId);
      this._source.attach(url, headers);
    } catch (error) {
      this._failure = asCrushError(error);
      this._connection = this._workspace ? this._connection : 'failed';
      if (this._failure.status === 0 || this._failure.retryable) {
        this._later(() => this.start());
      }
    }
    this._emit();
  }

  /** Follow this session's messages. */
  async open(sessionId: string): Promise<void> {
    this._followed.add(sessionId);
    if (!this._view.opened[sessionId] && this._connection === 'live') {
      await this._fetchSession(sessionId);
    }
  }

  /** One page of what was before the first message that is here. */
  async fetchEarlier(sessionId: string): Promise<void> {
    const first = this._view.opened[sessionId]?.transcript.messages[0];
    const fetching = `${sessionId} earlier`;
    if (!first || !this._workspace || this._fetching.has(fetching)) {
      return;
    }
    this._fetching.add(fetching);
    try {
      const page = { before: first.seq, limit: PAGE };
      const snapshot = await this.client.messages(this._workspace.id, sessionId, page);
      this._set(applyEarlier(this._view, sessionId, snapshot, snapshot.has_more));
    } catch {
      this._later(() => this.fetchEarlier(sessionId));
    } finally {
      this._fetching.delete(fetching);
    }
  }

  /** Call the server with the workspace's id; a workspace that was closed meanwhile is opened again first. */
  async call<T>(action: (wid: string) => Promise<T>): Promise<T> {
    const wid = this._workspace?.id ?? (await this._reopen()).id;
    try {
      return await action(wid);
    } catch (error) {
      if (!(error instanceof CrushError) || !(error.status === 404 || error.reason === 'workspace_closing')) {
        throw error;
      }
      const workspace = await this._reopen();
      if (workspace.id === wid && error.status === 404) {
        throw error;
      }
      return action(workspace.id);
    }
  }

  /** An event that an answer of the server stands for: shown before the stream brings it. */
  apply(data: CrushEvent): void {
    this._set(reduce(this._view, { id: null, data }));
  }

  async refreshStatus(): Promise<void> {
    const wid = this._workspace?.id;
    if (wid) {
      [this._status, this._config] = await Promise.all([
        this.client.status(wid),
        this.client.config(wid).catch(() => null)
      ]);
      this._emit();
    }
  }

  private async _reopen(): Promise<Workspace> {
    await this.start();
    if (!this._workspace || this._failure) {
      throw this._failure ?? new CrushError(0, 'offline', 'The Jupyter server does not answer.', true);
    }
    return this._workspace;
  }

  private _onState(state: StreamState): void {
    if (state.state === 'live') {
      this._connection = 'live';
      if (state.fresh) {
        void this._fetchAll();
      }
    } else if (state.state === 'gone') {
      this._connection = 'reconnecting';
      void this.start();
    } else if (state.state === 'refused') {
      this._connection = 'refused';
    } else {
      this._connection = ['connecting', 'failed'].includes(this._connection) ? 'connecting' : 'reconnecting';
    }
    this._emit();
  }

  private _onFrames(frames: Frame[]): void {
    this._backlog.offer(frames.map(({ id, data }): Arrival => ({ id, data: JSON.parse(data) as CrushEvent })));
  }

  private _take(arrivals: readonly Arrival[]): void {
    const before = this._view;
    this._set(arrivals.reduce(reduce, before));
    this.arrived.emit(arrivals);
    if (this._view.stale) {
      void this._fetchAll();
    } else {
      this._repair();
    }
    if (this._view.configVersion !== before.configVersion) {
      void this.refreshStatus();
    }
  }

  /** Fetch what a fresh stream does not tell. */
  private async _fetchAll(): Promise<void> {
    const wid = this._workspace?.id;
    if (!wid) {
      return;
    }
    await this._backlog.during(async () => {
      try {
        const [sessions, asked] = await Promise.all([this.client.sessions(wid), this.client.asked(wid)]);
        this._set(applyLists(this._view, { sessions, asked }));
        this._isReady = true;
        await Promise.all([...this._followed].map(sessionId => this._fetchSession(sessionId)));
        await this.refreshStatus();
        this._failure = null;
      } catch (error) {
        this._failure = asCrushError(error);
        this._later(() => this._fetchAll());
      }
    });
    this._emit();
  }

  private async _fetchSession(sessionId: string): Promise<void> {
    const wid = this._workspace?.id;
    if (!wid || this._fetching.has(sessionId)) {
      return;
    }
    this._fetching.add(sessionId);
    await this._backlog.during(async () => {
      try {
        const [snapshot, queue] = await Promise.all([
          this.client.messages(wid, sessionId, { limit: PAGE }),
          this.client.queue(wid, sessionId)
        ]);
        this._set(applyQueue(applySnapshot(this._view, sessionId, snapshot, snapshot.has_more), sessionId, queue));
      } catch (error) {
        if (asCrushError(error).status === 404) {
          this._followed.delete(sessionId);
        } else {
          this._later(() => this._fetchSession(sessionId));
        }
      } finally {
        this._fetching.delete(sessionId);
      }
    });
  }

  private _later(action: () => Promise<void>): void {
    setTimeout(() => !this._isDisposed && void action(), RETRY_MS);
  }

  private _repair(): void {
    for (const [sessionId, opened] of Object.entries(this._view.opened)) {
      if (opened.transcript.gap) {
        void this._fetchSession(sessionId);
      }
    }
  }

  private _set(view: View): void {
    if (view !== this._view) {
      this._view = view;
      this._emit();
    }
  }

  private _emit(): void {
    this._frame.ask();
  }

  private _view: View = NOTHING;
  private _connection: ConnectionState = 'connecting';
  private _workspace: Workspace | null = null;
  private _status: AgentStatus | null = null;
  private _config: ConfigView | null = null;
  private _failure: CrushError | null = null;
  private readonly _backlog = new Backlog(arrivals => this._take(arrivals));
  private readonly _frame = new OncePerFrame(() => this.changed.emit());
  private _isStarted = false;
  private _isReady = false;
  private _isDisposed = false;
  private readonly _followed = new Set<string>();
  private readonly _fetching = new Set<string>();
  private readonly _source: StreamSource;
}
