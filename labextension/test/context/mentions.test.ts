import { describe, expect, test } from 'vitest';
import { Mentions, typingAt } from '../../src/context/mentions';
import type { Attached } from '../../src/session/attached';
import { readFiles } from '../../src/context/uploads';
import type { Variable } from '../../src/context/variables';

describe('a mention being typed', () => {
  test.each([
    ['@', 1, { start: 0, query: '' }],
    ['look at @sal', 12, { start: 8, query: 'sal' }],
    ['(@data/o', 8, { start: 1, query: 'data/o' }],
    ['@a and more', 2, { start: 0, query: 'a' }],
    ['me@example.org', 14, null],
    ['@a b', 4, null],
    ['', 0, null]
  ])('%j at %i', (text, caret, typing) => {
    expect(typingAt(text, caret)).toEqual(typing);
  });
});

describe('mentions', () => {
  const folder = (...names: string[]): object => ({
    content: names.map(name => ({
      name: name.replace('/', ''),
      type: name.endsWith('/') ? 'directory' : name.endsWith('.ipynb') ? 'notebook' : 'file'
    }))
  });
  const folders: Record<string, object> = {
    '': folder('a.ipynb', 'sales.csv', 'old-sales.csv', 'data/'),
    data: folder('orders.csv')
  };
  const contents = {
    get: (path: string) => (folders[path] ? Promise.resolve(folders[path]) : Promise.reject(new Error('404')))
  };
  const cellNamed = (id: string): Attached => {
    return { label: 'cell 1 · a.ipynb', attachment: { notebook: 'a.ipynb', cell_ids: [id] } };
  };
  const notebooks = { path: 'a.ipynb', cells: () => [{ id: 'x', source: '# Sales\nmore' }], cellNamed };
  let known: Variable[] = [];
  const variables = {
    find: (query: string) => Promise.resolve(known.filter(({ name }) => name.startsWith(query)))
  };
  const mentions = new Mentions(contents as never, notebooks, variables);
  const named = (name: string): Variable => ({
    name,
    kind: 'data',
    summary: 'DataFrame, 3 × 2',
    notebook: 'b/a.ipynb'
  });

  test('are files first that begin so, then cells, then the rest', async () => {
    expect((await mentions.find('sal')).map(one => one.label)).toEqual(['sales.csv', 'cell-1', 'old-sales.csv']);
  });

  test('go into folders', async () => {
    expect(await mentions.find('dat')).toEqual([{ label: 'data/', hint: '', text: '@data/', attached: null }]);
    const [orders] = await mentions.find('data/o');
    expect(orders?.attached).toEqual({ label: 'orders.csv', attachment: { path: 'data/orders.csv' } });
  });

  test('of notebooks and cells attach as such', async () => {
    expect((await mentions.find('a.ip'))[0]?.attached?.attachment).toEqual({ notebook: 'a.ipynb' });
    expect((await mentions.find('cell-1'))[0]?.attached?.attachment).toEqual({ notebook: 'a.ipynb', cell_ids: ['x'] });
  });

  test('of variables attach them by name, and leave them room beside many files', async () => {
    known = ['df', 'dg', 'dh', 'di', 'dj'].map(named);
    const [first] = await mentions.find('df');
    expect(first).toEqual({
      label: 'df',
      hint: 'DataFrame, 3 × 2',
      text: '@df ',
      attached: {
        label: 'df · a.ipynb',
        attachment: { notebook: 'b/a.ipynb', variables: ['df'], label: 'df · a.ipynb' }
      }
    });
    expect((await mentions.find('')).map(one => one.label)).toEqual([
      ...['a.ipynb', 'data/', 'old-sales.csv', 'sales.csv'],
      ...['df', 'dg', 'dh', 'di']
    ]);
    known = [];
  });

  test('of a folder that is not there are none', async () => {
    expect(await mentions.find('nowhere/x')).toEqual([]);
  });
});

describe('files that are dropped', () => {
  test('become attachments, byte for byte', async () => {
    const bytes = new Uint8Array(70_000).map((_, at) => at % 251);
    const { attached } = await readFiles([
      new File([bytes], 'a.bin'),
      new File(['x'], 'b.txt', { type: 'text/plain' })
    ]);
    const content = attached[0]?.attachment.content ?? '';
    expect(Buffer.from(content, 'base64').equals(Buffer.from(bytes))).toBe(true);
    expect(attached[1]).toEqual({
      label: 'b.txt',
      attachment: { name: 'b.txt', mime_type: 'text/plain', content: 'eA==' }
    });
  });

  test('that are too large are named and left out, and the others are taken', async () => {
    const large = new File([new Uint8Array(15 * 1024 * 1024)], 'large.bin');
    const { attached, tooLarge } = await readFiles([large, new File(['x'], 'b.txt')]);
    expect([attached.map(one => one.label), tooLarge]).toEqual([['b.txt'], ['large.bin']]);
  });
});
