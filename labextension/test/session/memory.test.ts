import { describe, expect, test } from 'vitest';
import { Memory } from '../../src/session/memory';

describe('memory', () => {
  function storage(): Storage {
    const map = new Map<string, string>();
    return {
      getItem: (key: string) => map.get(key) ?? null,
      setItem: (key: string, value: string) => void map.set(key, value),
      removeItem: (key: string) => void map.delete(key)
    } as unknown as Storage;
  }

  test('keeps drafts for each session, and one name for the browser', () => {
    const memory = new Memory(storage());
    memory.setDraft('a', 'half a thought');
    expect([memory.draft('a'), memory.draft('b')]).toEqual(['half a thought', '']);
    expect(memory.clientId(() => 'one')).toBe(memory.clientId(() => 'two'));
  });

  test('keeps what was sent, newest last, each once, fifty at most', () => {
    const memory = new Memory(storage());
    expect(memory.wasUsed).toBe(false);
    ['a', 'b', 'a'].forEach(prompt => memory.remember(prompt));
    expect(memory.history()).toEqual(['b', 'a']);
    Array.from({ length: 60 }, (_, index) => memory.remember(`${index}`));
    expect(memory.history()).toHaveLength(50);
    expect(memory.wasUsed).toBe(true);
  });

  test('of a browser that refuses storage forgets, and nothing breaks', () => {
    const refuse = (): never => {
      throw new DOMException('no');
    };
    const memory = new Memory({ getItem: refuse, setItem: refuse, removeItem: refuse });
    memory.setDraft('a', 'x');
    memory.remember('x');
    expect([memory.draft('a'), memory.history()]).toEqual(['', []]);
  });
});
