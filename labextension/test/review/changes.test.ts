import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Changes } from '../../src/review/changes';
import type { Conversation } from '../../src/session/conversation';
import { CrushError } from '../../src/lib/errors';
import type { Arrival } from '../../src/session/model';
import type { ChangedFile, RevertChanges } from '../../src/wire';
import { event } from '../support/server';

const file = (path: string, run_ids: string[], more: Partial<ChangedFile> = {}): ChangedFile =>
  ({ session_id: 's', path, run_ids, additions: 2, deletions: 1, cells: [], type: 'file', ...more }) as ChangedFile;

class Server {
  files: ChangedFile[] = [];
  reverts: RevertChanges[] = [];
  asked: (string | undefined)[] = [];
  refuses = false;

  changes = (_wid: string, _sid: string, runId?: string): Promise<ChangedFile[]> => {
    this.asked.push(runId);
    return Promise.resolve(this.files.filter(one => runId === undefined || one.run_ids.includes(runId)));
  };

  revertChanges = (_wid: string, _sid: string, body: RevertChanges): Promise<object> => {
    this.reverts.push(body);
    if (this.refuses && !body.confirm) {
      return Promise.reject(new CrushError(409, 'changed_since', 'Somebody', false, this.files));
    }
    this.files = [];
    return Promise.resolve({});
  };

  keepChanges = (): Promise<object> => Promise.reject(new CrushError(404, 'not_found', 'No such session.'));
}

function setUp(answer = false): { server: Server; changes: Changes; tell: (path: string, sid?: string) => void } & {
  failures: unknown[];
  questions: (readonly ChangedFile[])[];
} {
  const server = new Server();
  const failures: unknown[] = [];
  const questions: (readonly ChangedFile[])[] = [];
  const live = {
    arrived: new Signal<object, readonly Arrival[]>({}),
    client: server,
    workspace: { id: 'w' },
    isReady: true,
    view: { opened: {} },
    call: (action: (wid: string) => Promise<unknown>) => action('w')
  };
  const conversation = {
    changed: new Signal<object, void>({}),
    live,
    sessionId: 's',
    attempt: (action: () => Promise<unknown>) => action().catch(error => failures.push(error))
  };
  const confirm = (changed: readonly ChangedFile[]): Promise<boolean> => {
    questions.push(changed);
    return Promise.resolve(answer);
  };
  const changes = new Changes(conversation as unknown as Conversation, confirm);
  conversation.changed.emit();
  const tell = (path: string, session_id = 's'): void => {
    const change = { session_id, path, version: 1, additions: 0, deletions: 0, run_id: 'r', created: false };
    live.arrived.emit([{ id: 'e:1', data: event('file', change) }]);
  };
  return { server, changes, tell, failures, questions };
}

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(1_000);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what is told together is fetched once, and what is told of other sessions is not', async () => {
  const { server, changes, tell } = setUp();
  await settled();
  server.files = [file('a', ['r1']), file('b', ['r1', 'r2'])];
  server.asked = [];
  tell('a');
  tell('b');
  await settled();
  expect(server.asked).toEqual([undefined]);
  expect(changes.totals(null)).toEqual({ files: 2, additions: 4, deletions: 2 });
  expect([changes.totals('r2')?.files, changes.totals('r3')]).toEqual([1, null]);
  tell('c', 'another');
  await settled();
  expect(server.asked).toEqual([undefined]);
});

test('what a document that was opened calls its cells is asked for, once the server knows', async () => {
  const { server, changes } = setUp();
  changes.refresh();
  await settled();
  server.files = [file('a', ['r1'])];
  changes.refresh();
  changes.refresh();
  await settled();
  expect([server.asked.length, changes.files.length]).toEqual([2, 1]);
});

test('a turn is looked at by its own changes', async () => {
  const { server, changes } = setUp();
  server.files = [file('a', ['r1']), file('b', ['r2'])];
  await settled();
  changes.show('r2');
  await settled();
  expect([changes.shown.map(one => one.path), server.asked.at(-1)]).toEqual([['b'], 'r2']);
  changes.show(null);
  expect(changes.shown.map(one => one.path)).toEqual(['a', 'b']);
});

describe('a revert of what somebody changed since', () => {
  test('is asked about, and made when confirmed', async () => {
    const { server, changes, questions } = setUp(true);
    server.files = [file('a', ['r1'])];
    server.refuses = true;
    await settled();
    await changes.revert({ path: 'a' });
    expect(questions.map(changed => changed.map(one => one.path))).toEqual([['a']]);
    expect(server.reverts).toEqual([
      { path: 'a', confirm: false },
      { path: 'a', confirm: true }
    ]);
    expect(changes.files).toEqual([]);
  });

  test('is left alone otherwise', async () => {
    const { server, changes } = setUp(false);
    server.files = [file('a', ['r1'])];
    server.refuses = true;
    await settled();
    await changes.revert({ path: 'a' });
    expect([server.reverts.length, changes.files.length]).toEqual([1, 1]);
  });
});

test('what else is refused is shown, and nothing is asked', async () => {
  const { changes, failures, questions } = setUp();
  await changes.keep({});
  expect([failures.length, questions.length]).toEqual([1, 0]);
});
