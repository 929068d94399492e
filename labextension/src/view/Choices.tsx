/** What can be chosen, each with its number key. */
import { visible } from '../lib/visible';
import type { Question } from '../wire';

interface ChoicesProps {
  readonly question: Question;
  readonly chosen: readonly string[];
  readonly onToggle: (label: string) => void;
}

export function Choices({ question, chosen, onToggle }: ChoicesProps) {
  if (!question.choices.length) {
    return null;
  }
  const [group, one] = question.multiple ? ['group', 'checkbox'] : ['radiogroup', 'radio'];
  return (
    <div className="jcr-Card-shown" role={group} aria-label={visible(question.text)}>
      {question.choices.map(({ label, description }, index) => (
        <button
          key={label}
          className="jcr-Choices-one"
          role={one}
          aria-checked={chosen.includes(label)}
          onClick={() => onToggle(label)}
        >
          <kbd>{index + 1}</kbd>
          <span className={`jcr-Choices-mark jcr-mod-${one}`} aria-hidden="true" />
          <span className="jcr-Choices-label">{visible(label)}</span>
          {description && <span className="jcr-Choices-hint">{visible(description)}</span>}
        </button>
      ))}
    </div>
  );
}
