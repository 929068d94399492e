/**
 * Scrolling through turns of which only those near are in the page. It sticks to the end only when it was there; otherwise what
 * a person reads stays where it is, whatever comes, grows or goes above it.
 */
import { useCallback, useLayoutEffect, useMemo, useReducer, useRef, useState } from 'react';
import type { RefObject } from 'react';
import { Heights, extentOf, placeAt, topOf } from './extent';
import type { Extent, Place } from './extent';

export interface Scrolling {
  readonly box: RefObject<HTMLDivElement>;
  readonly content: RefObject<HTMLDivElement>;
  readonly extent: Extent;
  readonly isAtEnd: boolean;
  readonly onScroll: () => void;
  readonly toEnd: () => void;
}

/** So near to the end is at the end. */
const NEAR_PX = 40;

/** Each turn in the page stands in an element with its key as `data-turn`. */
export function useScrolling(keys: readonly string[]): Scrolling {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const heights = useMemo(() => new Heights(), []);
  /** Null: at the end. */
  const place = useRef<Place | null>(null);
  const seenTop = useRef(0);
  const focused = useRef<Element | null>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const [, render] = useReducer((count: number) => count + 1, 0);

  const inSight = (): Extent => {
    const height = box.current?.clientHeight || window.innerHeight;
    const top = place.current ? topOf(keys, heights, place.current) : heights.total(keys) - height;
    return extentOf(keys, heights, top, top + height);
  };
  const extent = inSight();

  const onScroll = (): void => {
    const node = box.current;
    if (!node) {
      return;
    }
    const top = node.scrollTop;
    const isNear = node.scrollHeight - top - node.clientHeight < NEAR_PX;
    // Only going up leaves the end: growing content does not.
    if (isNear) {
      place.current = null;
    } else if (place.current || top < seenTop.current) {
      place.current = placeAt(keys, heights, top);
    }
    seenTop.current = top;
    setAtEnd(place.current === null);
    const now = inSight();
    if (now.first !== extent.first || now.end !== extent.end) {
      render();
    }
  };

  const settle = (): void => {
    const node = box.current;
    if (!node || !node.clientHeight) {
      return;
    }
    if (node.scrollTop !== seenTop.current) {
      onScroll();
    }
    // What had the focus may be out of the page now: keys still scroll.
    if (focused.current && !focused.current.isConnected && document.activeElement === document.body) {
      node.focus({ preventScroll: true });
    }
    focused.current = node.contains(document.activeElement) ? document.activeElement : null;
    let isNews = false;
    for (const turn of node.querySelectorAll<HTMLElement>('[data-turn]')) {
      isNews = heights.set(turn.dataset['turn'] ?? '', turn.getBoundingClientRect().height) || isNews;
    }
    const top = place.current ? topOf(keys, heights, place.current) : node.scrollHeight - node.clientHeight;
    if (Math.abs(top - node.scrollTop) >= 1) {
      node.scrollTop = top;
    }
    seenTop.current = node.scrollTop;
    if (isNews) {
      const now = inSight();
      if (now.first !== extent.first || now.end !== extent.end) {
        render();
      }
    }
  };

  const latest = useRef(settle);
  useLayoutEffect(() => {
    latest.current = settle;
    settle();
  });
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => latest.current());
    for (const node of [box.current, content.current]) {
      if (node) {
        observer.observe(node);
      }
    }
    return () => observer.disconnect();
  }, []);
  const toEnd = useCallback(() => {
    place.current = null;
    setAtEnd(true);
    render();
  }, []);
  return { box, content, extent, isAtEnd, onScroll, toEnd };
}
