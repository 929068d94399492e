/** The script of the shared worker: one stream for all tabs of a browser. */
import { StreamHub } from './hub';
import type { FromTab, Port } from './protocol';

const hub = new StreamHub(
  {
    fetch: (url, init) => fetch(url, init),
    setTimeout: (callback, ms) => setTimeout(callback, ms),
    clearTimeout: timer => clearTimeout(timer as number)
  },
  () => Date.now()
);

interface SharedWorkerScope {
  onconnect: ((event: MessageEvent) => void) | null;
}

(globalThis as unknown as SharedWorkerScope).onconnect = event => {
  const channel = event.ports[0];
  if (channel) {
    const port: Port = { post: message => channel.postMessage(message) };
    channel.onmessage = ({ data }: MessageEvent<FromTab>) => hub.receive(port, data);
  }
};
globalThis.addEventListener('online', () => hub.hurry());
