/** How long a tool runs already, second by second. */
import { useEffect, useReducer } from 'react';
import { seconds } from '../lib/format';
import { useUi } from './ui';

/** Before that it is no news. */
const SHOWN_MS = 2_000;

export function ElapsedTime({ callId }: { callId: string }) {
  const { since } = useUi();
  const [, tick] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(tick, 1_000);
    return () => clearInterval(timer);
  }, []);
  const begun = since.get(callId) ?? performance.now();
  since.set(callId, begun);
  const taken = performance.now() - begun;
  return taken < SHOWN_MS ? null : <span className="jcr-Line-time">{seconds(taken)}</span>;
}
