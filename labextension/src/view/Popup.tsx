/** A button and what it opens: closed by Escape, by a click or the focus going elsewhere, and by what is chosen in it. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { FocusEvent, KeyboardEvent, ReactNode } from 'react';

interface PopupProps {
  readonly label: ReactNode;
  readonly title: string;
  readonly className?: string;
  readonly align?: 'left' | 'right';
  readonly role?: 'menu' | 'dialog';
  /** It shows what is chosen, and does not open. */
  readonly isDisabled?: boolean;
  /** Below the menu, and no part of it. */
  readonly footer?: ReactNode;
  readonly children: (close: () => void) => ReactNode;
}

export function Popup({
  label,
  title,
  className,
  align = 'left',
  role = 'menu',
  isDisabled = false,
  footer,
  children
}: PopupProps) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = useCallback(() => {
    setOpen(false);
    button.current?.focus();
  }, []);
  useEffect(() => {
    if (!isOpen) {
      return undefined;
    }
    root.current?.querySelector<HTMLElement>('.jcr-Popup :is(input, button, [tabindex])')?.focus();
    const outside = (event: PointerEvent): void => {
      if (!root.current?.contains(event.target as Node)) {
        setOpen(false);
      }
    };
    document.addEventListener('pointerdown', outside, true);
    return () => document.removeEventListener('pointerdown', outside, true);
  }, [isOpen]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && isOpen) {
      event.stopPropagation();
      close();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      moveFocus(root.current, event);
    }
  };
  const onBlur = (event: FocusEvent): void => {
    if (event.relatedTarget && !root.current?.contains(event.relatedTarget)) {
      setOpen(false);
    }
  };
  return (
    <div className="jcr-PopupAnchor" ref={root} onKeyDown={onKeyDown} onBlur={onBlur}>
      <button
        ref={button}
        className={className}
        title={title}
        disabled={isDisabled}
        aria-haspopup={role}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
      </button>
      {isOpen && (
        <div className={`jcr-Popup jcr-mod-${align}`}>
          <div role={role} aria-label={title}>
            {children(close)}
          </div>
          {footer}
        </div>
      )}
    </div>
  );
}

function moveFocus(root: HTMLElement | null, event: KeyboardEvent): void {
  const stops = [...(root?.querySelectorAll<HTMLElement>('.jcr-Popup input, .jcr-Popup [data-stop]') ?? [])];
  if (stops.length) {
    const at = stops.indexOf(document.activeElement as HTMLElement);
    const next = (at + (event.key === 'ArrowDown' ? 1 : stops.length - 1)) % stops.length;
    stops[at < 0 ? 0 : next]?.focus();
    event.preventDefault();
  }
}

interface ChoiceProps {
  readonly isChosen?: boolean;
  readonly name: string;
  readonly hint?: string;
  readonly onChoose: () => void;
}

/** One line of a menu. */
export function PopupChoice({ isChosen, name, hint, onChoose }: ChoiceProps) {
  const role = isChosen === undefined ? 'menuitem' : 'menuitemradio';
  return (
    <button className="jcr-Choice" role={role} aria-checked={isChosen} data-stop onClick={onChoose}>
      <span className="jcr-Choice-mark">{isChosen ? '✓' : ''}</span>
      <span className="jcr-Choice-name">{name}</span>
      {hint && <span className="jcr-Choice-hint">{hint}</span>}
    </button>
  );
}
