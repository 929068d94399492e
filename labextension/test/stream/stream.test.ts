import { describe, expect, test } from 'vitest';
import type { Surroundings } from '../../src/stream/channel';
import { StreamHub } from '../../src/stream/hub';
import { SILENCE_MS } from '../../src/stream/protocol';
import type { FromHolder, Port } from '../../src/stream/protocol';
import { SseParser } from '../../src/stream/sse';
import { seeded } from '../support/server';

const TEXT =
  'retry: 2000\n: open\n\nid: e:1\ndata: {"a":1}\n\n: \n\ndata: {"b":"ü"}\n\nid: e:2\r\ndata: x\r\ndata: y\r\n\r\n';
const FRAMES = [
  { id: 'e:1', data: '{"a":1}' },
  { id: null, data: '{"b":"ü"}' },
  { id: 'e:2', data: 'x\ny' }
];

describe('server-sent events', () => {
  test.each(Array.from({ length: TEXT.length }, (_, at) => at))('are the same when cut at %i', at => {
    const parser = new SseParser();
    expect([...parser.push(TEXT.slice(0, at)), ...parser.push(TEXT.slice(at))]).toEqual(FRAMES);
  });

  test('are the same cut anywhere, often', () => {
    const random = seeded(1);
    for (let round = 0; round < 100; round++) {
      const parser = new SseParser();
      const frames = [];
      for (let at = 0; at < TEXT.length;) {
        const length = 1 + Math.floor(random() * 5);
        frames.push(...parser.push(TEXT.slice(at, at + length)));
        at += length;
      }
      expect(frames).toEqual(FRAMES);
    }
  });
});

/** A network by hand: each request waits until the test answers it; timers run when the test says so. */
class Network implements Surroundings {
  readonly requests: {
    url: string;
    headers: Record<string, string>;
    signal: AbortSignal;
    answer: (r: Response) => void;
    fail: () => void;
  }[] = [];
  readonly timers = new Map<number, { callback: () => void; ms: number }>();

  fetch(url: string, init: RequestInit): Promise<Response> {
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(new TypeError('network'));
      const signal = init.signal as AbortSignal;
      signal.addEventListener('abort', fail);
      this.requests.push({ url, headers: init.headers as Record<string, string>, signal, answer: resolve, fail });
    });
  }

  setTimeout(callback: () => void, ms: number): number {
    this.timers.set(++this._last, { callback, ms });
    return this._last;
  }

  clearTimeout(timer: unknown): void {
    this.timers.delete(timer as number);
  }

  /** Run the timers that are set now; how long each was. */
  async ring(): Promise<number[]> {
    const due = [...this.timers.values()];
    this.timers.clear();
    due.forEach(timer => timer.callback());
    await settled();
    return due.map(timer => timer.ms);
  }

  private _last = 0;
}

/** All that was promised so far has happened: a task comes after the microtasks, and streams take several. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise(resolve => setImmediate(resolve));
  }
}

function body(): { response: Response; write: (text: string) => Promise<void>; end: () => Promise<void> } {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>({ start: started => void (controller = started) });
  return {
    response: new Response(stream, { status: 200 }),
    write: text => (controller?.enqueue(new TextEncoder().encode(text)), settled()),
    end: () => (controller?.close(), settled())
  };
}

class Tab implements Port {
  readonly heard: FromHolder[] = [];
  post(message: FromHolder): void {
    this.heard.push(message);
  }
  get states(): string[] {
    return this.heard.flatMap(one =>
      one.type === 'state' ? [one.state + ('fresh' in one && one.fresh ? '!' : '')] : []
    );
  }
  get data(): string[] {
    return this.heard.flatMap(one => (one.type === 'frames' ? one.frames.map(frame => frame.data) : []));
  }
}

const ATTACH = { type: 'attach', url: '/events', headers: {} } as const;

function hub(): { hub: StreamHub; network: Network; clock: { now: number } } {
  const network = new Network();
  const clock = { now: 0 };
  return { hub: new StreamHub(network, () => clock.now), network, clock };
}

describe('the one stream of a browser', () => {
  test('is opened once for all tabs, and each is told to fetch anew when it comes', async () => {
    const { hub: streams, network } = hub();
    const [first, second] = [new Tab(), new Tab()];
    streams.receive(first, ATTACH);
    const stream = body();
    network.requests[0]?.answer(stream.response);
    await settled();
    streams.receive(second, ATTACH);
    await stream.write('data: 1\n\n');
    expect(network.requests.length).toBe(1);
    expect([first.states, second.states]).toEqual([['connecting', 'live!'], ['live!']]);
    expect([first.data, second.data]).toEqual([['1'], ['1']]);
  });

  test('resumes from the last fact, and says that nothing was missed', async () => {
    const { hub: streams, network } = hub();
    const tab = new Tab();
    streams.receive(tab, ATTACH);
    const stream = body();
    network.requests[0]?.answer(stream.response);
    await settled();
    await stream.write('id: e:7\ndata: 1\n\ndata: 2\n\n');
    await stream.end();
    expect(await network.ring()).toEqual([250]);
    expect(network.requests[1]?.headers['Last-Event-ID']).toBe('e:7');
    network.requests[1]?.answer(body().response);
    await settled();
    expect(tab.states).toEqual(['connecting', 'live!', 'waiting', 'live']);
  });

  test('waits longer each time it finds nobody, 10 s at most', async () => {
    const { hub: streams, network } = hub();
    streams.receive(new Tab(), ATTACH);
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      network.requests.at(-1)?.fail();
      await settled();
      waits.push(...(await network.ring()));
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 10000, 10000, 10000]);
  });

  test('does not wait when the network comes back', async () => {
    const { hub: streams, network } = hub();
    streams.receive(new Tab(), ATTACH);
    network.requests[0]?.fail();
    await settled();
    streams.hurry();
    await settled();
    expect(network.requests.length).toBe(2);
  });

  test('counts as lost when it brings not even a comment for 45 s', async () => {
    const { hub: streams, network } = hub();
    const tab = new Tab();
    streams.receive(tab, ATTACH);
    const stream = body();
    const signal = network.requests[0]?.signal;
    network.requests[0]?.answer(stream.response);
    await settled();
    expect(await network.ring()).toEqual([45_000]);
    expect(signal?.aborted).toBe(true);
  });

  test.each([
    [404, 'gone'],
    [403, 'refused'],
    [503, 'waiting']
  ])('tells tabs what a %i means', async (status, state) => {
    const { hub: streams, network } = hub();
    const tab = new Tab();
    streams.receive(tab, ATTACH);
    network.requests[0]?.answer(new Response('', { status }));
    await settled();
    expect(tab.states).toEqual(['connecting', state]);
    expect(network.timers.size).toBe(status === 404 ? 0 : 1);
  });

  test('is opened anew by a tab whose workspace was opened again', async () => {
    const { hub: streams, network } = hub();
    const tab = new Tab();
    streams.receive(tab, ATTACH);
    network.requests[0]?.answer(new Response('', { status: 404 }));
    await settled();
    streams.receive(tab, ATTACH);
    await settled();
    expect(network.requests.length).toBe(2);
  });

  test('is closed when the last tab says bye', async () => {
    const { hub: streams, network } = hub();
    const [first, second] = [new Tab(), new Tab()];
    streams.receive(first, ATTACH);
    streams.receive(second, ATTACH);
    network.requests[0]?.answer(body().response);
    await settled();
    streams.receive(first, { type: 'bye' });
    expect(network.requests[0]?.signal.aborted).toBe(false);
    streams.receive(second, { type: 'bye' });
    await settled();
    expect([network.requests[0]?.signal.aborted, streams.size, network.requests.length]).toEqual([true, 0, 1]);
  });

  test('gives up tabs that are silent, and tells them when they come back', async () => {
    const { hub: streams, network, clock } = hub();
    const [dead, alive] = [new Tab(), new Tab()];
    streams.receive(dead, ATTACH);
    streams.receive(alive, ATTACH);
    const stream = body();
    network.requests[0]?.answer(stream.response);
    await settled();
    clock.now = SILENCE_MS + 1;
    streams.receive(alive, { type: 'ping' });
    await stream.write('data: 1\n\n');
    expect([dead.data, alive.data]).toEqual([[], ['1']]);
    streams.receive(dead, { type: 'ping' });
    expect(dead.heard.at(-1)).toEqual({ type: 'unknown' });
  });
});
