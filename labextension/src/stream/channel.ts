/**
 * One stream of the server, held open for all who listen.
 *
 * It reconnects by itself, from the last fact it saw, after 250 ms at first and 10 s at last. A connection that brings no byte
 * (the server sends a comment every 15 s) for 45 s counts as lost. Deltas may come twice then; listeners do not mind.
 */
import type { Attach, FromHolder, Port, StreamState } from './protocol';
import { SseParser } from './sse';

export interface Surroundings {
  fetch(url: string, init: RequestInit): Promise<Response>;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

const FIRST_WAIT_MS = 250;
const LAST_WAIT_MS = 10_000;
const SILENT_MS = 45_000;

export class Channel {
  constructor(
    private readonly _request: Attach,
    private readonly _around: Surroundings
  ) {}

  get isIdle(): boolean {
    return this._ports.size === 0;
  }

  add(port: Port): void {
    this._ports.add(port);
    port.post(this._state.state === 'live' ? { ...this._state, fresh: true } : this._state);
    if (!this._running) {
      this._running = true;
      void this._run();
    }
  }

  remove(port: Port): void {
    this._ports.delete(port);
    if (this.isIdle) {
      this.hurry();
      this._abort?.abort();
    }
  }

  /** The network is back: do not wait out the pause. */
  hurry(): void {
    this._wake?.();
  }

  private async _run(): Promise<void> {
    let pause = FIRST_WAIT_MS;
    while (!this.isIdle && this._state.state !== 'gone') {
      const lived = await this._connect();
      if (this.isIdle || this.isGone) {
        break;
      }
      pause = lived ? FIRST_WAIT_MS : Math.min(pause * 2, LAST_WAIT_MS);
      await this._sleep(this._state.state === 'refused' ? LAST_WAIT_MS : pause);
    }
    this._running = false;
  }

  get isGone(): boolean {
    return this._state.state === 'gone';
  }

  /** One connection, to its end; whether it ever was one. */
  private async _connect(): Promise<boolean> {
    const abort = (this._abort = new AbortController());
    const headers: Record<string, string> = { ...this._request.headers, Accept: 'text/event-stream' };
    if (this._lastId !== null) {
      headers['Last-Event-ID'] = this._lastId;
    }
    let lived = false;
    try {
      const response = await this._around.fetch(this._request.url, {
        headers,
        signal: abort.signal,
        cache: 'no-store',
        credentials: 'same-origin'
      });
      if (response.ok && response.body) {
        lived = true;
        this._say({ type: 'state', state: 'live', fresh: this._lastId === null });
        await this._read(response.body, abort);
      } else {
        this._refused(response.status);
        return false;
      }
    } catch {
      // The network's failure and our own abort end the same way: try again.
    }
    this._say({ type: 'state', state: 'waiting' });
    return lived;
  }

  private _refused(status: number): void {
    const state = status === 404 ? 'gone' : status === 401 || status === 403 ? 'refused' : 'waiting';
    this._say({ type: 'state', state });
  }

  private async _read(body: ReadableStream<Uint8Array>, abort: AbortController): Promise<void> {
    const parser = new SseParser();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const silence = this._around.setTimeout(() => abort.abort(), SILENT_MS);
      const { done, value } = await reader.read().finally(() => this._around.clearTimeout(silence));
      if (done) {
        return;
      }
      const frames = parser.push(decoder.decode(value, { stream: true }));
      if (frames.length) {
        this._lastId = frames.findLast(frame => frame.id !== null)?.id ?? this._lastId;
        this._post({ type: 'frames', frames });
      }
    }
  }

  private _sleep(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = this._around.setTimeout(resolve, ms);
      this._wake = () => {
        this._around.clearTimeout(timer);
        resolve();
      };
    });
  }

  private _say(state: StreamState): void {
    if (state.state === this._state.state && state.state !== 'live') {
      return;
    }
    this._state = state;
    this._post(state);
  }

  private _post(message: FromHolder): void {
    this._ports.forEach(port => port.post(message));
  }

  private readonly _ports = new Set<Port>();
  private _state: StreamState = { type: 'state', state: 'connecting' };
  private _lastId: string | null = null;
  private _running = false;
  private _abort: AbortController | null = null;
  private _wake: (() => void) | null = null;
}
