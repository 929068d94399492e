// @vitest-environment jsdom
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import type { Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Found, Mention } from '../../src/context/mentions';
import { Composer } from '../../src/view/Composer';
import type { ComposerProps } from '../../src/view/Composer';
import { UiProvider } from '../../src/view/ui';
import type { Ui } from '../../src/view/ui';

vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
vi.hoisted(() => {
  // JupyterLab's components look for these when they are loaded, and jsdom has none.
  Object.assign(globalThis, { DragEvent: Event, matchMedia: () => ({ addEventListener: () => undefined }) });
});

const file = (name: string): Mention => ({
  label: name,
  hint: '',
  text: `@${name} `,
  attached: { label: name, attachment: { path: name } }
});
const command = (name: string, isWhole: boolean): Mention => ({
  label: `/${name}`,
  hint: '',
  text: isWhole ? `/${name}` : `/${name} `,
  attached: null,
  isWhole
});

/** Answers that come when a test says so, in the order of the questions. */
class Answers {
  readonly asked: string[] = [];

  readonly ask = (query: string): Promise<readonly Mention[]> =>
    new Promise(resolve => {
      this.asked.push(query);
      this._waiting.set(query, resolve);
    });

  come(query: string, ...found: Mention[]): Promise<void> {
    return act(async () => this._waiting.get(query)?.(found));
  }

  private readonly _waiting = new Map<string, (found: readonly Mention[]) => void>();
}

const node = document.createElement('div');
const onSend = vi.fn();
const onAttach = vi.fn();
const onStop = vi.fn();
let files = new Answers();
let commands: (typed: string) => Found | null = () => null;
let root: Root;

beforeEach(() => {
  vi.clearAllMocks();
  files = new Answers();
  commands = () => null;
  document.body.append(node);
  root = createRoot(node);
  render();
});

function render({
  isBusy = true,
  notebook = null as string | null,
  attached = [] as unknown[],
  refuses = null as ComposerProps['refuses']
} = {}): void {
  const nothing = (): void => undefined;
  const props = {
    ...{ draftKey: 's', draft: '', history: () => [], returned: { text: '', number: 0 } },
    ...{ isBusy, isDisabled: false, refuses, steers: false, onSteers: nothing, onDraft: nothing, onFiles: nothing },
    ...{ onSend, onAttach, onStop, mentions: { find: files.ask }, commands: (typed: string) => commands(typed) },
    chips: { notebook, isNotebookOff: false, onToggleNotebook: nothing, attached, onDetach: nothing }
  } as unknown as ComposerProps;
  const ui = { trans: { __: (words: string) => words } } as Ui;
  act(() =>
    root.render(
      <UiProvider value={ui}>
        <Composer {...props} />
      </UiProvider>
    )
  );
}

afterEach(() => {
  act(() => root.unmount());
  vi.useRealTimers();
});

const area = (): HTMLTextAreaElement => node.querySelector('textarea') as HTMLTextAreaElement;
const offered = (): (string | null | undefined)[] =>
  [...node.querySelectorAll('[role=option]')].map(one => one.firstChild?.textContent);

/** At the end, as a person does. */
function type(text: string): void {
  for (const character of text) {
    act(() => {
      const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set;
      set?.call(area(), area().value + character);
      area().dispatchEvent(new Event('input', { bubbles: true }));
    });
  }
}

function press(key: string): void {
  act(() => void area().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })));
}

describe('Enter after what is typed fast', () => {
  test('takes nothing that was offered for less of it', async () => {
    type('@s');
    await files.come('s', file('sales.csv'), file('stock.csv'));
    expect(offered()).toEqual(['sales.csv', 'stock.csv']);
    type('to');
    press('Enter');
    expect(onAttach).not.toHaveBeenCalled();
    await files.come('sto', file('stock.csv'));
    expect(area().value).toBe('@stock.csv ');
    expect(onAttach.mock.calls.map(([one]) => one.label)).toEqual(['stock.csv']);
    expect(onSend).not.toHaveBeenCalled();
  });

  test('waits for what is offered, and what is typed meanwhile stands after it', async () => {
    type('look at @sal');
    press('Enter');
    press('Enter');
    type('and sum up');
    await files.come('sal', file('sales.csv'));
    expect(area().value).toBe('look at @sales.csv and sum up');
    expect(onSend).not.toHaveBeenCalled();
  });

  test('sends it when nothing is offered, and keeps what was typed meanwhile', async () => {
    type('ask @ben');
    press('Enter');
    expect(onSend).not.toHaveBeenCalled();
    type('thanks');
    await files.come('ben');
    expect(onSend.mock.calls).toEqual([['ask @ben']]);
    expect(area().value).toBe('thanks');
  });

  test('sends it after a second when nobody knows what to offer', async () => {
    vi.useFakeTimers();
    type('ask @ben');
    press('Enter');
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(onSend.mock.calls).toEqual([['ask @ben']]);
  });

  test('does nothing to what was written in its place meanwhile', async () => {
    type('@sal');
    press('Enter');
    act(() => {
      const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set;
      set?.call(area(), 'no');
      area().dispatchEvent(new Event('input', { bubbles: true }));
    });
    await files.come('sal', file('sales.csv'));
    expect(area().value).toBe('no');
    expect(onSend).not.toHaveBeenCalled();
  });
});

describe('while a card waits', () => {
  test('Enter with words hands them over once, Enter without any does nothing', () => {
    render({ refuses: { isOpen: true }, attached: [file('sales.csv').attached] });
    press('Enter');
    expect(onSend).not.toHaveBeenCalled();
    type('no, stop');
    expect(node.querySelector('.jcr-Composer-hint')?.textContent).toBe('Enter refuses with these words');
    press('Enter');
    expect(onSend.mock.calls).toEqual([['no, stop']]);
    expect(area().value).toBe('');
  });

  test('the words stay until a person could have seen it', () => {
    render({ refuses: { isOpen: false } });
    type('and then this');
    press('Enter');
    expect(onSend).not.toHaveBeenCalled();
    expect(area().value).toBe('and then this');
  });
});

describe('a command', () => {
  const help = command('help', true);

  test('of the panel’s own is taken before those of the workspace have come', () => {
    commands = typed => (typed ? { now: [help], later: new Promise(() => undefined) } : null);
    type('/he');
    press('Enter');
    expect(onSend.mock.calls).toEqual([['/help']]);
    expect(area().value).toBe('');
  });

  test('of the workspace is waited for', async () => {
    const own = new Answers();
    commands = typed => (typed ? { now: [], later: own.ask(typed) } : null);
    type('/ga');
    press('Enter');
    type('penguins.csv');
    await own.come('/ga', command('gaps', false));
    expect(area().value).toBe('/gaps penguins.csv');
    expect(onSend).not.toHaveBeenCalled();
  });

  test('that was chosen stays chosen when more come', async () => {
    const own = new Answers();
    commands = typed =>
      typed ? { now: [command('mode', false), command('model', false)], later: own.ask(typed) } : null;
    type('/mo');
    press('ArrowDown');
    await own.come('/mo', command('mode', false), command('more', true), command('model', false));
    press('Enter');
    expect(area().value).toBe('/model ');
  });
});

describe('without words', () => {
  const send = (): HTMLButtonElement | null => node.querySelector('.jcr-Send');

  test('what is attached can be sent, with Enter and with the button, also while it works', () => {
    render({ attached: [file('sales.csv').attached] });
    press('Enter');
    expect(onSend.mock.calls).toEqual([['']]);
    act(() => send()?.click());
    expect(onSend.mock.calls).toEqual([[''], ['']]);
  });

  test('nothing is sent when nothing is attached, also beside an open notebook', () => {
    render({ isBusy: false, notebook: 'a.ipynb' });
    type('  ');
    press('Enter');
    expect(send()?.disabled).toBe(true);
    expect(onSend).not.toHaveBeenCalled();
  });
});

test('Escape takes back an offer that is out of date, and stops nothing', async () => {
  type('@s');
  await files.come('s', file('sales.csv'));
  type('t');
  press('Escape');
  await files.come('st', file('stock.csv'));
  expect(offered()).toEqual([]);
  expect(onStop).not.toHaveBeenCalled();
});
