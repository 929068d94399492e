/** The model's thinking, folded to one line. */
import { useFold } from './fold';
import { useUi } from './ui';

interface ReasoningProps {
  readonly id: string;
  readonly text: string;
  readonly live: boolean;
}

export function ReasoningLine({ id, text, live }: ReasoningProps) {
  const { trans, isReasoningOpen } = useUi();
  const [isOpen, toggle] = useFold(id, isReasoningOpen);
  if (!text.trim()) {
    return <div className="jcr-Line jcr-mod-quiet">{trans.__('Thought (kept private by the model)')}</div>;
  }
  return (
    <div className="jcr-Reasoning">
      <button className="jcr-Line" aria-expanded={isOpen} onClick={toggle}>
        <span className="jcr-Twisty" data-open={isOpen} />
        <span className="jcr-Line-verb">{live ? trans.__('Thinking…') : trans.__('Thought')}</span>
        {!isOpen && <span className="jcr-Line-object">{firstLine(text, live)}</span>}
      </button>
      {isOpen && <div className="jcr-Reasoning-text">{text}</div>}
    </div>
  );
}

/** While it is written, what was written last; afterwards how it began. */
function firstLine(text: string, live: boolean): string {
  const lines = text.trim().split('\n');
  return (live ? lines.at(-1) : lines[0]) ?? '';
}
