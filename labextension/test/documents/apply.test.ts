import { YNotebook } from '@jupyter/ydoc';
import { describe, expect, test } from 'vitest';
import { StaleEdit, applyEdits } from '../../src/documents/apply';
import type { CellEdit } from '../../src/documents/apply';
import { sourceHash } from '../../src/documents/hash';

function open(hasOwnHistories: boolean): YNotebook {
  const notebook = new YNotebook({ disableDocumentWideUndoRedo: hasOwnHistories });
  const cells = ['a', 'b', 'c'].map(id => ({ cell_type: 'code', id, source: `${id} = 1`, metadata: {}, outputs: [] }));
  notebook.fromJSON({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 } as never);
  notebook.clearUndoHistory();
  return notebook;
}

const shown = (notebook: YNotebook): string => notebook.cells.map(cell => cell.getSource()).join('; ');
const expected = (id: string): string => sourceHash(`${id} = 1`);
const EDITS: CellEdit[] = [
  { op: 'delete', id: 'b', expected: expected('b') },
  { op: 'insert', id: 'new', cell_type: 'markdown', source: '# new', after: 'a' },
  { op: 'move', id: 'c', expected: expected('c'), after: null },
  { op: 'replace', id: 'a', expected: expected('a'), source: 'a = 10' },
  { op: 'replace', id: 'new', expected: sourceHash('# new'), source: '# newer' }
];

describe.each([true, false])('edits of a notebook whose cells have their own histories: %s', hasOwnHistories => {
  test('are made in their order, each on what the one before left', () => {
    const notebook = open(hasOwnHistories);
    applyEdits(notebook, EDITS);
    expect(shown(notebook)).toBe('c = 1; a = 10; # newer');
  });

  test('are none at all when one does not fit', () => {
    const notebook = open(hasOwnHistories);
    const late: CellEdit = { op: 'replace', id: 'a', expected: expected('a'), source: 'too late' };
    expect(() => applyEdits(notebook, [...EDITS, late])).toThrow(StaleEdit);
    expect(shown(notebook)).toBe('a = 1; b = 1; c = 1');
  });
});

const MARKDOWN: CellEdit = { op: 'insert', id: 'new', cell_type: 'markdown', source: '', after: null };
test.each<[string, CellEdit[]]>([
  ['moves a cell after itself', [{ op: 'move', id: 'a', expected: expected('a'), after: 'a' }]],
  ['moves a cell after one that is not there', [{ op: 'move', id: 'a', expected: expected('a'), after: 'z' }]],
  ['inserts a cell that is there', [{ ...MARKDOWN, id: 'a' }]],
  ['deletes a cell twice', [...EDITS.slice(0, 1), ...EDITS.slice(0, 1)]],
  [
    'gives outputs to text',
    [MARKDOWN, { op: 'outputs', id: 'new', expected: sourceHash(''), outputs: [], execution_count: 1, running: false }]
  ]
])('a call is refused that %s', (_, edits) => {
  const notebook = open(true);
  expect(() => applyEdits(notebook, edits)).toThrow(StaleEdit);
  expect(shown(notebook)).toBe('a = 1; b = 1; c = 1');
});

test('one step back takes back what one call did to the cell, and what was typed before stays', () => {
  const notebook = open(true);
  const [a] = notebook.cells;
  a?.updateSource(5, 5, '2');
  applyEdits(notebook, [{ op: 'replace', id: 'a', expected: sourceHash('a = 12'), source: 'alpha = 12 + 1' }]);
  a?.undo();
  expect(a?.getSource()).toBe('a = 12');
});

test('one step back takes back a whole call where the notebook has one history', () => {
  const notebook = open(false);
  applyEdits(notebook, EDITS.slice(0, 2));
  applyEdits(notebook, EDITS.slice(2));
  notebook.undo();
  expect(shown(notebook)).toBe('a = 1; # new; c = 1');
  notebook.undo();
  expect(shown(notebook)).toBe('a = 1; b = 1; c = 1');
});
