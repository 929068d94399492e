/** Where a prompt is written. Enter sends, also while the agent works: then it waits its turn. */
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { ClipboardEvent, DragEvent, KeyboardEvent } from 'react';
import type { Found, Mentions } from '../context/mentions';
import type { Attached } from '../session/attached';
import { Chips } from './Chips';
import type { ChipsProps } from './Chips';
import { Completions, LIST_ID } from './Completions';
import { useMentions } from './offer';
import { useUi } from './ui';

export interface ComposerProps {
  /** Changes with the session: the text is that session's draft then. */
  readonly draftKey: string;
  readonly draft: string;
  readonly history: () => readonly string[];
  readonly mentions: Mentions;
  readonly commands: (typed: string) => Found | null;
  readonly chips: ChipsProps;
  readonly isBusy: boolean;
  /** While it works, a prompt joins its turn instead of waiting for the end. */
  readonly steers: boolean;
  readonly onSteers: (steers: boolean) => void;
  readonly isDisabled: boolean;
  /** A card waits: what is sent is a refusal with these words. `isOpen` once a person could have seen it. */
  readonly refuses: { readonly isOpen: boolean } | null;
  /** Text that came back, with a number that makes it new. */
  readonly returned: { readonly text: string; readonly number: number };
  readonly onDraft: (text: string) => void;
  readonly onSend: (text: string) => void;
  readonly onStop: () => void;
  readonly onAttach: (attached: Attached) => void;
  readonly onFiles: (files: File[]) => void;
}

const TALLEST_PX = 240;
/** The keys of the command that goes there. */
const TO_CARD = /Mac|iP/.test(navigator.platform) ? '⇧⌘⏎' : 'Ctrl+Shift+⏎';

export function Composer(props: ComposerProps) {
  const { isBusy, isDisabled, steers, onSend, onStop } = props;
  const { refuses } = props;
  const hasAttached = props.chips.attached.length > 0 && !refuses;
  const isHeld = isDisabled || refuses?.isOpen === false;
  const { trans } = useUi();
  const { area, text, change } = useText(props);
  const recall = useHistory(props, text, change);
  const { mentions, commands, onAttach } = props;
  /** What was written; what was typed after it stays. */
  const send = (written = text): void => {
    const prompt = written.trim();
    if ((prompt || hasAttached) && !isHeld) {
      change(text.slice(written.length));
      onSend(prompt);
    }
  };
  const naming = useMentions({ area, text, mentions, change, onAttach, commands, onWhole: onSend, onEnter: send });
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.nativeEvent.isComposing || naming.onKeyDown(event)) {
      return;
    }
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      if (!(refuses && event.repeat)) {
        send();
      }
    } else if (event.key === 'Escape' && isBusy) {
      event.preventDefault();
      onStop();
    } else if (!event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      recall(event);
    }
  };
  const busyHint = refuses
    ? trans.__('Or say what to do instead')
    : steers
      ? trans.__('Add something; the agent reads it at its next step')
      : trans.__('What next? It is queued');
  const foot = !isBusy
    ? trans.__('Enter sends · @ context · / commands')
    : refuses && text.trim()
      ? trans.__('Enter refuses with these words')
      : refuses
        ? trans.__('%1 to the card · Esc stops', TO_CARD)
        : trans.__('Esc stops');
  const sendLabel = refuses ? trans.__('Refuse with these words') : trans.__('Send');
  return (
    <div className="jcr-Composer">
      <Chips {...props.chips} />
      <Completions offer={naming.offer} onChoose={naming.choose} />
      <textarea
        ref={area}
        className="jcr-Composer-text"
        rows={1}
        value={text}
        placeholder={isBusy ? busyHint : trans.__('Ask, or tell it what to do…')}
        aria-label={trans.__('Prompt')}
        onChange={event => change(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={event => take(event, event.clipboardData.files, props.onFiles)}
        onDragOver={event => event.dataTransfer.types.includes('Files') && event.preventDefault()}
        onDrop={event => take(event, event.dataTransfer.files, props.onFiles)}
        aria-controls={naming.offer ? LIST_ID : undefined}
        aria-autocomplete="list"
        aria-activedescendant={naming.offer ? `${LIST_ID}-${naming.offer.chosen}` : undefined}
      />
      <div className="jcr-Composer-foot">
        <span className="jcr-Composer-hint">{foot}</span>
        {isBusy && !refuses && (
          <button
            className="jcr-LinkButton jcr-Composer-mode"
            title={
              steers
                ? trans.__('Enter: the agent reads it at its next step. Press to queue it instead.')
                : trans.__('Enter: it is queued. Press to have the agent read it at its next step.')
            }
            onClick={() => props.onSteers(!steers)}
          >
            {steers ? trans.__('steers') : trans.__('queues')}
          </button>
        )}
        {isBusy && (
          <button className="jcr-Stop" title={trans.__('Stop')} aria-label={trans.__('Stop')} onClick={onStop}>
            <span aria-hidden="true" />
          </button>
        )}
        {(!isBusy || text.trim() !== '' || hasAttached) && (
          <button
            className="jcr-Send"
            title={sendLabel}
            aria-label={sendLabel}
            disabled={isHeld || !(text.trim() || hasAttached)}
            onClick={() => send()}
          >
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <path d="M2 14 15 8 2 2v4.700L10 8l-8 1.300z" />
            </svg>
          </button>
        )}
      </div>
    </div>
  );
}

function take(event: ClipboardEvent | DragEvent, files: FileList, onFiles: (files: File[]) => void): void {
  if (files.length) {
    event.preventDefault();
    onFiles([...files]);
  }
}

/** The text, its height, and what puts text there: another session's draft, a prompt that came back. */
function useText({ draftKey, draft, returned, onDraft }: ComposerProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(draft);
  const caret = useRef<number | null>(null);
  const change = (next: string, at: number | null = null): void => {
    caret.current = at;
    setText(next);
    onDraft(next);
  };
  const shown = useRef({ key: draftKey, number: returned.number });
  useEffect(() => {
    const before = shown.current;
    shown.current = { key: draftKey, number: returned.number };
    const base = before.key === draftKey ? text : draft;
    if (before.number !== returned.number) {
      change([returned.text, base].filter(Boolean).join('\n\n'));
      area.current?.focus();
    } else {
      setText(base);
    }
  }, [draftKey, returned.number]); // eslint-disable-line react-hooks/exhaustive-deps -- the draft is read when the session changes, each return is taken once
  useLayoutEffect(() => {
    if (area.current) {
      area.current.style.height = 'auto';
      if (caret.current !== null) {
        area.current.setSelectionRange(caret.current, caret.current);
        caret.current = null;
      }
      area.current.style.height = `${Math.min(TALLEST_PX, area.current.scrollHeight)}px`;
    }
  }, [text]);
  return { area, text, change };
}

/** ↑ in an empty composer walks back through what was sent, ↓ forward again. */
function useHistory({ history }: ComposerProps, text: string, change: (text: string) => void) {
  const place = useRef<{ index: number; shown: string } | null>(null);
  return (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    const entries = history();
    const isWalking = place.current !== null && place.current.shown === text;
    if (!isWalking && (text !== '' || event.key === 'ArrowDown')) {
      return;
    }
    const from = isWalking && place.current ? place.current.index : entries.length;
    const index = from + (event.key === 'ArrowUp' ? -1 : 1);
    if (index < 0 || index > entries.length) {
      return;
    }
    const shown = entries[index] ?? '';
    place.current = shown ? { index, shown } : null;
    event.preventDefault();
    change(shown);
  };
}
