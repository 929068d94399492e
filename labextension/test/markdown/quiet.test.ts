import { removeMath } from '@jupyterlab/rendermime/lib/latex';
import { marked } from 'marked';
import { describe, expect, test } from 'vitest';
import { isTooMuch } from '../../src/markdown/effort';
import { withoutHtml } from '../../src/markdown/quiet';

/** Less than this is noise on a busy machine; what is quadratic takes many times as long. */
const FLOOR_MS = 20;
let seed = 1;

/** Runs of backticks of 1 to 300: each in its own line may be a fence. */
function ticks(runs: number, between = '\n'): string {
  return Array.from({ length: runs }, () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return '`'.repeat(1 + (seed % 300));
  }).join(between);
}

function render(block: string): void {
  if (!isTooMuch(block)) {
    marked.parse(withoutHtml(removeMath(block).text));
  }
}

function milliseconds(block: string): number {
  const times = [0, 1, 2].map(() => {
    const began = performance.now();
    render(block);
    return performance.now() - began;
  });
  return Math.max(FLOOR_MS, Math.min(...times));
}

describe('an answer that is made to be slow', () => {
  test.each<[string, (size: number) => string, number]>([
    ['runs of backticks in lines', size => ticks(size), 300],
    ['runs of backticks in a line', size => ticks(size, ' x '), 300],
    ['runs of backticks of few lengths', size => '`` x ` x ``` x '.repeat(size), 300],
    ['an open run in a long line', size => '````````` ' + 'word '.repeat(size), 4000],
    ['stars', size => '*a '.repeat(size), 2000],
    ['stars in lines', size => '*a *b\n'.repeat(size), 1000],
    ['underscores', size => '_a '.repeat(size), 2000],
    ['tildes', size => '~a '.repeat(size), 2000],
    ['escaped signs', size => '\\*'.repeat(size), 4000],
    ['code spans', size => '`a` '.repeat(size), 1000],
    ['links', size => '[a](b) '.repeat(size), 1000],
    ['brackets', size => '['.repeat(size), 4000],
    ['open fences', size => '```a\nb\n\n'.repeat(size), 300],
    ['addresses that are not closed', size => '<https://a '.repeat(size), 2000]
  ])('takes as long as it is: %s', (_, make, size) => {
    render(make(size));
    const growth = milliseconds(make(size * 8)) / milliseconds(make(size));
    expect(growth, '8 when it is linear, 64 when it is quadratic').toBeLessThan(28);
  });

  test('is shown as it was written, even if each block is small', () => {
    expect(isTooMuch(ticks(3000))).toBe(true);
    expect(isTooMuch('*a '.repeat(101))).toBe(true);
    expect(isTooMuch('```text\n' + ticks(1000, ' x ') + '\n```')).toBe(true);
  });
});

test('large answers of the usual kind are rendered', () => {
  const usual = [
    '- **one** and *two* and `a*b`, snake_case_name, a*b*c, \\*no\\*\n'.repeat(300),
    `| a | b |\n|---|---|\n${'| **x** | _y_ `z` |\n'.repeat(500)}`,
    `Some \`code\`, **kwargs, *args, it's ~5 and ~~gone~~. `.repeat(15),
    `\`\`\`python\n${'x = a * b ** c  # `name_` and __dunder__\n'.repeat(600)}\`\`\``,
    'word '.repeat(100_000)
  ];
  expect(usual.map(isTooMuch)).toEqual(usual.map(() => false));
});
