/** Questions of the agent, one at a time. Inside the card numbers and arrows choose, Enter sends, Escape does not answer. */
import { useEffect, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { UNANSWERED, answersOf, isAnswered, isEmpty, takesText, toggle } from '../session/answers';
import type { AnswerDraft } from '../session/answers';
import { visible } from '../lib/visible';
import type { Question, QuestionAnswer, QuestionRequest } from '../wire';
import { Card, useSettled } from './Card';
import { Choices } from './Choices';
import { useTrans } from './trans';

interface QuestionCardProps {
  readonly request: QuestionRequest;
  readonly waiting: number;
  /** Who is asked, where it is not who looks. */
  readonly waitsFor: string | null;
  /** Null: not answered. Whether it arrived. */
  readonly onAnswer: (answers: QuestionAnswer[] | null) => Promise<boolean>;
}

export function QuestionCard({ request, waiting, waitsFor, onAnswer }: QuestionCardProps) {
  const trans = useTrans();
  const { questions } = request;
  const [drafts, setDrafts] = useState<readonly AnswerDraft[]>(() => questions.map(() => UNANSWERED));
  const [at, setAt] = useState(0);
  const [isSent, setSent] = useState(false);
  const isSettled = useSettled();
  const actions = useFocusOfNext(at);
  const question = questions[at] as Question;
  const draft = drafts[at] ?? UNANSWERED;
  const isLast = at === questions.length - 1;
  const isReady = isAnswered(question, draft) && isSettled;
  const change = (next: AnswerDraft): void => setDrafts(drafts.with(at, next));
  const settle = (answers: QuestionAnswer[] | null): void => {
    if (waitsFor === null && isSettled && !isSent) {
      setSent(true);
      void onAnswer(answers).then(setSent);
    }
  };
  const goOn = (): void => {
    if (isReady && isLast) {
      settle(answersOf(drafts));
    } else if (isReady) {
      setAt(at + 1);
    }
  };
  const onKey = (event: KeyboardEvent<HTMLDivElement>): boolean => {
    if (event.ctrlKey || event.metaKey || !isSettled) {
      return false;
    }
    const isWriting = event.target instanceof HTMLTextAreaElement;
    const numbered = isWriting ? undefined : question.choices[Number(event.key) - 1];
    if (event.key === 'Escape') {
      settle(null);
    } else if (event.key === 'Enter' && !event.shiftKey && !isAction(event.target)) {
      goOn();
    } else if (numbered) {
      change(toggle(question, draft, numbered.label));
    } else if (!isWriting && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      const reached = question.choices[step(event.currentTarget, event.key === 'ArrowDown' ? 1 : -1)];
      if (reached && !question.multiple) {
        change({ ...draft, choices: [reached.label] });
      }
    } else {
      return false;
    }
    return true;
  };
  const isNone = question.multiple && isEmpty(draft);
  const send = isNone ? trans.__('None of these') : isLast ? trans.__('Send') : trans.__('Next');
  const place = questions.length > 1 ? trans.__('%1 of %2', at + 1, questions.length) : null;
  return (
    <Card title={visible(question.text)} aside={place} waiting={waiting} onKey={onKey}>
      <Choices question={question} chosen={draft.choices} onToggle={label => change(toggle(question, draft, label))} />
      {takesText(question) && (
        <textarea
          className="jcr-Card-words"
          rows={question.choices.length ? 1 : 2}
          value={draft.text}
          maxLength={4000}
          data-first={!question.choices.length || undefined}
          placeholder={question.choices.length ? trans.__('Or say it in your own words') : trans.__('Your answer')}
          aria-label={trans.__('Your own words')}
          onChange={event => change({ ...draft, text: event.target.value })}
        />
      )}
      {waitsFor !== null ? (
        <div className="jcr-Card-waits">{waitsFor}</div>
      ) : (
        <div className="jcr-Card-actions" ref={actions}>
          <button
            className="jcr-Button jcr-mod-accept"
            disabled={!isReady}
            aria-disabled={isSent || undefined}
            onClick={goOn}
          >
            {send} <kbd>⏎</kbd>
          </button>
          <button
            className="jcr-Button"
            disabled={!isSettled}
            aria-disabled={isSent || undefined}
            onClick={() => settle(null)}
          >
            {trans.__('Do not answer')} <kbd>Esc</kbd>
          </button>
          {at > 0 && (
            <button className="jcr-LinkButton" disabled={isSent} onClick={() => setAt(at - 1)}>
              {trans.__('Back')}
            </button>
          )}
        </div>
      )}
    </Card>
  );
}

/** Going on takes away what had the focus: it goes to the next question then. */
function useFocusOfNext(at: number): React.RefObject<HTMLDivElement> {
  const inside = useRef<HTMLDivElement>(null);
  const before = useRef(at);
  useEffect(() => {
    if (before.current !== at) {
      before.current = at;
      const card = inside.current?.closest<HTMLElement>('.jcr-Card');
      (card?.querySelector<HTMLElement>('[data-first]') ?? card)?.focus({ preventScroll: true });
    }
  }, [at]);
  return inside;
}

/** A button that does something of its own with Enter. */
function isAction(target: EventTarget): boolean {
  return target instanceof HTMLButtonElement && target.closest('.jcr-Card-actions') !== null;
}

/** Move the focus from choice to choice, round and round; where it is now. */
function step(card: HTMLElement, by: 1 | -1): number {
  const choices = [...card.querySelectorAll<HTMLElement>('.jcr-Choices-one')];
  const focused = choices.indexOf(document.activeElement as HTMLElement);
  const from = focused < 0 ? choices.findIndex(one => one.getAttribute('aria-checked') === 'true') : focused;
  const next = from < 0 && by < 0 ? choices.length - 1 : (from + by + choices.length) % (choices.length || 1);
  choices[next]?.focus();
  return next;
}
