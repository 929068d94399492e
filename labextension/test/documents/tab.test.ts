import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AttachedTab } from '../../src/documents/tab';

/** What a tab has to do with: the server, and one document that was loaded when its file was `loaded`, and is `disk` now. */
function setUp(loaded: string, disk: string) {
  const log: string[] = [];
  const context = {
    path: 'a.py',
    contentsModel: { hash: loaded },
    model: { dirty: false, sharedModel: { getSource: () => '' } },
    isDisposed: false,
    revert: () => Promise.resolve(void log.push('reloaded'))
  };
  const open = {
    changed: new Signal<object, void>({}),
    all: [{ type: 'file', path: 'a.py', context }],
    presence: () => [{ path: 'a.py', type: 'file', dirty: false, focused: true }]
  };
  const live = {
    changed: new Signal<object, void>({}),
    arrived: new Signal<object, never[]>({}),
    connection: 'live',
    workspace: { id: 'w' },
    clientId: 'c',
    startOnce: () => undefined,
    client: { putPresence: () => Promise.resolve(void log.push('said')) }
  };
  const get = (): Promise<object> => {
    log.push('looked at');
    return Promise.resolve({ hash: disk });
  };
  const tab = new AttachedTab('t', live as never, open as never, { get } as never);
  return { open, log, tab };
}

describe('a document that is opened', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('window', new EventTarget());
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test('shows what was written before the server knew of it', async () => {
    const { open, log } = setUp('1', '2');
    open.changed.emit();
    await vi.advanceTimersByTimeAsync(100);
    expect(log).toEqual(['said', 'looked at', 'reloaded']);
  });

  test('is looked at once, and is told of once', async () => {
    const { open, log, tab } = setUp('1', '1');
    let told = 0;
    tab.attached.connect(() => (told += 1));
    for (let times = 0; times < 3; times++) {
      open.changed.emit();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(log).toEqual(['said', 'looked at', 'said', 'said']);
    expect(told).toBe(1);
  });
});
