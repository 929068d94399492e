/** The only thing that shouts: what waits for a person. Its keys are taken only after a person could have seen it. */
import { useEffect, useLayoutEffect, useRef } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { useUi } from './ui';

interface CardProps {
  readonly id: string;
  readonly title: string;
  /** What is said at the right of the title. */
  readonly aside?: string | null;
  /** How many more wait behind it. */
  readonly waiting: number;
  /** Whether the key was meant for the card. */
  readonly onKey: (event: KeyboardEvent<HTMLDivElement>) => boolean;
  readonly children: ReactNode;
}

const SEEN_MS = 400;

export function Card({ id, title, aside, waiting, onKey, children }: CardProps) {
  const { trans } = useUi();
  const card = useRef<HTMLDivElement>(null);
  const { isSeen, see } = useSeen(card, id);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const isPlain = !event.nativeEvent.isComposing && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (isPlain && isSeen() && onKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  const more = [aside, waiting > 0 ? trans._n('%1 more', '%1 more', waiting) : null].filter(Boolean).join(' · ');
  return (
    <div
      className="jcr-Card"
      ref={card}
      tabIndex={-1}
      role="alertdialog"
      aria-label={title}
      onPointerDown={see}
      onKeyDown={onKeyDown}
    >
      <div className="jcr-Card-head">
        <span className="jcr-Card-title">{title}</span>
        {more && <span className="jcr-Card-more">{more}</span>}
      </div>
      {children}
    </div>
  );
}

/**
 * Who clicks in it has seen it. The focus comes here only from inside the panel, never out of a text that is being written, and goes
 * back to the composer.
 */
function useSeen(card: React.RefObject<HTMLDivElement>, id: string): { isSeen: () => boolean; see: () => void } {
  const since = useRef(0);
  useEffect(() => {
    since.current = performance.now();
    const active = document.activeElement;
    const isWriting = active instanceof HTMLTextAreaElement ? active.value !== '' : active instanceof HTMLInputElement;
    if (active?.closest('.jcr-Panel') && !isWriting) {
      (card.current?.querySelector<HTMLElement>('[data-first]') ?? card.current)?.focus({ preventScroll: true });
    }
  }, [card, id]);
  useLayoutEffect(() => {
    const node = card.current;
    return () => {
      if (node?.contains(document.activeElement)) {
        node.closest('.jcr-Panel')?.querySelector<HTMLElement>('.jcr-Composer-text')?.focus();
      }
    };
  }, [card]);
  return {
    isSeen: () => performance.now() - since.current > SEEN_MS,
    see: () => {
      since.current = -Infinity;
    }
  };
}
