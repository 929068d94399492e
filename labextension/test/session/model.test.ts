import { describe, expect, test } from 'vitest';
import { NOTHING, applyLists, applyQueue, applySnapshot, isCovered, reduce } from '../../src/session/model';
import type { Arrival, View } from '../../src/session/model';
import type { PermissionRequest, QuestionRequest, Run, RunComplete, Session } from '../../src/wire';
import { Server, delta, event, message, pick, seeded, writing } from '../support/server';

const EMPTY = { messages: [], drafts: [], cursor: 'e:0', has_more: false };

function opened(): View {
  return applySnapshot(NOTHING, 's', EMPTY, false);
}

function fold(view: View, ...arrivals: Arrival[]): View {
  return arrivals.reduce(reduce, view);
}

function parts(view: View): unknown {
  return view.opened['s']?.transcript.messages.map(one => one.parts);
}

function said(text: string, offset: number, more = {}): Arrival {
  return { id: null, data: event('message_delta', delta({ text, offset, ...more })) };
}

function fact(id: string, fields: Partial<Parameters<typeof message>[0]> = {}): Arrival {
  return { id, data: event('message', message({ id: 'm', ...fields })) };
}

const FINISH = { type: 'finish', reason: 'end_turn', message: null, details: null } as const;

describe('a message', () => {
  test('grows by deltas, which begin its parts', () => {
    const view = fold(opened(), fact('e:1'), said('Hel', 0), said('lo', 3));
    expect(parts(view)).toEqual([[{ type: 'text', text: 'Hello' }]]);
  });

  test('counts offsets in code points', () => {
    const view = fold(opened(), fact('e:1'), said('a😀', 0), said('b', 2), said('😀b', 1));
    expect(parts(view)).toEqual([[{ type: 'text', text: 'a😀b' }]]);
    expect(view.opened['s']?.transcript.gap).toBe(false);
  });

  test('takes a delta that overlaps what is there', () => {
    const view = fold(opened(), fact('e:1'), said('Hel', 0), said('ello!', 1));
    expect(parts(view)).toEqual([[{ type: 'text', text: 'Hello!' }]]);
  });

  test('keeps a delta that comes before its message', () => {
    const view = fold(opened(), said('Hello', 0), fact('e:1'));
    expect(parts(view)).toEqual([[{ type: 'text', text: 'Hello' }]]);
  });

  test('keeps text that is ahead of a fact', () => {
    const early = fact('e:2', { parts: [{ type: 'text', text: 'Hel' }] });
    expect(parts(fold(opened(), fact('e:1'), said('Hello', 0), early))).toEqual([[{ type: 'text', text: 'Hello' }]]);
  });

  test('loses its text when its step is begun again', () => {
    const view = fold(opened(), fact('e:1'), said('Hello', 0), fact('e:2'), said('Bye', 0));
    expect(parts(view)).toEqual([[{ type: 'text', text: 'Bye' }]]);
  });

  test('says when something is missing, and a snapshot repairs it', () => {
    const gap = fold(opened(), fact('e:1'), said('lo', 3));
    expect(gap.opened['s']?.transcript.gap).toBe(true);
    const drafts = [message({ id: 'm', parts: [{ type: 'text', text: 'Hello' }] })];
    const view = applySnapshot(gap, 's', { ...EMPTY, drafts, cursor: 'e:1' }, false);
    expect(view.opened['s']?.transcript.gap).toBe(false);
    expect(parts(view)).toEqual([[{ type: 'text', text: 'Hello' }]]);
  });

  test('says when its text is not the one the delta goes on from', () => {
    const view = fold(opened(), fact('e:1'), said('Hello', 0), said('xyz', 1));
    expect(view.opened['s']?.transcript.gap).toBe(true);
  });

  test('shows the input of a call as it is written, and takes its gap calmly', () => {
    const call = {
      type: 'tool_call',
      id: 'c',
      name: 'read_file',
      input: {},
      finished: false,
      kind: 'read',
      origin: 'builtin'
    } as const;
    const json = { kind: 'tool_call' } as const;
    const view = fold(opened(), fact('e:1', { parts: [call] }), said('{"pa', 0, json), said('h"', 9, json));
    expect(parts(view)).toEqual([[{ ...call, text: '{"pa' }]]);
    expect(view.opened['s']?.transcript.gap).toBe(false);
  });

  test('stays finished', () => {
    const done = fact('e:2', { parts: [{ type: 'text', text: 'Hi' }, FINISH] });
    const view = fold(opened(), fact('e:1'), done, said('Hi there', 0), fact('e:3', { parts: [] }));
    expect(parts(view)).toEqual([[{ type: 'text', text: 'Hi' }, FINISH]]);
  });

  test('is taken away when it is deleted', () => {
    const gone = { id: 'e:2', data: event('message', message({ id: 'm' }), 'deleted') };
    expect(parts(fold(opened(), fact('e:1'), gone))).toEqual([]);
  });

  test('stands where its seq says', () => {
    const view = fold(opened(), fact('e:1', { id: 'b', seq: 2 }), fact('e:2', { id: 'a', seq: 1 }));
    expect(view.opened['s']?.transcript.messages.map(one => one.id)).toEqual(['a', 'b']);
  });

  test('of a session that is not open is left alone', () => {
    const view = fold(opened(), fact('e:1', { session_id: 'other' }));
    expect(parts(view)).toEqual([]);
    expect(view.cursor).toBe('e:1');
  });
});

describe('a cursor', () => {
  test('covers the facts up to it, in its epoch', () => {
    expect(isCovered('e:3', 'e:3')).toBe(true);
    expect(isCovered('e:4', 'e:3')).toBe(false);
    expect(isCovered('e:10', 'e:9')).toBe(false);
    expect(isCovered('f:1', 'e:3')).toBe(false);
    expect(isCovered('e:1', null)).toBe(false);
  });

  test('lets a repeated fact change nothing', () => {
    const once = fold(opened(), fact('e:1'), said('Hello', 0));
    expect(fold(once, fact('e:1'))).toBe(once);
  });

  test('of a snapshot covers the facts of its session only', () => {
    const rows = [message({ id: 'm', parts: [{ type: 'text', text: 'new' }, FINISH] })];
    const view = applySnapshot(NOTHING, 's', { ...EMPTY, messages: rows, cursor: 'e:5' }, false);
    const other = { id: 'e:5', data: event('session', session({ id: 't' })) };
    const next = fold(view, fact('e:4', { parts: [] }), other);
    expect(parts(next)).toEqual([rows[0]?.parts]);
    expect(next.sessions['t']).toBeDefined();
  });

  test('of another epoch asks for everything anew', () => {
    const view = fold(opened(), { id: 'f:0', data: event('resync', { reason: 'other_epoch' }) });
    expect(view.stale).toBe(true);
    expect(applyLists(view, { sessions: [], asked: [] }).stale).toBe(false);
  });
});

describe('what else is known', () => {
  test('ignores what it does not know', () => {
    const unknown = { type: 'hologram', payload: { type: 'created', payload: {} } } as unknown as Arrival['data'];
    const view = opened();
    expect(reduce(view, { id: null, data: unknown })).toBe(view);
  });

  test('a session that is deleted takes its runs and messages along', () => {
    const view = fold(
      opened(),
      { id: 'e:1', data: event('session', session({ id: 's' })) },
      { id: 'e:2', data: event('run', run({ run_id: 'r' })) },
      { id: 'e:3', data: event('session', session({ id: 's' }), 'deleted') }
    );
    expect([view.sessions, view.runs, view.opened]).toEqual([{}, {}, {}]);
  });

  test('a run ends once, and a late fact does not bring it back', () => {
    const done = run({ run_id: 'r', state: 'done', ended_at: 9 });
    const view = fold(
      opened(),
      { id: 'e:1', data: event('run', done) },
      { id: null, data: event('run', run({ run_id: 'r', state: 'queued' })) }
    );
    expect(view.runs['r']?.state).toBe('done');
  });

  test('the end of a run says how, and takes away what its tools printed', () => {
    const progress = { session_id: 's', run_id: 'r', tool_call_id: 'c', text: '50 %' };
    const other = { ...progress, run_id: 'r2', tool_call_id: 'c2' };
    const end = {
      ...{ run_id: 'r', session_id: 's', state: 'cancelled', message_id: null, text: null, error: null },
      ...{ reason: 'canceled', cancelled: true, folded_into: null, usage: null }
    } as RunComplete;
    const view = fold(
      opened(),
      { id: 'e:1', data: event('run', run({ run_id: 'r', state: 'active' })) },
      { id: null, data: event('tool_progress', progress) },
      { id: null, data: event('tool_progress', other) },
      { id: 'e:2', data: event('run_complete', end) }
    );
    expect(view.runs['r']).toMatchObject({ state: 'cancelled', reason: 'canceled', cancelled: true });
    expect(Object.keys(view.progress)).toEqual(['c2']);
  });

  test('a queue that was fetched replaces the one that was known', () => {
    const view = fold(opened(), { id: 'e:1', data: event('run', run({ run_id: 'gone' })) });
    expect(Object.keys(applyQueue(view, 's', [run({ run_id: 'b' }), run({ run_id: 'a' })]).runs)).toEqual(['b', 'a']);
  });

  test('a request for leave is there until it is answered, and says who did', () => {
    const asked = { id: 'e:1', data: event('permission_request', request({ id: 'p' }), 'created') };
    const answer = { id: 'p', session_id: 's', granted: true, by: 'Ana', origin: null, withdrawn: false };
    const view = fold(opened(), asked);
    expect(Object.keys(view.pending)).toEqual(['p']);
    const after = fold(view, { id: 'e:2', data: event('permission_notification', answer) });
    expect(after.pending).toEqual({});
    expect(after.settled['s']?.by).toBe('Ana');
  });

  test('a question waits in one line with them, and is gone with its run', () => {
    const question = { id: 'q', session_id: 's', run_id: 'r', tool_call_id: 't', questions: [], created_at: 1 };
    const asked: QuestionRequest = {
      ...question,
      state: 'pending',
      answers: [],
      answered_by: null,
      answered_from: null
    };
    const gone = { id: 'q', session_id: 's', answered: false, by: null, origin: null, withdrawn: true };
    const view = fold(
      opened(),
      { id: 'e:1', data: event('permission_request', request({ id: 'p' }), 'created') },
      { id: 'e:2', data: event('question_request', asked, 'created') }
    );
    expect(Object.keys(view.pending)).toEqual(['p', 'q']);
    const settled = fold(view, { id: 'e:3', data: event('question_request', { ...asked, state: 'withdrawn' }) });
    expect(Object.keys(settled.pending)).toEqual(['p']);
    const after = fold(view, { id: 'e:3', data: event('question_notification', gone) });
    expect([Object.keys(after.pending), after.settled['s']]).toEqual([['p'], gone]);
    expect(applyLists(after, { sessions: [], asked: [asked] }).pending).toEqual({ q: asked });
  });

  test('a retry is told until text comes again', () => {
    const notice = {
      type: 'retry',
      session_id: 's',
      run_id: 'r',
      error: null,
      message: 'again in 2 s',
      retry_in_ms: 2000
    } as const;
    const view = fold(opened(), fact('e:1'), { id: 'e:2', data: event('agent_event', notice) });
    expect(view.notices['s']?.message).toBe('again in 2 s');
    expect(fold(view, said('Hi', 0)).notices).toEqual({});
  });
});

/** A client that loses its connection, sees things twice, and starts from snapshots at any moment. */
function follow(server: Server, steps: (() => void)[], seed: number): View {
  const random = seeded(seed);
  let view = applySnapshot({ ...NOTHING, cursor: server.cursor }, 's', server.snapshot(), false);
  let read = server.log.length;
  for (const step of steps) {
    const before = server.log.length;
    step();
    read = Math.min(read - Math.max(0, before - server.log.length), server.log.length);
    const event = random();
    if (event < 0.1) {
      view = applySnapshot(view, 's', server.snapshot(), false);
    } else if (event < 0.3 || server.log.length < before) {
      view = server.after(view.cursor ?? '').reduce(reduce, view);
      read = server.log.length;
    } else if (event < 0.8) {
      const fresh = server.log.slice(Math.max(0, read));
      view = [...fresh, ...(random() < 0.3 ? fresh : [])].reduce(reduce, view);
      read = server.log.length;
    }
    if (view.opened['s']?.transcript.gap) {
      view = applySnapshot(view, 's', server.snapshot(), false);
    }
  }
  return server.after(view.cursor ?? '').reduce(reduce, view);
}

describe('however the stream is cut', () => {
  test.each(Array.from({ length: 400 }, (_, seed) => seed))('the view is that of the server (seed %i)', seed => {
    const server = new Server();
    const random = seeded(seed);
    const writers = [writing(server, random, 'a', 1), writing(server, random, 'b', 2)];
    const steps: (() => void)[] = [];
    while (writers.some(writer => writer.length)) {
      const writer = pick(
        random,
        writers.filter(one => one.length)
      );
      steps.push(writer.shift() as () => void);
    }
    const view = follow(server, steps, seed + 1000);
    expect(view.opened['s']?.transcript.messages).toEqual([...server.rows.values()].sort((a, b) => a.seq - b.seq));
    expect(view.opened['s']?.transcript.gap).toBe(false);
  });
});

function session(fields: Partial<Session>): Session {
  const usage = { input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0 };
  return {
    ...{ id: 's', title: 'T', model: null, permission_mode: null, author: null, created_at: 0, updated_at: 0 },
    ...{
      usage: { ...usage, context_tokens: 0, cost_usd: null },
      author_id: null,
      mode_by: null,
      mode_from: null,
      deleted_at: null,
      parent: null,
      notebooks: [],
      message_count: 0,
      is_busy: false,
      queued: 0,
      queue: []
    },
    attached_clients: 0,
    ...fields
  };
}

function run(fields: Partial<Run>): Run {
  return {
    ...{ run_id: 'r', session_id: 's', state: 'queued', mode: 'queue', prompt: 'p', author: null, error: null },
    ...{ reason: null, cancelled: false, cancelled_by: null, message_id: null, text: null, folded_into: null },
    ...{ permission_mode: null, model: null, usage: null, created_at: 0, started_at: null, ended_at: null },
    ...fields
  } as Run;
}

function request(fields: Partial<PermissionRequest>): PermissionRequest {
  return {
    ...{ id: 'p', session_id: 's', run_id: 'r', tool_call_id: 'c', tool_name: 'edit_file', action: 'edit' },
    ...{
      description: '',
      params: {},
      path: null,
      scope: null,
      created_at: 0,
      state: 'pending',
      answered_by: null,
      answered_from: null
    },
    ...fields
  } as PermissionRequest;
}
