/** A tab's end of the stream: through the browser's shared worker, or directly where there is none. */
import { StreamHub } from './hub';
import type { FromHolder, FromTab, StreamState } from './protocol';
import { PING_MS } from './protocol';
import type { Frame } from './sse';

export interface Listener {
  onState(state: StreamState): void;
  onFrames(frames: Frame[]): void;
}

/** Owner of this tab's attachment. Pages that are put away and brought back detach and attach again. */
export class StreamSource {
  constructor(private readonly _listener: Listener) {
    this._send = connect(message => this._receive(message));
    this._timer = setInterval(() => this._request && this._send({ type: 'ping' }), PING_MS);
    window.addEventListener('pagehide', this._bye);
    window.addEventListener('pageshow', this._again);
  }

  attach(url: string, headers: Readonly<Record<string, string>>): void {
    this._request = { type: 'attach', url, headers };
    this._send(this._request);
  }

  dispose(): void {
    this._bye();
    this._request = null;
    clearInterval(this._timer);
    window.removeEventListener('pagehide', this._bye);
    window.removeEventListener('pageshow', this._again);
  }

  private _receive(message: FromHolder): void {
    if (message.type === 'unknown') {
      this._reattach();
    } else if (message.type === 'frames') {
      this._listener.onFrames(message.frames);
    } else {
      this._listener.onState(message);
    }
  }

  private _reattach(): void {
    if (this._request) {
      this._send(this._request);
    }
  }

  private readonly _bye = (): void => this._send({ type: 'bye' });
  private readonly _again = (event: PageTransitionEvent): void => {
    if (event.persisted) {
      this._reattach();
    }
  };
  private readonly _send: (message: FromTab) => void;
  private readonly _timer: ReturnType<typeof setInterval>;
  private _request: FromTab | null = null;
}

function connect(receive: (message: FromHolder) => void): (message: FromTab) => void {
  if (typeof SharedWorker === 'undefined') {
    return connectDirectly(receive);
  }
  const worker = new SharedWorker(new URL('./worker.js', import.meta.url), { name: 'jupyter-crush' });
  worker.port.onmessage = ({ data }: MessageEvent<FromHolder>) => receive(data);
  let send = (message: FromTab): void => worker.port.postMessage(message);
  worker.onerror = () => {
    console.warn('jupyter_crush: the shared worker did not start; this tab opens a stream of its own.');
    send = connectDirectly(receive);
    receive({ type: 'unknown' });
  };
  return message => send(message);
}

function connectDirectly(receive: (message: FromHolder) => void): (message: FromTab) => void {
  const hub = new StreamHub(
    {
      fetch: (url, init) => fetch(url, init),
      setTimeout: (callback, ms) => setTimeout(callback, ms),
      clearTimeout: timer => clearTimeout(timer as number)
    },
    () => Date.now()
  );
  window.addEventListener('online', () => hub.hurry());
  const port = { post: receive };
  return message => hub.receive(port, message);
}
