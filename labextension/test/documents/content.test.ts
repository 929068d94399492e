import { YNotebook } from '@jupyter/ydoc';
import { expect, test } from 'vitest';
import { notebookContent } from '../../src/documents/content';

function open(nbformat_minor: number): YNotebook {
  const notebook = new YNotebook();
  const cells = [{ cell_type: 'code', id: 'a', source: '1', metadata: {}, outputs: [] }];
  notebook.fromJSON({ cells, metadata: {}, nbformat: 4, nbformat_minor } as never);
  return notebook;
}

test.each([0, 1, 2, 3, 4, 5])('of format 4.%i it says whether ids are in the file, as the model writes it', minor => {
  const notebook = open(minor);
  const { cells, writes_ids } = notebookContent(notebook);
  expect(writes_ids).toBe(minor >= 5);
  expect(notebook.toJSON().cells[0]?.id).toBe(writes_ids ? cells[0]?.id : undefined);
});
