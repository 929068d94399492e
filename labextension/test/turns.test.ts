import { describe, expect, test } from 'vitest';
import { isReading } from '../src/tools';
import { Turns } from '../src/turns';
import { message } from './server';

describe('turns', () => {
  const read = (id: string): object[] => [{ type: 'tool_call', id, name: 'read_file', input: {}, finished: true }];
  const result = (id: string, is_error = false): object => ({
    ...{ type: 'tool_result', tool_call_id: id, name: 'read_file', content: '', is_error, metadata: {} }
  });
  const user = message({ id: 'u', role: 'user', parts: [{ type: 'text', text: 'Hi' }] });
  const finish = { type: 'finish', reason: 'tool_use', message: null, details: null };
  const reply = message({ id: 'a', seq: 2, parts: [...read('1'), ...read('2'), ...read('3'), finish] as never });
  const results = message({
    id: 't',
    seq: 3,
    role: 'tool',
    parts: [result('1'), result('2'), result('3', true)] as never
  });

  test('fold reads that went well, and show those that failed', () => {
    const [turn] = new Turns().of([user, reply, results], isReading);
    expect(turn?.words).toBe('Hi');
    expect(turn?.items.map(item => (item.kind === 'reads' ? item.tools.length : item.kind))).toEqual([2, 'tool']);
  });

  test('stay the same object while nothing in them changes', () => {
    const turns = new Turns();
    const [first] = turns.of([user, reply], isReading);
    const other = message({ id: 'u2', seq: 9, role: 'user' });
    const [again, second] = turns.of([user, reply, other], isReading);
    expect(again).toBe(first);
    expect(turns.of([user, reply, other], isReading)[1]).toBe(second);
    expect(turns.of([user, reply, results, other], isReading)[0]).not.toBe(first);
  });

  test('say how they ended only when that is news', () => {
    const kinds = (reason: string): string[] | undefined => {
      const parts = [{ type: 'finish', reason, message: null, details: null }];
      return new Turns()
        .of([user, message({ id: 'a', seq: 2, parts: parts as never })], isReading)[0]
        ?.items.map(item => item.kind);
    };
    expect(kinds('end_turn')).toEqual([]);
    expect(kinds('canceled')).toEqual(['finish']);
  });
});
