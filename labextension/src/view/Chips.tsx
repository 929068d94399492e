/** What the agent will be told beside the prompt: the notebook in front, and what was attached. */
import { closeIcon } from '@jupyterlab/ui-components';
import type { Attached } from '../session/attached';
import { useUi } from './ui';

export interface ChipsProps {
  /** The name of the notebook in front; null: none is open. */
  readonly notebook: string | null;
  readonly isNotebookOff: boolean;
  readonly onToggleNotebook: () => void;
  readonly attached: readonly Attached[];
  readonly onDetach: (attached: Attached) => void;
}

export function Chips({ notebook, isNotebookOff, onToggleNotebook, attached, onDetach }: ChipsProps) {
  const { trans } = useUi();
  if (notebook === null && !attached.length) {
    return null;
  }
  const sharedTitle = trans.__('The agent knows that this notebook is open');
  const hiddenTitle = trans.__('The agent does not know about this notebook');
  return (
    <div className="jcr-Composer-chips">
      {notebook !== null && (
        <button
          className="jcr-Chip"
          aria-pressed={!isNotebookOff}
          title={isNotebookOff ? hiddenTitle : sharedTitle}
          onClick={onToggleNotebook}
        >
          <span className="jcr-Ellipsis">{notebook}</span>
          {!isNotebookOff && <closeIcon.react tag="span" className="jcr-Icon jcr-mod-small" />}
        </button>
      )}
      {attached.map(one => (
        <button
          key={one.label}
          className="jcr-Chip"
          title={trans.__('Do not attach %1', one.label)}
          onClick={() => onDetach(one)}
        >
          <span className="jcr-Ellipsis">{one.label}</span>
          <closeIcon.react tag="span" className="jcr-Icon jcr-mod-small" />
        </button>
      ))}
    </div>
  );
}
