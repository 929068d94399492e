/**
 * The turns, oldest first. It sticks to the bottom only when it was there, and says "new" otherwise. Of a long session the last
 * turns are in the page, and more as they are scrolled to.
 */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import type { Turn } from '../turns';
import { useUi } from './ui';

interface TranscriptProps {
  readonly sessionId: string | null;
  readonly turns: readonly Turn[];
  /** Changes whenever something is added at the end. */
  readonly version: unknown;
  readonly hasEarlier: boolean;
  readonly onEarlier: () => void;
  readonly renderTurn: (turn: Turn, isLast: boolean) => ReactNode;
  readonly children: ReactNode;
}

const FIRST = 30;
const PAGE = 10;
const NEAR_PX = 40;

export function Transcript(props: TranscriptProps) {
  const { sessionId, turns, version, hasEarlier, onEarlier, renderTurn, children } = props;
  const { trans } = useUi();
  const [shown, setShown] = useState(FIRST);
  const { box, content, isBehind, onScroll, toEnd } = useStickyScroll(sessionId, version);
  useEffect(() => setShown(FIRST), [sessionId]);
  const hidden = Math.max(0, turns.length - shown);
  const more = useCallback(() => {
    setShown(count => count + PAGE);
    if (turns.length - shown < PAGE) {
      onEarlier();
    }
  }, [turns.length, shown, onEarlier]);
  const visibleTurns = turns.slice(hidden);
  return (
    <div className="jcr-Transcript-frame">
      <div
        className="jcr-Transcript"
        ref={box}
        onScroll={onScroll}
        role="log"
        aria-live="off"
        aria-label={trans.__('Conversation')}
        tabIndex={0}
      >
        <div ref={content}>
          {(hidden > 0 || hasEarlier) && <Earlier onSeen={more} />}
          {visibleTurns.map((turn, index) => renderTurn(turn, index === visibleTurns.length - 1))}
          {children}
        </div>
      </div>
      {isBehind && (
        <button className="jcr-New" onClick={toEnd}>
          {trans.__('↓ new')}
        </button>
      )}
    </div>
  );
}

/** A button that presses itself when it is seen. */
function Earlier({ onSeen }: { onSeen: () => void }) {
  const { trans } = useUi();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver(entries => entries.some(entry => entry.isIntersecting) && onSeen());
    if (button.current) {
      observer.observe(button.current);
    }
    return () => observer.disconnect();
  }, [onSeen]);
  return (
    <button ref={button} className="jcr-LinkButton jcr-Earlier" onClick={onSeen}>
      {trans.__('Earlier turns')}
    </button>
  );
}

function useStickyScroll(sessionId: string | null, version: unknown) {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const sticks = useRef(true);
  /** Only going up leaves the end: growing content does not. */
  const top = useRef(0);
  const [isBehind, setBehind] = useState(false);
  const toEnd = useCallback(() => {
    sticks.current = true;
    setBehind(false);
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, []);
  const onScroll = useCallback(() => {
    const node = box.current;
    if (!node) {
      return;
    }
    const isNear = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_PX;
    if (isNear) {
      sticks.current = true;
      setBehind(false);
    } else if (node.scrollTop < top.current) {
      sticks.current = false;
    }
    top.current = node.scrollTop;
  }, []);
  useLayoutEffect(toEnd, [sessionId, toEnd]);
  useEffect(() => {
    if (!sticks.current) {
      setBehind(true);
    }
  }, [version]);
  useEffect(() => {
    const observer = new ResizeObserver(() => sticks.current && toEnd());
    for (const node of [box.current, content.current]) {
      if (node) {
        observer.observe(node);
      }
    }
    return () => observer.disconnect();
  }, [toEnd]);
  return { box, content, isBehind, onScroll, toEnd };
}
