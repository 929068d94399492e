/** The chat in a cell without its looks: it follows the session, and does in it what a person asks for. */
import { Backlog } from '../session/backlog';
import type { Arrival, PendingRequest } from '../session/model';
import type { StreamState } from '../stream/protocol';
import type { CrushEvent, May, Message, PermissionAction, QuestionAnswer, Run, Session, Snapshot } from '../wire';
import { throughKernel, throughPage } from './connection';
import type { Connection, FromServer, Method, WidgetFrame } from './connection';
import type { WidgetModel } from './model';
import { SessionView } from './view';
import type { Fetched } from './view';

/** Owner of the connection and of the view. `changed` is called whenever something may look different. */
export class Chat {
  constructor(
    private readonly _model: WidgetModel,
    private readonly _changed: () => void
  ) {
    this.view = new SessionView(_model.get('session_id'));
    this.view.show(_model.get('transcript') as Message[]);
    _model.on('change:title', _changed);
  }

  readonly view: SessionView;

  get title(): string {
    return this._model.get('title');
  }

  /** Null until the server has said it. */
  get may(): May | null {
    return this._may;
  }

  /** Whether the server's view of the session is here: what a notebook was saved with can only be read. */
  get isLoaded(): boolean {
    return this._isLoaded;
  }

  get isWaiting(): boolean {
    return this._state === 'waiting';
  }

  /** Why the last thing that was asked for was not done. */
  get failure(): string {
    return this._failure;
  }

  async start(): Promise<void> {
    this._connection = (await throughPage(this._model)) ?? throughKernel(this._model);
    if (this._isDisposed) {
      this.dispose();
    } else {
      this._connection.attach(message => this._receive(message));
    }
  }

  dispose(): void {
    this._isDisposed = true;
    this._connection?.dispose();
    this._model.off('change:title', this._changed);
  }

  async stop(): Promise<void> {
    await this._ask('POST', ['agent', 'sessions', this.view.sessionId, 'cancel'], {});
  }

  /** Whether the server has it. */
  async prompt(prompt: string): Promise<boolean> {
    const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
    const run_id = bytes.map(byte => byte.toString(16).padStart(2, '0')).join('');
    return (await this._ask('POST', ['agent'], { session_id: this.view.sessionId, prompt, run_id })) !== null;
  }

  async removeQueued(run: Run): Promise<void> {
    await this._ask('DELETE', ['agent', 'sessions', this.view.sessionId, 'prompts', run.run_id]);
  }

  readonly answer = async (id: string, action: PermissionAction, message: string | null): Promise<boolean> =>
    (await this._ask('POST', ['permissions', id], { action, message })) !== null;

  /** Null: no answer will come. */
  readonly answerQuestion = async (id: string, answers: QuestionAnswer[] | null): Promise<boolean> =>
    (await this._ask('POST', ['questions', id], answers ? { answers } : { cancel: true })) !== null;

  /** Refuse with words; whether they arrived before somebody else answered. */
  async refuse(id: string, message: string): Promise<boolean> {
    const answered = await this._ask<{ resolved: boolean }>('POST', ['permissions', id], { action: 'deny', message });
    return answered !== null && answered !== true && answered.resolved;
  }

  /** The server's answer, or true where it has none; null when it was not done, and `failure` says why. */
  private async _ask<T>(method: Method, path: readonly string[], body?: object): Promise<T | true | null> {
    this._failure = '';
    try {
      return (await this._connection?.request<T | null>(method, path, body)) ?? true;
    } catch (error) {
      this._failure = messageOf(error);
      return null;
    } finally {
      this._changed();
    }
  }

  private _receive(message: FromServer): void {
    if (message.type === 'frames') {
      this._backlog.offer(message.frames.map(arrivalOf));
    } else if (message.type === 'state') {
      this._onState(message);
    }
    this._changed();
  }

  private _onState(state: StreamState): void {
    this._state = state.state;
    if (state.state === 'live' && (state.fresh || !this._isLoaded)) {
      void this._load();
    }
  }

  private _take(arrivals: readonly Arrival[]): void {
    arrivals.forEach(({ id, data }) => this.view.apply(data, id));
    if (this.view.isStale) {
      void this._load();
    }
    this._changed();
  }

  /** Fetch what the stream does not repeat; events that come meanwhile wait. */
  private async _load(): Promise<void> {
    const connection = this._connection;
    if (!connection || this._isLoading) {
      return;
    }
    this._isLoading = true;
    await this._backlog.during(async () => {
      try {
        this._may = await connection.may();
        this.view.load(await fetchSession(connection, this.view.sessionId));
        this._isLoaded = true;
      } catch (error) {
        this._failure = messageOf(error);
      } finally {
        this._isLoading = false;
      }
    });
    this._changed();
  }

  private readonly _backlog = new Backlog(arrivals => this._take(arrivals));
  private _connection: Connection | null = null;
  private _state: StreamState['state'] = 'connecting';
  private _may: May | null = null;
  private _failure = '';
  private _isLoaded = false;
  private _isLoading = false;
  private _isDisposed = false;
}

async function fetchSession(connection: Connection, sid: string): Promise<Fetched> {
  const [session, snapshot, permissions, questions, queue] = await Promise.all([
    connection.request<Session>('GET', ['sessions', sid]),
    connection.request<Snapshot>('GET', ['sessions', sid, 'messages']),
    connection.request<PendingRequest[]>('GET', ['permissions']),
    connection.request<PendingRequest[]>('GET', ['questions']),
    connection.request<Run[]>('GET', ['agent', 'sessions', sid, 'prompts'])
  ]);
  return { session, snapshot, asked: [...permissions, ...questions], queue };
}

function arrivalOf({ id, data }: WidgetFrame): Arrival {
  return { id: id ?? null, data: (typeof data === 'string' ? JSON.parse(data) : data) as CrushEvent };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
