/** A unified diff. Green and red stand here and nowhere else. */
import { parseDiff } from '../diff';
import { visible } from '../visible';
import { useUi } from './ui';

export function Diff({ diff }: { diff: string }) {
  const { trans } = useUi();
  return (
    <pre className="jcr-Diff" aria-label={trans.__('Changes')} tabIndex={0}>
      {parseDiff(diff).map((line, index) => (
        <div key={index} className={`jcr-Diff-line jcr-mod-${line.kind}`}>
          {visible(line.text) || ' '}
        </div>
      ))}
    </pre>
  );
}
