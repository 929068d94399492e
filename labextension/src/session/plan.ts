/** The agent's plan: what it said last in this turn. Nothing else keeps it, so nothing can disagree with it. */
import type { ShownMessage } from './messages';
import type { Run } from '../wire';

export interface Step {
  readonly text: string;
  readonly state: 'pending' | 'in_progress' | 'done';
}

export interface Plan {
  readonly steps: readonly Step[];
  readonly done: number;
  /** What is being done, or comes next. */
  readonly current: string | null;
}

/** Null: there is none, or its turn is over and all of it is done. */
export function planOf(
  messages: readonly ShownMessage[],
  runs: Readonly<Record<string, Run>>,
  isBusy: boolean
): Plan | null {
  for (let at = messages.length - 1; at >= 0; at--) {
    const message = messages[at] as ShownMessage;
    if (message.role === 'user' && !runs[message.run_id]?.folded_into) {
      return null;
    }
    const steps = message.parts.map(stepsOf).findLast(found => found !== null);
    if (steps) {
      const plan = summarize(steps);
      return isBusy || plan.done < steps.length ? plan : null;
    }
  }
  return null;
}

function stepsOf(part: ShownMessage['parts'][number]): readonly Step[] | null {
  const plan = part.type === 'tool_result' && part.name === 'update_plan' ? part.metadata['plan'] : null;
  const steps = Array.isArray(plan) ? plan.filter(isStep) : [];
  return steps.length ? steps : null;
}

function isStep(step: unknown): step is Step {
  return typeof (step as Partial<Step> | null)?.text === 'string';
}

function summarize(steps: readonly Step[]): Plan {
  const done = steps.filter(step => step.state === 'done').length;
  const current = steps.find(step => step.state === 'in_progress') ?? steps.find(step => step.state === 'pending');
  return { steps, done, current: current?.text ?? null };
}
