import { describe, expect, test } from 'vitest';
import { CreatedNotebooks, claimOf, shouldOpen } from '../../src/notebook/creatednotebooks';
import type { Here } from '../../src/notebook/creatednotebooks';
import { Memory } from '../../src/session/memory';
import type { Arrival } from '../../src/session/model';
import type { FileChange, RunComplete } from '../../src/wire';

function change(more: Partial<FileChange> = {}): FileChange {
  const counts = { version: 1, additions: 3, deletions: 0 };
  return { session_id: 's', path: 'a/new.ipynb', run_id: 'r', created: true, ...counts, ...more };
}

function here(more: Partial<Here> = {}): Here {
  return { isWanted: true, isHidden: false, sessionId: 's', isOpen: () => false, ...more };
}

function told(payload: FileChange): Arrival {
  return { id: 'e:1', data: { type: 'file', payload: { type: 'updated', payload } } };
}

function ended(run_id: string): Arrival {
  const payload = { run_id, session_id: 's', state: 'done' } as RunComplete;
  return { id: 'e:2', data: { type: 'run_complete', payload: { type: 'created', payload } } };
}

describe('a notebook that the agent created', () => {
  test('opens in the page that shows its session', () => {
    expect(shouldOpen(change(), here())).toBe(true);
  });

  test.each<[string, Partial<FileChange>, Partial<Here>]>([
    ['nobody wants it', {}, { isWanted: false }],
    ['the page is hidden', {}, { isHidden: true }],
    ['another session is shown', {}, { sessionId: 't' }],
    ['no session is shown', {}, { sessionId: null }],
    ['it is open', {}, { isOpen: path => path === 'a/new.ipynb' }]
  ])('does not open where %s', (_, what, where) => {
    expect(shouldOpen(change(what), here(where))).toBe(false);
  });

  test('waits for the end of its run, however often it is told of, and is told apart from what is none', () => {
    const made = new CreatedNotebooks();
    const more = change({ version: 2 });
    const others = [change({ path: 'old.ipynb', created: false }), change({ path: 'a/new.py' })];
    expect([change(), more, ...others].flatMap(one => made.madeBy(told(one)))).toEqual([]);
    expect(made.madeBy(ended('another'))).toEqual([]);
    expect(made.madeBy(ended('r'))).toEqual([more]);
    expect(made.madeBy(ended('r'))).toEqual([]);
  });

  test('is claimed once in a browser, and again when another run makes it', () => {
    const map = new Map<string, string>();
    const storage = {
      getItem: (key: string) => map.get(key) ?? null,
      setItem: (key: string, value: string) => void map.set(key, value),
      removeItem: (key: string) => void map.delete(key)
    };
    const [one, two] = [new Memory(storage), new Memory(storage)];
    const claims = [one, two, one].map(memory => memory.claim(claimOf(change())));
    expect([...claims, two.claim(claimOf(change({ run_id: 'q' })))]).toEqual([true, false, false, true]);
  });
});
