/** All that keys do here. `?` opens it, wherever no text is written. */
import { useUi } from './ui';
import { Popup } from './Popup';

export function Keys() {
  const { trans } = useUi();
  const keys: [string, string][] = [
    ['Enter', trans.__('send')],
    ['Shift+Enter', trans.__('new line')],
    ['@  /', trans.__('files, cells and variables; commands')],
    ['↑', trans.__('earlier prompts')],
    ['Esc', trans.__('stop; queued prompts return to the composer')],
    ['Enter', trans.__('while a request is open: refuse it with your message')],
    ['Ctrl/⌘+Enter  Esc', trans.__('in the card: allow, deny')],
    ['Alt+↑  Alt+↓', trans.__('between turns')],
    ['Ctrl/⌘+Shift+Enter', trans.__('to the panel, to its card, and back')],
    ['?', trans.__('this list')]
  ];
  return (
    <Popup
      className="jcr-StateLine-button jcr-Keys-button"
      title={trans.__('Keys')}
      role="dialog"
      align="right"
      label="?"
    >
      {() => (
        <dl className="jcr-Keys" tabIndex={-1}>
          {keys.map(([key, meaning]) => (
            <div key={meaning}>
              <dt>
                {key.split('  ').map(one => (
                  <kbd key={one}>{one}</kbd>
                ))}
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      )}
    </Popup>
  );
}

/** Press the button that opens the list. */
export function showKeys(panel: HTMLElement): void {
  panel.querySelector<HTMLElement>('.jcr-Keys-button')?.click();
}
