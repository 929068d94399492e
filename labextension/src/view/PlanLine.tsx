/** What the agent means to do and how far it is: one quiet line that opens to the steps. */
import { useState } from 'react';
import type { Plan, Step } from '../session/plan';
import { visible } from '../lib/visible';
import { useUi } from './ui';

export function PlanLine({ plan }: { plan: Plan }) {
  const { trans } = useUi();
  const [isOpen, setOpen] = useState(false);
  const count = trans.__('%1 of %2', plan.done, plan.steps.length);
  const names: Record<Step['state'], string> = {
    pending: trans.__('to do'),
    in_progress: trans.__('in progress'),
    done: trans.__('done')
  };
  return (
    <div className="jcr-Plan">
      <button className="jcr-Line" aria-expanded={isOpen} title={trans.__('Plan')} onClick={() => setOpen(!isOpen)}>
        <span className="jcr-Twisty" data-open={isOpen} />
        <span className="jcr-Line-verb">{count}</span>
        <span className="jcr-Line-object">{visible(plan.current ?? trans.__('done'))}</span>
      </button>
      {isOpen && (
        <ol className="jcr-Plan-steps" aria-label={trans.__('Plan')}>
          {plan.steps.map((step, index) => (
            <li key={index} data-state={step.state}>
              <span className="jcr-Plan-mark" role="img" aria-label={names[step.state] ?? names.pending} />
              <span>{visible(step.text)}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
