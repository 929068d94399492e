/** The turns, oldest first. Those near are in the page, and earlier ones are fetched when they are scrolled to. */
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import type { Turn } from '../session/turns';
import { useScrolling } from './scrolling';
import { useUi } from './ui';

interface TranscriptProps {
  readonly turns: readonly Turn[];
  /** Changes whenever something is added at the end. */
  readonly newest: unknown;
  readonly hasEarlier: boolean;
  readonly onEarlier: () => void;
  readonly renderTurn: (turn: Turn, isLast: boolean) => ReactNode;
  readonly children: ReactNode;
}

/** Above the first turn there are more to come. */
const EARLIER_AT = 6;

export function TranscriptView({ turns, newest, hasEarlier, onEarlier, renderTurn, children }: TranscriptProps) {
  const { trans } = useUi();
  const keys = turns.map(turn => turn.key);
  const { box, content, extent, isAtEnd, onScroll, toEnd } = useScrolling(keys);
  const seen = useRef(newest);
  if (isAtEnd) {
    seen.current = newest;
  }
  const wantsEarlier = hasEarlier && extent.first < EARLIER_AT;
  useEffect(() => {
    if (wantsEarlier) {
      onEarlier();
    }
  }, [wantsEarlier, keys[0], onEarlier]); // eslint-disable-line react-hooks/exhaustive-deps -- again for each page
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
          <div style={{ height: extent.above }} />
          {turns.slice(extent.first, extent.end).map((turn, index) => (
            <div className="jcr-Transcript-turn" key={turn.key} data-turn={turn.key}>
              {renderTurn(turn, extent.first + index === turns.length - 1)}
            </div>
          ))}
          <div style={{ height: extent.below }} />
          {children}
        </div>
      </div>
      {!isAtEnd && (
        <button className="jcr-New" title={trans.__('To the end')} onClick={toEnd}>
          {seen.current === newest ? '↓' : trans.__('↓ new')}
        </button>
      )}
    </div>
  );
}
