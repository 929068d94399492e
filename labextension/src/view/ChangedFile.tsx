/** One changed file: a text file with its diff, a notebook with its cells. */
import { launchIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { visible } from '../lib/visible';
import type { CellChange, ChangedFile } from '../wire';
import { Counts } from './Counts';
import { Decision } from './Decision';
import { Diff } from './Diff';
import { useFold } from './fold';
import { useUi } from './ui';

interface ChangedFileProps {
  readonly file: ChangedFile;
  readonly runId: string | null;
}

export function ChangedFileView({ file, runId }: ChangedFileProps) {
  const { trans, openPath } = useUi();
  const [isOpen, toggle] = useFold(`changed ${file.path}`, true);
  const path = visible(file.path);
  return (
    <li className="jcr-ChangedFile" data-path={file.path}>
      <div className="jcr-ChangedFile-head">
        <button className="jcr-Line" aria-expanded={isOpen} title={path} onClick={toggle}>
          <span className="jcr-Twisty" data-open={isOpen} />
          <span className="jcr-Line-object">{path}</span>
          {file.kind !== 'changed' && <span className="jcr-Line-kind">{kindOf(file, trans)}</span>}
          <Counts {...file} />
        </button>
        <span className="jcr-Acts">
          <Decision scope={{ path: file.path, run_id: runId }} what={path} canRevert={file.undoable} />
          {file.kind !== 'deleted' && <Go title={trans.__('Open %1', path)} onGo={() => openPath(file.path)} />}
        </span>
      </div>
      {isOpen && (
        <div className="jcr-ChangedFile-body">
          {file.problem && <p className="jcr-Changes-note">{file.problem}</p>}
          {file.changed_since && file.type === 'file' && <Since />}
          {file.diff && <Diff diff={file.diff} />}
          {file.cells.map(cell => (
            <ChangedCell key={cell.cell_id} file={file} cell={cell} runId={runId} />
          ))}
        </div>
      )}
    </li>
  );
}

function ChangedCell({ file, cell, runId }: ChangedFileProps & { cell: CellChange }) {
  const { trans, openCell } = useUi();
  const number = cell.index === null ? null : cell.index + 1;
  const name = number === null ? trans.__('A cell') : trans.__('Cell %1', number);
  return (
    <div className="jcr-ChangedCell" data-cell={cell.cell_id}>
      <div className="jcr-ChangedCell-head">
        <span className="jcr-Ellipsis">
          {name} <span className="jcr-Line-kind">{kindOf(cell, trans)}</span>
        </span>
        <Counts {...cell} />
        <span className="jcr-Acts">
          <Decision
            scope={{ path: file.path, cell_id: cell.cell_id, run_id: runId }}
            what={number === null ? trans.__('the deleted cell') : trans.__('cell %1', number)}
          />
          {number !== null && (
            <Go
              title={trans.__('Go to cell %1', number)}
              onGo={() => void openCell(file.path, cell.shown_as ?? cell.cell_id)}
            />
          )}
        </span>
      </div>
      {cell.changed_since && <Since />}
      {cell.diff && <Diff diff={cell.diff} />}
    </div>
  );
}

function Go({ title, onGo }: { title: string; onGo: () => void }) {
  return (
    <button className="jcr-IconButton" title={title} aria-label={title} onClick={onGo}>
      <launchIcon.react tag="span" className="jcr-Icon jcr-mod-small" />
    </button>
  );
}

function Since() {
  const { trans } = useUi();
  return (
    <p className="jcr-Changes-note">
      {trans.__('Somebody else changed this too; you will be asked before it is reverted.')}
    </p>
  );
}

function kindOf(change: ChangedFile | CellChange, trans: TranslationBundle): string {
  switch (change.kind) {
    case 'created':
    case 'added':
      return trans.__('new');
    case 'deleted':
      return trans.__('deleted');
    case 'moved':
      return trans.__('moved');
    case 'changed':
      return 'outputs_changed' in change && !change.diff ? trans.__('output') : '';
  }
}
