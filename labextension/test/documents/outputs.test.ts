import type { CellChange, ISharedCodeCell } from '@jupyter/ydoc';
import { YNotebook } from '@jupyter/ydoc';
import { expect, test } from 'vitest';
import { sourceHash } from '../../src/documents/hash';
import { forgetRunning, showOutputs } from '../../src/documents/outputs';
import type { SetOutputs } from '../../src/wire';

const stream = (text: string, name = 'stdout'): SetOutputs['outputs'][number] => ({
  output_type: 'stream',
  name,
  text
});
const picture = { output_type: 'display_data', data: { 'text/plain': '<Figure>' }, metadata: {} };

function open(source = 'x'): { notebook: YNotebook; cell: ISharedCodeCell; drawn: string[] } {
  const notebook = new YNotebook({ disableDocumentWideUndoRedo: true });
  const cells = [{ cell_type: 'code', id: 'a', source, metadata: { trusted: true }, outputs: [] }];
  notebook.fromJSON({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 } as never);
  const cell = notebook.cells[0] as ISharedCodeCell;
  const drawn: string[] = [];
  cell.changed.connect((_, change) => {
    const { outputsChange, streamOutputChange } = change as CellChange;
    drawn.push(...(outputsChange ? ['put'] : []), ...(streamOutputChange ? ['grown'] : []));
  });
  return { notebook, cell, drawn };
}

const look = (outputs: SetOutputs['outputs'], running = true): SetOutputs => ({
  op: 'outputs',
  id: 'a',
  expected: sourceHash('x'),
  outputs,
  execution_count: running ? null : 3,
  running
});

test('a stream grows in its place, and what comes after it is added', () => {
  const { notebook, cell, drawn } = open();
  for (const outputs of [[], [stream('1\n')], [stream('1\n2\n')], [stream('1\n2\n3\n'), picture]]) {
    showOutputs(notebook, look(outputs));
    expect(cell.getOutputs()).toEqual(outputs);
  }
  expect(drawn, 'nothing is drawn twice').toEqual(['put', 'grown', 'grown', 'put']);
});

test('outputs that were cleared or have become others are put in place of what is there', () => {
  const { notebook, cell } = open();
  const steps = [
    [stream('10 %\n'), picture, stream('x', 'stderr')],
    [picture, stream('x', 'stderr')],
    [stream('done\n')],
    []
  ];
  for (const outputs of steps) {
    showOutputs(notebook, look(outputs));
    expect(cell.getOutputs()).toEqual(outputs);
  }
});

test('a cell says that it runs, until it does not, or the server was away', () => {
  const { notebook, cell } = open();
  showOutputs(notebook, look([]));
  expect(cell.executionState).toBe('running');
  expect(cell.getMetadata('trusted'), 'what an agent made run is not trusted').toBeUndefined();
  showOutputs(notebook, look([stream('1\n')], false));
  expect([cell.executionState, cell.execution_count]).toEqual(['idle', 3]);
  showOutputs(notebook, look([]));
  forgetRunning();
  expect(cell.executionState).toBe('idle');
});

test('outputs never land beside other code, and what is not there is no error', () => {
  const { notebook, cell } = open('y');
  showOutputs(notebook, look([stream('1\n')]));
  expect(cell.getOutputs()).toEqual([]);
  expect(cell.executionState).toBe('running');
  showOutputs(notebook, { ...look([], false), id: 'gone' });
  showOutputs(notebook, look([], false));
  expect(cell.executionState).toBe('idle');
});
