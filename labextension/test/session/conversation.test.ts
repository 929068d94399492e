import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { activityOf } from '../../src/session/activity';
import { Conversation, NEW } from '../../src/session/conversation';
import { CrushError } from '../../src/lib/errors';
import type { Live } from '../../src/session/live';
import { Memory } from '../../src/session/memory';
import { NOTHING, reduce } from '../../src/session/model';
import type { CrushEvent, PromptRequest, Run, Session } from '../../src/wire';

/** A live view by hand: what it is told to apply is applied, and calls are answered by `server`. */
class ByHand {
  readonly changed = new Signal<this, void>(this);
  view = NOTHING;
  workspace = { id: 'w' };
  isReady = true;
  readonly opened: string[] = [];
  constructor(readonly client: object) {}

  apply(data: CrushEvent): void {
    this.view = reduce(this.view, { id: null, data });
    this.changed.emit();
  }

  open(sessionId: string): Promise<void> {
    this.opened.push(sessionId);
    return Promise.resolve();
  }

  call<T>(action: (wid: string) => Promise<T>): Promise<T> {
    return action('w');
  }
}

function memory(): Memory {
  const map = new Map<string, string>();
  return new Memory({
    getItem: key => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: key => void map.delete(key)
  });
}

const session = (id: string, updated_at = 0): Session => ({ id, title: id, updated_at }) as Session;
const said = (payload: Session): CrushEvent => ({ type: 'session', payload: { type: 'created', payload } });

function setUp(server: object): { live: ByHand; conversation: Conversation; composed: string[]; kept: Memory } {
  const live = new ByHand(server);
  const kept = memory();
  const conversation = new Conversation(live as unknown as Live, kept);
  const composed: string[] = [];
  conversation.composed.connect((_, { text }) => void composed.push(text));
  return { live, conversation, composed, kept };
}

describe('a prompt', () => {
  test('is worked on from the first moment, also while its session is made', async () => {
    const seen: string[] = [];
    const { conversation } = setUp({
      createSession: () => Promise.resolve(session('s')),
      prompt: () => Promise.resolve({ run_id: 'r', session_id: 's', state: 'active' } as Run)
    });
    conversation.changed.connect(() => void seen.push(activityOf(conversation)));
    await conversation.send('Go', [], 'queue', null);
    expect(new Set(seen)).toEqual(new Set(['working']));
  });

  test('makes its session, names its run, and takes along what is written meanwhile', async () => {
    const sent: PromptRequest[] = [];
    const prompt = (_: string, body: PromptRequest): Promise<Run> => {
      sent.push(body);
      return Promise.resolve({ run_id: body.run_id, session_id: 's', state: 'queued' } as Run);
    };
    const { conversation, kept, live } = setUp({ prompt, createSession: () => Promise.resolve(session('s')) });
    kept.setDraft(NEW, 'next thought');
    const sending = conversation.send('Hello', [], 'queue', null);
    expect(conversation.sending.map(one => one.prompt)).toEqual(['Hello']);
    await sending;
    expect(sent).toMatchObject([{ session_id: 's', prompt: 'Hello', mode: 'queue', attachments: [] }]);
    expect(live.view.runs[sent[0]?.run_id ?? '']?.state).toBe('queued');
    expect([conversation.sending, conversation.sessionId, kept.draft('s')]).toEqual([[], 's', 'next thought']);
  });

  test('that is refused comes back with what was attached, and the refusal is said', async () => {
    const refuse = (): Promise<never> => Promise.reject(new CrushError(429, 'queue_full', 'The queue is full.'));
    const { conversation, composed } = setUp({ prompt: refuse, createSession: () => Promise.resolve(session('s')) });
    await conversation.send('Hello', [], 'queue', null);
    expect(composed).toEqual(['Hello']);
    expect(conversation.failure).toEqual({ message: 'The queue is full.', reason: 'queue_full' });
    expect(conversation.sending).toEqual([]);
  });

  test('does not bring a run back that the stream has ended already', async () => {
    const { conversation, live } = setUp({
      createSession: () => Promise.resolve(session('s')),
      prompt: (_: string, body: PromptRequest) => {
        const run = { run_id: body.run_id, session_id: 's' } as Run;
        live.apply({ type: 'run', payload: { type: 'updated', payload: { ...run, state: 'done', ended_at: 1 } } });
        return Promise.resolve({ ...run, state: 'queued' });
      }
    });
    await conversation.send('Hello', [], 'queue', null);
    expect(Object.values(live.view.runs).map(run => run.state)).toEqual(['done']);
  });
});

describe('stop', () => {
  test('gives the words of what waits back, in order', async () => {
    const { conversation, live, composed } = setUp({ cancel: () => Promise.resolve({ cancelled: [] }) });
    live.apply(said(session('s')));
    conversation.show('s');
    for (const [run_id, state] of [
      ['a', 'active'],
      ['b', 'queued'],
      ['c', 'queued']
    ] as const) {
      const payload = { run_id, session_id: 's', state, prompt: `prompt ${run_id}` } as Run;
      live.apply({ type: 'run', payload: { type: 'created', payload } });
    }
    await conversation.stop();
    expect(composed).toEqual(['prompt b\n\nprompt c']);
  });
});

describe('sessions', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('begin with the one that was shown last here, or the newest', () => {
    const { conversation, live, kept } = setUp({});
    kept.setLastSession('w', 'old');
    live.apply(said(session('old', 1)));
    live.apply(said(session('new', 2)));
    expect(conversation.sessionId).toBe('old');
    expect(conversation.sessions.map(one => one.id)).toEqual(['new', 'old']);
  });

  test('that are deleted by somebody give way to another', () => {
    const { conversation, live } = setUp({});
    live.apply(said(session('a', 2)));
    live.apply(said(session('b', 1)));
    expect(conversation.sessionId).toBe('a');
    live.apply({ type: 'session', payload: { type: 'deleted', payload: session('a', 2) } });
    expect(conversation.sessionId).toBe('b');
  });

  test('have news until they are shown', () => {
    const { conversation, live } = setUp({});
    const grown = (count: number): Session => ({ ...session('a', 2), message_count: count });
    live.apply(said(session('b', 1)));
    live.apply(said(grown(2)));
    conversation.show('a');
    live.apply(said(grown(4)));
    expect(conversation.isUnread(grown(4))).toBe(false);
    conversation.show('b');
    expect(conversation.isUnread(grown(4))).toBe(false);
    expect(conversation.isUnread(grown(6))).toBe(true);
  });
});

describe('a long prompt that waits', () => {
  const run = {
    run_id: 'r',
    session_id: 's',
    state: 'queued',
    prompt: 'The beginning',
    is_shortened: true
  } as Run;
  const waiting = (server: object): ReturnType<typeof setUp> => {
    const made = setUp(server);
    made.live.apply(said({ ...session('s'), queue: ['r'] } as Session));
    made.live.apply({ type: 'run', payload: { type: 'created', payload: run } } as CrushEvent);
    made.conversation.show('s');
    return made;
  };

  test('comes back whole when it is edited, and stays where that fails', async () => {
    const removed: string[] = [];
    const removeQueued = (_: string, __: string, id: string): Promise<void> => Promise.resolve(void removed.push(id));
    const whole = waiting({
      removeQueued,
      run: () => Promise.resolve({ ...run, prompt: 'The beginning and the end' })
    });
    await whole.conversation.editQueued(run);
    expect(whole.composed).toEqual(['The beginning and the end']);
    expect(removed).toEqual(['r']);
    const failing = waiting({ removeQueued, run: () => Promise.reject(new Error('away')) });
    await failing.conversation.editQueued(run);
    expect(failing.composed).toEqual([]);
    expect(removed).toEqual(['r']);
  });

  test('comes back with what was attached to it here', async () => {
    const attached = [{ label: 'a.csv', attachment: { path: 'a.csv' } }];
    for (const act of ['editQueued', 'stop'] as const) {
      const server = {
        prompt: (_: string, body: PromptRequest) =>
          Promise.resolve({ run_id: body.run_id, session_id: 's', state: 'queued', prompt: 'Read it' } as Run),
        removeQueued: () => Promise.resolve(),
        cancel: () => Promise.resolve({ cancelled: [] })
      };
      const { live, conversation } = setUp(server);
      live.apply(said(session('s')));
      conversation.show('s');
      const composed: (readonly unknown[])[] = [];
      conversation.composed.connect((_, given) => void composed.push(given.attached));
      await conversation.send('Read it', attached, 'queue', null);
      await conversation[act](conversation.queue()[0] as Run);
      expect(composed).toEqual([attached]);
    }
  });

  test('comes back whole when all is stopped, and never delays the stop for long', async () => {
    const server = {
      cancel: () => Promise.resolve({ cancelled: [] }),
      run: () => Promise.resolve({ ...run, prompt: 'All of it' })
    };
    const { conversation, composed } = waiting(server);
    await conversation.stop();
    expect(composed).toEqual(['All of it']);
    vi.useFakeTimers();
    const cancel = vi.fn(() => Promise.resolve({ cancelled: [] }));
    const silent = waiting({ cancel, run: () => new Promise(() => undefined) });
    void silent.conversation.stop();
    await vi.advanceTimersByTimeAsync(600);
    expect(cancel).toHaveBeenCalledOnce();
    vi.useRealTimers();
  });
});
