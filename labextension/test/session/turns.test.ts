import { describe, expect, test } from 'vitest';
import { isReading } from '../../src/session/tools';
import { Turns } from '../../src/session/turns';
import { message } from '../support/server';

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
    expect(turn?.prompt).toBe('Hi');
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

  test('are cut where they are very long, and a page of earlier messages moves no cut', () => {
    const long = Array.from({ length: 700 }, (_, index) =>
      message({ id: `m${index}`, seq: index + 1, role: index === 0 ? 'user' : index % 2 ? 'assistant' : 'tool' })
    );
    const whole = new Turns().of(long, isReading);
    expect(whole).toHaveLength(8);
    const paged = new Turns();
    const [cut, ...rest] = paged.of(long.slice(333), isReading);
    expect(cut?.key).toBe('m333');
    expect(rest.map(turn => turn.key)).toEqual(whole.slice(-rest.length).map(turn => turn.key));
    const complete = paged.of(long, isReading);
    expect(complete.map(turn => turn.key)).toEqual(whole.map(turn => turn.key));
    expect(complete.slice(-rest.length).every((turn, index) => turn === rest[index])).toBe(true);
  });

  test('show a summary in the middle of a run by itself, and what came after it', () => {
    const summary = message({ id: 's', seq: 4, is_summary: true, parts: [{ type: 'text', text: 'So far' }] });
    const after = [message({ id: 'b', seq: 5, parts: read('4') as never }), message({ id: 'c', seq: 6 })];
    const turns = new Turns().of([user, reply, results, summary, ...after], isReading);
    expect(turns.map(turn => [turn.key, turn.summary])).toEqual([
      ['u', null],
      ['s', 'writing'],
      ['b', null]
    ]);
    expect(turns[2]?.lastId).toBe('c');
  });

  test('make the same of a growing conversation as of a finished one', () => {
    const growing = new Turns();
    const all = [user, reply, results, message({ id: 'u2', seq: 4, role: 'user' }), message({ id: 'b', seq: 5 })];
    for (let count = 0; count <= all.length; count++) {
      expect(growing.of(all.slice(0, count), isReading)).toEqual(new Turns().of(all.slice(0, count), isReading));
    }
    expect(growing.of(all.slice(0, 2), isReading)).toEqual(new Turns().of(all.slice(0, 2), isReading));
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
