/**
 * What is offered at the caret, and the keys that choose from it.
 *
 * Enter and Tab choose from what is offered for the text as it stands, never from what was offered for less of it. When that is not
 * known yet they wait for it, so that fast hands and a slow server make the same of the same keys.
 */
import type { KeyboardEvent, RefObject } from 'react';
import { useLayoutEffect, useRef, useState } from 'react';
import type { Found, Mention, Mentions } from '../context/mentions';
import type { Attached } from '../session/attached';
import { typingAt } from '../context/mentions';

/** What is typed, and the part of it that a mention takes the place of. */
interface Place {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface Offer extends Place {
  readonly mentions: readonly Mention[];
  readonly chosen: number;
}

/** What is being looked for, or was found and is not shown yet. */
interface Looking extends Place {
  readonly later: Promise<readonly Mention[]>;
  /** Nothing was typed since, and nothing was chosen or dismissed. */
  isCurrent: boolean;
  /** A key that chooses was pressed. */
  isHeld: boolean;
}

interface Choosing {
  readonly area: RefObject<HTMLTextAreaElement>;
  readonly text: string;
  readonly mentions: Pick<Mentions, 'find'>;
  readonly change: (text: string, caret: number) => void;
  readonly onAttach: (attached: Attached) => void;
  /** What is offered for a line that begins with `/`; null: it is no command. */
  readonly commands: (typed: string) => Found | null;
  readonly onWhole: (text: string) => void;
  /** Enter was pressed after this text, and there was nothing to choose from. */
  readonly onEnter: (text: string) => void;
}

/** So long a key waits for what it chooses from. */
const HELD_MS = 1_000;

/** The offer; `onKeyDown` is true when it took the key. */
export function useMentions(choosing: Choosing) {
  const { area, text } = choosing;
  const { offer, setOffer, looking } = useOffer(choosing);
  const dismiss = (): void => {
    forget(looking);
    setOffer(null);
  };
  const { take, hold } = useKeys(choosing, dismiss);
  const choose = (mention: Mention): void => {
    if (offer) {
      const end = offer.text === text ? offer.end : (area.current?.selectionStart ?? text.length);
      take({ ...offer, end }, mention);
    }
  };
  const onKeyDown = (event: KeyboardEvent): boolean => {
    const isChoosing = event.key === 'Enter' || event.key === 'Tab';
    const mention = offer?.mentions[offer.chosen];
    if (event.altKey || event.ctrlKey || event.metaKey) {
      return false;
    }
    if (isChoosing && offer?.text !== text && looking.current && !event.shiftKey) {
      void hold(looking.current, event.key === 'Enter');
    } else if (!offer || !mention || (isChoosing && offer.text !== text)) {
      return false;
    } else if (isChoosing) {
      choose(mention);
    } else if (event.key === 'Escape') {
      dismiss();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const count = offer.mentions.length;
      setOffer({ ...offer, chosen: (offer.chosen + (event.key === 'ArrowDown' ? 1 : count - 1)) % count });
    } else {
      return false;
    }
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  return { offer, choose, onKeyDown };
}

/** What is offered for what is typed at the caret, and what is looked for. */
function useOffer({ area, text, mentions, commands }: Choosing) {
  const [offer, setOffer] = useState<Offer | null>(null);
  const looking = useRef<Looking | null>(null);
  // Before the next key comes: an effect after painting would be late for fast hands.
  useLayoutEffect(() => {
    const end = area.current?.selectionStart ?? text.length;
    const typing = typingAt(text, end);
    const found = typing ? { now: null, later: mentions.find(typing.query) } : commands(text.slice(0, end));
    const place = { text, start: typing?.start ?? 0, end };
    if (!found || found.now) {
      setOffer(offerAt(place, found?.now ?? [], null));
    }
    const mine = found?.later ? { ...place, later: found.later, isCurrent: true, isHeld: false } : null;
    looking.current = mine;
    void mine?.later.then(list => {
      if (mine.isCurrent) {
        looking.current = list.length ? mine : null;
        setOffer(was => offerAt(place, list, was));
      }
    });
    return () => forget(looking);
  }, [area, text, mentions, commands]);
  return { offer, setOffer, looking };
}

/** What a key does at once, and what it does when there is something to choose from. */
function useKeys(choosing: Choosing, onTaken: () => void) {
  const latest = useRef(choosing);
  useLayoutEffect(() => {
    latest.current = choosing;
  });
  const take = (place: Place, mention: Mention): void => {
    const { area, text, change, onAttach, onWhole } = latest.current;
    const typed = Math.max(0, (area.current?.selectionStart ?? place.end) - place.end);
    const kept = mention.isWhole ? '' : mention.text;
    change(text.slice(0, place.start) + kept + text.slice(place.end), place.start + kept.length + typed);
    onTaken();
    if (mention.attached) {
      onAttach(mention.attached);
    }
    if (mention.isWhole) {
      onWhole(mention.text);
    }
  };
  const hold = async (what: Looking, isEnter: boolean): Promise<void> => {
    if (what.isHeld) {
      return;
    }
    what.isHeld = true;
    const [first] = await Promise.race([what.later, nothingAfter(HELD_MS)]);
    const { text, onEnter } = latest.current;
    if (first && text.startsWith(what.text.slice(0, what.end))) {
      take(what, first);
    } else if (!first && isEnter && text.startsWith(what.text)) {
      onEnter(what.text);
    }
  };
  return { take, hold };
}

function forget(looking: { current: Looking | null }): void {
  if (looking.current) {
    looking.current.isCurrent = false;
    looking.current = null;
  }
}

/** What was chosen before stays so, if it is still there. */
function offerAt(place: Place, mentions: readonly Mention[], was: Offer | null): Offer | null {
  const label = was?.mentions[was.chosen]?.label;
  const chosen = was?.text === place.text ? mentions.findIndex(one => one.label === label) : 0;
  return mentions.length ? { ...place, mentions, chosen: Math.max(0, chosen) } : null;
}

function nothingAfter(ms: number): Promise<readonly Mention[]> {
  return new Promise(resolve => setTimeout(resolve, ms, []));
}
