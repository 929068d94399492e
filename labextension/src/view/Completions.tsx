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
    <ul className="jcr-Completions" id={LIST_ID} role="listbox" aria-label={trans.__('What can be named here')}>
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
  /** What is offered for a line that begins with `/`; null: it is no command. */
  readonly commands: (typed: string) => Promise<Mention[]> | null;
  readonly onWhole: (text: string) => void;
}

/** The offer for what is typed at the caret, and the keys that choose from it: true when one was taken. */
export function useMentions(options: MentionOptions) {
  const { area, text, mentions, change, onAttach, commands, onWhole } = options;
  const [offer, setOffer] = useState<Offer | null>(null);
  useEffect(() => {
    const end = area.current?.selectionStart ?? text.length;
    const typing = typingAt(text, end);
    const finding = typing ? mentions.find(typing.query) : commands(text.slice(0, end));
    let isCurrent = true;
    if (!finding) {
      setOffer(null);
      return undefined;
    }
    void finding.then(found => {
      if (isCurrent) {
        setOffer(found.length ? { start: typing?.start ?? 0, end, mentions: found, chosen: 0 } : null);
      }
    });
    return () => {
      isCurrent = false;
    };
  }, [area, text, mentions, commands]);
  const choose = (mention: Mention): void => {
    if (offer) {
      change(text.slice(0, offer.start) + mention.text + text.slice(offer.end), offer.start + mention.text.length);
      setOffer(null);
      if (mention.attached) {
        onAttach(mention.attached);
      }
      if (mention.isWhole) {
        change('', 0);
        onWhole(mention.text);
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
