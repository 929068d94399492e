/** What `@` and `/` offer while they are typed. */
import type { Mention } from '../context/mentions';
import type { Offer } from './offer';
import { useUi } from './ui';

export const LIST_ID = 'jcr-completions';

export function Completions({ offer, onChoose }: { offer: Offer | null; onChoose: (mention: Mention) => void }) {
  const { trans } = useUi();
  if (!offer) {
    return null;
  }
  return (
    <ul className="jcr-Completions" id={LIST_ID} role="listbox" aria-label={trans.__('Suggestions')}>
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
