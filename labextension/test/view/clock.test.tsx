// @vitest-environment jsdom
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import type { Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Countdown } from '../../src/view/Countdown';
import { ElapsedTime } from '../../src/view/ElapsedTime';
import { UiProvider } from '../../src/view/ui';
import type { Ui } from '../../src/view/ui';

vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);

const HOUR_MS = 3_600_000;
const node = document.createElement('div');
let root: Root;

beforeEach(() => {
  vi.useFakeTimers();
  root = createRoot(node);
});

afterEach(() => {
  act(() => root.unmount());
  vi.useRealTimers();
});

/** Three seconds, in which somebody sets the clock. */
function passes(jump: number): void {
  act(() => {
    vi.setSystemTime(Date.now() + jump);
    vi.advanceTimersByTime(3_000);
  });
}

describe.each([
  ['back', -HOUR_MS],
  ['forward', HOUR_MS]
])('when the clock is set %s', (_, jump) => {
  test('a tool has run for as long as it has', () => {
    const ui = { since: new Map<string, number>() } as unknown as Ui;
    act(() => root.render(<UiProvider value={ui}>{<ElapsedTime callId="c1" />}</UiProvider>));
    passes(jump);
    expect(node.textContent).toBe('3s');
  });

  test('what is tried again is counted down to as before', () => {
    act(() => root.render(<Countdown ms={10_000} />));
    passes(jump);
    expect(node.textContent).toBe('7s');
  });
});
