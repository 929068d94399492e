/** Before the first prompt: three things one can ask about what is open, and what is missing if something is. */
import { useUi } from './ui';

interface EmptyStateProps {
  readonly suggestions: readonly string[];
  readonly isDemo: boolean;
  /** Why the agent cannot work, and what to do about it. */
  readonly trouble: { readonly title: string; readonly text: string } | null;
  readonly onChoose: (prompt: string) => void;
  /** Look again whether it can work now. */
  readonly onAgain: () => void;
}

export function EmptyState({ suggestions, isDemo, trouble, onChoose, onAgain }: EmptyStateProps) {
  const { trans } = useUi();
  if (trouble) {
    return (
      <div className="jcr-Empty" role="alert">
        <h2>{trouble.title}</h2>
        <p className="jcr-Empty-reason">{trouble.text}</p>
        <button className="jcr-Button" onClick={onAgain}>
          {trans.__('Look again')}
        </button>
      </div>
    );
  }
  return (
    <div className="jcr-Empty">
      <h2>{trans.__('What should it do?')}</h2>
      <p>
        {trans.__(
          'It reads, edits and runs notebooks here. It asks before it changes anything, and goes on when you close the tab.'
        )}
      </p>
      <ul>
        {suggestions.map(suggestion => (
          <li key={suggestion}>
            <button className="jcr-Suggestion" onClick={() => onChoose(suggestion)}>
              {suggestion}
            </button>
          </li>
        ))}
      </ul>
      {isDemo && (
        <p className="jcr-Empty-demo">
          {trans.__(
            'No API key is set, so the demo model answers: a small program, offline, that uses the real tools. Set ANTHROPIC_API_KEY before the server starts to use a real model.'
          )}
        </p>
      )}
    </div>
  );
}
