/** The panel's sources stand in folders that import only downwards. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FOLDERS, faults } from './support/imports';

const SRC = join(__dirname, '../src');

function read(): Map<string, string> {
  const paths = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(path => /\.tsx?$/.test(path));
  return new Map(paths.map(path => [path.replaceAll('\\', '/'), readFileSync(join(SRC, path), 'utf8')]));
}

test('a file imports only from its own folder and those before it, nothing goes in a circle, and a name is one thing', () => {
  const sources = read();
  expect(sources.size).toBeGreaterThan(130);
  expect(faults(sources)).toEqual([]);
});

test('every folder of the list is there', () => {
  const there = new Set([...read().keys()].map(path => (path.split('/')[0] ?? '').replace(/\.tsx?$/, '')));
  expect(FOLDERS.filter(folder => !there.has(folder))).toEqual([]);
});

test.each([
  [{ 'lib/a.ts': "import { b } from '../view/b';", 'view/b.tsx': '' }, ['lib/a.ts imports view/b.tsx']],
  [
    { 'lib/a.ts': "import type { B } from './b';", 'lib/b.ts': "export * from './a';" },
    ['a circle: lib/a.ts → lib/b.ts → lib/a.ts']
  ],
  [{ 'lib/a.ts': '\n'.repeat(401) }, ['lib/a.ts is too long']],
  [
    { 'lib/a.ts': 'export interface Draft {}', 'view/b.ts': 'export function Draft() {}' },
    ['Draft is in lib/a.ts and view/b.ts']
  ],
  [{ 'lib/a.ts': 'export interface Draft {}\nexport const Draft = 1;' }, []],
  [{ 'wire.ts': '\n'.repeat(401) }, []],
  [{ 'helpers/a.ts': '' }, ['helpers/a.ts is in no folder']],
  [{ 'session/a.ts': "import { b } from '../lib/b';\nvoid import('./c');", 'lib/b.ts': '', 'session/c.ts': '' }, []]
])('%j', (sources, expected) => {
  expect(faults(new Map(Object.entries(sources)))).toEqual(expected);
});
