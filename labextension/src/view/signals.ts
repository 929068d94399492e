/** Lumino's signals for React: render again when one is emitted. */
import type { ISignal } from '@lumino/signaling';
import { useEffect, useReducer, useState } from 'react';

export function useSignals(...signals: ISignal<unknown, unknown>[]): void {
  const [, render] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    signals.forEach(signal => signal.connect(render));
    return () => signals.forEach(signal => signal.disconnect(render));
  }, signals); // eslint-disable-line react-hooks/exhaustive-deps -- a list of signals, always as long
}

/** The last value of a signal, numbered so that the same value twice is two. */
export function useNumbered<T>(signal: ISignal<unknown, T>, first: T): { value: T; number: number } {
  const [state, setState] = useState({ value: first, number: 0 });
  useEffect(() => {
    const take = (_: unknown, value: T): void => setState(({ number }) => ({ value, number: number + 1 }));
    signal.connect(take);
    return () => void signal.disconnect(take);
  }, [signal]);
  return state;
}
