import { describe, expect, test } from 'vitest';
import { countPoints, dropPoints, unitsOf } from '../../src/lib/codepoints';

describe('code points', () => {
  test('are counted as the server counts them', () => {
    for (const text of ['', 'abc', 'ü', '😀', 'a😀b', '\ud83d', '\udc00\ud83d', '👩‍👩‍👧', 'e\u0301']) {
      expect(countPoints(text)).toBe([...text].length);
    }
  });

  test('are dropped whole', () => {
    expect(dropPoints('a😀b', 2)).toBe('b');
    expect(unitsOf('a😀b', 99)).toBe(4);
  });
});
