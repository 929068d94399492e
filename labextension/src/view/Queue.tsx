/** What comes next, in order. There only when there is something. */
import { caretUpIcon, closeIcon, editIcon, runIcon } from '@jupyterlab/ui-components';
import type { Run } from '../wire';
import { useUi } from './ui';

interface QueueProps {
  readonly runs: readonly Run[];
  readonly onRemove: (run: Run) => void;
  readonly onEdit: (run: Run) => void;
  readonly onSendNow: (run: Run) => void;
  readonly onMove: (run: Run, before: string) => void;
}

export function Queue({ runs, onRemove, onEdit, onSendNow, onMove }: QueueProps) {
  const { trans } = useUi();
  if (!runs.length) {
    return null;
  }
  return (
    <ol className="jcr-Queue" aria-label={trans.__('Queue')}>
      {runs.map((run, index) => {
        const before = runs[index - 1];
        return (
          <li key={run.run_id} className="jcr-Queue-item">
            <span className="jcr-Queue-label">{index === 0 ? trans.__('Next:') : ''}</span>
            <span className="jcr-Ellipsis" title={run.prompt}>
              {run.prompt || trans.__('what was attached')}
            </span>
            {run.mode === 'steer' ? (
              <span className="jcr-Queue-label" title={trans.__('The agent reads it at its next step')}>
                {trans.__('steers')}
              </span>
            ) : (
              <button
                className="jcr-IconButton"
                title={trans.__('Send now: the agent reads it at its next step')}
                onClick={() => onSendNow(run)}
              >
                <runIcon.react tag="span" className="jcr-Icon" />
              </button>
            )}
            <button className="jcr-IconButton" title={trans.__('Edit')} onClick={() => onEdit(run)}>
              <editIcon.react tag="span" className="jcr-Icon" />
            </button>
            {before && (
              <button className="jcr-IconButton" title={trans.__('Earlier')} onClick={() => onMove(run, before.run_id)}>
                <caretUpIcon.react tag="span" className="jcr-Icon" />
              </button>
            )}
            <button className="jcr-IconButton" title={trans.__('Remove')} onClick={() => onRemove(run)}>
              <closeIcon.react tag="span" className="jcr-Icon" />
            </button>
          </li>
        );
      })}
    </ol>
  );
}
