/** A notebook as this tab shows it, for the agent. */
import type { ISharedCodeCell, ISharedNotebook } from '@jupyter/ydoc';
import type { DocumentCell, DocumentNotebook, JsonObject } from '../wire';

/** Characters of outputs in one answer; the server takes 20 MiB. */
const OUTPUTS_LIMIT = 12_000_000;

export function notebookContent(notebook: ISharedNotebook): DocumentNotebook {
  let left = OUTPUTS_LIMIT;
  const cells = notebook.cells.map((cell): DocumentCell => {
    const base = { id: cell.getId(), cell_type: cellType(cell.cell_type), source: cell.getSource() };
    if (cell.cell_type !== 'code') {
      return base;
    }
    const code = cell as ISharedCodeCell;
    const outputs = code.getOutputs() as unknown as JsonObject[];
    const size = JSON.stringify(outputs).length;
    left -= size;
    return { ...base, execution_count: code.execution_count, outputs: left < 0 ? [leftOut(size)] : outputs };
  });
  const { kernelspec, language_info } = notebook.getMetadata();
  return {
    cells,
    kernel_name: kernelspec?.name ?? null,
    language: language_info?.name ?? null,
    writes_ids: notebook.nbformat > 4 || notebook.nbformat_minor >= 5 // as JupyterLab does when it saves
  };
}

function cellType(type: string): DocumentCell['cell_type'] {
  return type === 'code' || type === 'markdown' ? type : 'raw';
}

function leftOut(size: number): JsonObject {
  return { output_type: 'stream', name: 'stderr', text: `[${size} characters of output are too large to be sent]` };
}
