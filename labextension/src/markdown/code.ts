/** What can be done with a block of code in an answer: the buttons, and which one was pressed. */
import type { TranslationBundle } from '@jupyterlab/translation';

export type CodeAction = 'copy' | 'insert' | 'replace' | 'run';

export interface CodePress {
  readonly action: CodeAction;
  readonly code: string;
}

/** Give each block of code in `node` its buttons. They are made here, after the sanitizer: text cannot make them. */
export function addCodeActions(node: HTMLElement, trans: TranslationBundle): void {
  node.querySelectorAll('pre').forEach(pre => {
    if (pre.parentElement?.classList.contains('jcr-CodeBlock')) {
      return;
    }
    const frame = document.createElement('div');
    frame.className = 'jcr-CodeBlock';
    pre.replaceWith(frame);
    frame.append(pre, bar(trans));
    pre.tabIndex = 0;
  });
}

/** The button that was pressed, and the code it stands at. */
export function codePress(target: EventTarget | null): CodePress | null {
  const button = target instanceof Element ? target.closest<HTMLElement>('button[data-crush-code]') : null;
  const code = button?.closest('.jcr-CodeBlock')?.querySelector('pre')?.textContent;
  return button && code != null
    ? { action: button.dataset['crushCode'] as CodeAction, code: code.replace(/\n$/, '') }
    : null;
}

function bar(trans: TranslationBundle): HTMLElement {
  const actions: [CodeAction, string, string][] = [
    ['copy', trans.__('Copy'), trans.__('Copy this code')],
    ['insert', trans.__('Insert'), trans.__('Insert as a new cell below the active one')],
    ['replace', trans.__('Replace'), trans.__('Replace the active cell')],
    ['run', trans.__('Run'), trans.__('Insert as a new cell and run it')]
  ];
  const node = document.createElement('div');
  node.className = 'jcr-CodeBlock-bar';
  for (const [action, label, title] of actions) {
    const button = document.createElement('button');
    button.dataset['crushCode'] = action;
    button.textContent = label;
    button.title = title;
    node.append(button);
  }
  return node;
}
