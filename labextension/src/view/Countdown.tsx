/** The seconds until something is tried again; not read out, for the words before it say it once. */
import { useEffect, useState } from 'react';
import { seconds } from '../lib/format';

export function Countdown({ ms }: { ms: number }) {
  const [end] = useState(() => performance.now() + ms);
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const left = Math.ceil((end - now) / 1000) * 1000;
  return left > 0 ? (
    <span className="jcr-Countdown" aria-hidden="true">
      {seconds(left)}
    </span>
  ) : null;
}
