/**
 * The only thing that shouts: what waits for a person. It never takes the focus: who writes goes on writing, and its keys are for
 * those who moved into it themselves.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { useTrans } from './trans';

interface CardProps {
  readonly title: string;
  /** What is said at the right of the title. */
  readonly aside?: string | null;
  /** How many more wait behind it. */
  readonly waiting: number;
  /** Whether the key, pressed inside the card, was meant for the card. */
  readonly onKey: (event: KeyboardEvent<HTMLDivElement>) => boolean;
  readonly children: ReactNode;
}

/** What comes under the pointer or a finger on a key is answered by nobody before this. */
export const UNSEEN_MS = 500;

export function Card({ title, aside, waiting, onKey, children }: CardProps) {
  const trans = useTrans();
  const card = useFocusBack();
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (!event.nativeEvent.isComposing && !event.repeat && !event.altKey && onKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  const more = [aside, waiting > 0 ? trans._n('%1 more', '%1 more', waiting) : null].filter(Boolean).join(' · ');
  return (
    <div className="jcr-Card" ref={card} tabIndex={-1} role="alertdialog" aria-label={title} onKeyDown={onKeyDown}>
      <div className="jcr-Card-head">
        <span className="jcr-Card-title">{title}</span>
        {more && <span className="jcr-Card-more">{more}</span>}
      </div>
      {children}
    </div>
  );
}

/** Whether a card has been there for long enough to be answered: the click or key before it was for something else. */
export function useSettled(): boolean {
  const [isSettled, settle] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => settle(true), UNSEEN_MS);
    return () => clearTimeout(timer);
  }, []);
  return isSettled;
}

/** Whether the end of what a card shows was on screen: of a long text that takes scrolling. */
export function useEndSeen(): [React.RefObject<HTMLDivElement>, boolean] {
  const end = useRef<HTMLDivElement>(null);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(entries => entries.some(one => one.isIntersecting) && setSeen(true));
    if (end.current) {
      observer.observe(end.current);
    }
    return () => observer.disconnect();
  }, []);
  return [end, isSeen];
}

/** When a card goes that had the focus, the composer has it. */
function useFocusBack(): React.RefObject<HTMLDivElement> {
  const card = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const node = card.current;
    return () => {
      if (node?.contains(document.activeElement)) {
        node.closest('.jcr-Panel, .crush-chat')?.querySelector<HTMLElement>('.jcr-Composer-text')?.focus();
      }
    };
  }, []);
  return card;
}
