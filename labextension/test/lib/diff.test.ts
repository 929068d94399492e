import { describe, expect, test } from 'vitest';
import { parseDiff } from '../../src/lib/diff';

describe('a diff', () => {
  const kinds = (diff: string): string[] => parseDiff(diff).map(line => `${line.kind}:${line.text}`);

  test('names its file once', () => {
    expect(kinds('--- a.py\n+++ a.py\n@@ -1 +1 @@\n-x\n+y\n')).toEqual([
      'file:a.py',
      'hunk:@@ -1 +1 @@',
      'del:-x',
      'add:+y'
    ]);
  });

  test('never hides a line that looks like a header', () => {
    const diff = '--- q.sql\n+++ q.sql\n@@ -1,2 +1,2 @@\n--- drop this\n+++ add that\n same\n@@ -9 +9 @@\n-a\n+b';
    expect(kinds(diff)).toEqual([
      'file:q.sql',
      'hunk:@@ -1,2 +1,2 @@',
      'del:--- drop this',
      'add:+++ add that',
      'same: same',
      'hunk:@@ -9 +9 @@',
      'del:-a',
      'add:+b'
    ]);
  });

  test('of several cells names each', () => {
    const diff =
      '--- /dev/null\n+++ cell a\n@@ -0,0 +1,1 @@\n+x\n--- cell b\n+++ cell b\n@@ -1,1 +0,0 @@\n-y\n\\ No newline at end of file';
    expect(kinds(diff)).toEqual([
      'file:cell a',
      'hunk:@@ -0,0 +1,1 @@',
      'add:+x',
      'file:cell b',
      'hunk:@@ -1,1 +0,0 @@',
      'del:-y',
      'note:\\ No newline at end of file'
    ]);
  });

  test('shows all of what is no diff', () => {
    expect(kinds('hello\n+x\n@@ nonsense')).toEqual(['same:hello', 'add:+x', 'same:@@ nonsense']);
  });
});
