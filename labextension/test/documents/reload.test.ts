import { YFile, YNotebook } from '@jupyter/ydoc';
import type { INotebookContent } from '@jupyterlab/nbformat';
import { describe, expect, test } from 'vitest';
import { reload } from '../../src/documents/reload';

const code = (id: string, source: string): INotebookContent['cells'][number] => ({
  id,
  cell_type: 'code',
  source,
  metadata: {},
  outputs: [],
  execution_count: null
});

const file = (...cells: INotebookContent['cells']): INotebookContent => ({
  cells,
  metadata: {},
  nbformat: 4,
  nbformat_minor: 5
});

/** As JupyterLab's context: it fetches, then puts the file in place of what is there. */
class Context<Shared extends YNotebook | YFile> {
  constructor(
    readonly shared: Shared,
    private readonly _disk: unknown,
    private readonly _whileFetching: () => void = () => undefined
  ) {
    this.model = {
      sharedModel: shared,
      dirty: false,
      fromJSON: value => (shared as YNotebook).setSource(value as never),
      fromString: value => (shared as YFile).setSource(value)
    };
  }

  readonly model: {
    sharedModel: Shared;
    dirty: boolean;
    fromJSON: (value: unknown) => void;
    fromString: (value: string) => void;
  };

  async revert(): Promise<void> {
    await Promise.resolve();
    this._whileFetching();
    await Promise.resolve();
    if (typeof this._disk === 'string') {
      this.model.fromString(this._disk);
    } else {
      this.model.fromJSON(this._disk);
    }
  }
}

function open(...cells: INotebookContent['cells']): YNotebook {
  const notebook = new YNotebook();
  notebook.fromJSON(file(...cells) as never);
  return notebook;
}

const sources = (notebook: YNotebook): string[] => notebook.cells.map(cell => cell.getSource());

async function reloaded(notebook: YNotebook, disk: INotebookContent, typing?: () => void): Promise<boolean> {
  const context = new Context(notebook, disk, typing);
  await reload(context as never);
  return context.model.dirty;
}

describe('a clean notebook whose file was changed', () => {
  test('shows the file; cells that are still there are the same ones', async () => {
    const notebook = open(code('a', 'one'), code('b', 'two'), code('c', 'three'));
    const [a, , c] = notebook.cells;
    const changed = { ...code('c', 'three!'), outputs: [{ output_type: 'stream', name: 'stdout', text: '3' }] };
    const disk = file(code('a', 'one'), code('new', '1'), { ...changed, execution_count: 7 });
    expect(await reloaded(notebook, disk)).toBe(false);
    expect(notebook.toJSON().cells).toEqual(disk.cells);
    expect([notebook.cells[0], notebook.cells[2]]).toEqual([a, c]);
  });

  test('is in the order of the file, and a cell may become another type', async () => {
    const notebook = open(code('a', 'one'), code('b', 'two'), code('c', 'three'));
    const markdown = { id: 'a', cell_type: 'markdown', source: '# one', metadata: { tags: ['x'] } };
    const disk = file(code('c', 'three'), markdown, code('b', 'two'));
    expect(await reloaded(notebook, disk)).toBe(false);
    expect(notebook.toJSON().cells).toEqual(disk.cells);
  });

  test('takes one step back in the cell that was changed', async () => {
    const notebook = open(code('a', 'one'), code('b', 'two'));
    notebook.clearUndoHistory();
    await reloaded(notebook, file(code('a', 'one'), code('b', 'two more')));
    notebook.undo();
    expect(sources(notebook)).toEqual(['one', 'two']);
  });

  test('keeps what is typed while the file is fetched', async () => {
    const notebook = open(code('a', 'one'), code('b', 'two'), code('c', 'three'));
    const isDirty = await reloaded(notebook, file(code('a', 'one'), code('b', 'two more'), code('c', 'three')), () => {
      notebook.cells[0]?.setSource('one, typed');
      notebook.cells[1]?.setSource('typed, two');
      notebook.insertCell(1, { cell_type: 'code', id: 'mine', source: 'mine' });
      notebook.deleteCell(3);
    });
    expect(isDirty).toBe(true);
    expect(sources(notebook)).toEqual(['one, typed', 'mine', 'typed, two more']);
  });

  test('keeps what is typed into a cell that is not in the file any more', async () => {
    const notebook = open(code('a', 'one'), code('b', 'two'));
    const isDirty = await reloaded(notebook, file(code('a', 'one')), () => notebook.cells[1]?.setSource('two, typed'));
    expect(isDirty).toBe(true);
    expect(sources(notebook)).toEqual(['one', 'two, typed']);
  });

  test('without ids in its file is loaded as ever', async () => {
    const notebook = open(code('a', 'one'));
    const old = { ...file({ ...code('', 'two'), id: undefined }), nbformat_minor: 4 };
    await reloaded(notebook, old);
    expect(sources(notebook)).toEqual(['two']);
  });
});

describe('a clean text whose file was changed', () => {
  test.each([
    ['one', 'one', 'two', 'two', false],
    ['one', 'one!', 'one', 'one!', true],
    ['a b c', 'a B b c', 'a b c d', 'a B b c d', true],
    ['a b c', 'a b c D', 'x a b c', 'x a b c D', true],
    ['a b c', 'a !b c', 'other', 'other!', true]
  ])('was %j, typed %j, file %j: %j', async (was, typed, disk, shown, isDirty) => {
    const text = new YFile();
    text.setSource(was);
    const context = new Context(text, disk, () => text.setSource(typed));
    await reload(context as never);
    expect(text.getSource()).toBe(shown);
    expect(context.model.dirty).toBe(isDirty);
  });
});
