import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Conversation } from '../../src/session/conversation';
import { SessionActions } from '../../src/session/actions';
import { CrushError } from '../../src/lib/errors';
import type { Live } from '../../src/session/live';
import { Memory } from '../../src/session/memory';
import { NOTHING, reduce } from '../../src/session/model';
import type { CrushEvent, ForkSession, Session } from '../../src/wire';

const session = (id: string): Session => ({ id, title: id, updated_at: 0 }) as Session;

function setUp(client: object): { conversation: Conversation; actions: SessionActions; memory: Memory } {
  const kept = new Map<string, string>();
  const memory = new Memory({
    getItem: key => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: key => void kept.delete(key)
  });
  const live = {
    changed: new Signal<object, void>({}),
    view: NOTHING,
    workspace: { id: 'w' },
    client,
    apply: (data: CrushEvent) => (live.view = reduce(live.view, { id: null, data })),
    open: () => Promise.resolve(),
    call: (action: (wid: string) => Promise<unknown>) => action('w')
  };
  live.apply({ type: 'session', payload: { type: 'created', payload: session('s') } });
  const conversation = new Conversation(live as unknown as Live, memory);
  return { conversation, memory, actions: new SessionActions(conversation) };
}

describe('a fork', () => {
  test('is shown, with the words that are to be said in another way', async () => {
    const asked: ForkSession[] = [];
    const forkSession = (_wid: string, _sid: string, body: ForkSession): Promise<Session> => {
      asked.push(body);
      return Promise.resolve(session('fork'));
    };
    const { conversation, actions, memory } = setUp({ forkSession });
    conversation.show('s');
    await actions.fork('m1', { before: true, draft: 'Say it so' });
    expect(asked).toEqual([{ message_id: 'm1', before: true }]);
    expect([conversation.sessionId, memory.draft('fork')]).toEqual(['fork', 'Say it so']);
  });

  test('that is refused leaves what is shown, and says why', async () => {
    const forkSession = (): Promise<never> => Promise.reject(new CrushError(404, 'not_found', 'No such message.'));
    const { conversation, actions } = setUp({ forkSession });
    conversation.show('s');
    await actions.fork('m1');
    expect([conversation.sessionId, conversation.failure?.message]).toEqual(['s', 'No such message.']);
  });
});

test('an export is handed on with its name', async () => {
  const file = { name: 'crush-s.md', content: new Blob(['# s']) };
  const { conversation, actions } = setUp({ export: () => Promise.resolve(file) });
  const kept: string[] = [];
  actions.exported.connect((_, { name }) => void kept.push(name));
  await actions.export('markdown');
  conversation.show('s');
  await actions.export('markdown');
  expect(kept).toEqual(['crush-s.md']);
});

describe('a deletion', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const asked: string[] = [];
  const server = {
    deleteSession: (_: string, sid: string) => (asked.push(`delete ${sid}`), Promise.resolve()),
    restoreSession: (_: string, sid: string) => (asked.push(`restore ${sid}`), Promise.resolve(session(sid)))
  };

  test('is the server’s at once, and is undone there', async () => {
    const { conversation, actions } = setUp(server);
    conversation.show('s');
    await actions.remove(session('s'));
    expect([conversation.sessionId, actions.removed?.id, asked]).toEqual([null, 's', ['delete s']]);
    await actions.undoRemove();
    expect([conversation.sessionId, actions.removed, asked.at(-1)]).toEqual(['s', null, 'restore s']);
  });

  test('is offered to be undone for a moment', async () => {
    const { actions } = setUp(server);
    await actions.remove(session('s'));
    vi.advanceTimersByTime(12_000);
    expect(actions.removed).toBe(null);
  });

  test('that is refused is none', async () => {
    const deleteSession = (): Promise<never> => Promise.reject(new CrushError(403, 'forbidden', 'No.'));
    const { conversation, actions } = setUp({ deleteSession });
    await actions.remove(session('s'));
    expect([conversation.sessions.map(one => one.id), actions.removed]).toEqual([['s'], null]);
    expect(conversation.failure?.message).toBe('No.');
  });
});
