/** Three things one can ask about what is open. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { OpenNotebook } from '../notebook/notebooks';

const DATA = /["']([^"'\n]{1,120}\.(?:csv|tsv|parquet|xlsx?|json|feather))["']/;

export function suggestions(notebook: OpenNotebook | null, trans: TranslationBundle): string[] {
  if (!notebook) {
    return [
      trans.__('What is in this folder?'),
      trans.__('Find a data file here and describe it'),
      trans.__('Start a notebook that looks at the data here')
    ];
  }
  const name = notebook.path.split('/').at(-1) ?? notebook.path;
  const data = notebook.sources.map(source => DATA.exec(source)?.[1]).find(found => found !== undefined);
  return [
    notebook.hasError ? trans.__('Fix the error in %1', name) : trans.__('Summarise %1', name),
    data ? trans.__('Look at %1 and say what you find', data) : trans.__('What could be done next in %1?', name),
    trans.__('Add a plot to %1 and explain it', name)
  ];
}
