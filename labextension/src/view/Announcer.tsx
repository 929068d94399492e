/** Says an answer once it is whole, for those who do not see it come; what streams is read out by nobody. */
import { useEffect, useRef, useState } from 'react';
import type { Turn } from '../session/turns';
import { useUi } from './ui';

/** Of an answer; the rest is there to be read. */
const SPOKEN_CHARS = 300;

export function Announcer({ last, isBusy }: { last: Turn | undefined; isBusy: boolean }) {
  const { trans } = useUi();
  const [said, say] = useState('');
  const wasBusy = useRef(isBusy);
  useEffect(() => {
    const text = last?.items.findLast(item => item.kind === 'text')?.part.text ?? '';
    if (wasBusy.current && !isBusy && text) {
      say(trans.__('The answer: %1', text.slice(0, SPOKEN_CHARS)));
    } else if (isBusy) {
      say('');
    }
    wasBusy.current = isBusy;
  }, [isBusy, last, trans]);
  return (
    <div className="jcr-Spoken" aria-live="polite">
      {said}
    </div>
  );
}
