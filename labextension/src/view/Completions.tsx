/** What `@` offers while it is typed. */
import type { KeyboardEvent, RefObject } from 'react';
import { useEffect, useState } from 'react';
import type { Attached, Mention, Mentions } from '../mentions';
import { typingAt } from '../mentions';
import { useUi } from './ui';

interface Offer {
  readonly start: number;
  readonly end: number;
  readonly mentions: readonly Mention[];
  readonly chosen: number;
}

export const LIST_ID = 'jcr-completions';

export function Completions({ offer, onChoose }: { offer: Offer | null; onChoose: (mention: Mention) => void }) {
  const { trans } = useUi();
  if (!offer) {
    return null;
  }
  return (
    <ul className="jcr-Completions" id={LIST_ID} role="listbox" aria-label={trans.__('Files, variables and cells')}>
      {offer.mentions.map((mention, index) => (
        <li
          key={mention.text}
          id={`${LIST_ID}-${index}`}
          role="option"
          aria-selected={index === offer.chosen}
          onMouseDown={event => {
            event.preventDefault();
            onChoose(mention);
          }}
        >
          <span>{mention.label}</span>
          <span className="jcr-Completions-hint">{mention.hint}</span>
        </li>
      ))}
    </ul>
  );
}

interface MentionOptions {
  readonly area: RefObject<HTMLTextAreaElement>;
  readonly text: string;
  readonly mentions: Mentions;
  readonly change: (text: string, caret: number) => void;
  readonly onAttach: (attached: Attached) => void;
}

/** The offer for what is typed at the caret, and the keys that choose from it: true when one was taken. */
export function useMentions({ area, text, mentions, change, onAttach }: MentionOptions) {
  const [offer, setOffer] = useState<Offer | null>(null);
  useEffect(() => {
    const end = area.current?.selectionStart ?? text.length;
    const typing = typingAt(text, end);
    let isCurrent = true;
    if (!typing) {
      setOffer(null);
      return undefined;
    }
    void mentions.find(typing.query).then(found => {
      if (isCurrent) {
        setOffer(found.length ? { start: typing.start, end, mentions: found, chosen: 0 } : null);
      }
    });
    return () => {
      isCurrent = false;
    };
  }, [area, text, mentions]);
  const choose = (mention: Mention): void => {
    if (offer) {
      change(text.slice(0, offer.start) + mention.text + text.slice(offer.end), offer.start + mention.text.length);
      setOffer(null);
      if (mention.attached) {
        onAttach(mention.attached);
      }
    }
  };
  const onKeyDown = (event: KeyboardEvent): boolean => {
    const mention = offer?.mentions[offer.chosen];
    if (!offer || !mention || event.altKey || event.ctrlKey || event.metaKey) {
      return false;
    }
    if (event.key === 'Enter' || event.key === 'Tab') {
      choose(mention);
    } else if (event.key === 'Escape') {
      setOffer(null);
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
