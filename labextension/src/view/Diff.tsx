/** A unified diff. Green and red stand here and nowhere else. */
import { parseDiff } from '../lib/diff';
import type { DiffLine } from '../lib/diff';
import { foldBlankLines } from '../lib/folding';
import { visible } from '../lib/visible';
import { BlankLines, LineWithGaps } from './Folded';
import { useTrans } from './trans';

export function Diff({ diff }: { diff: string }) {
  const trans = useTrans();
  return (
    <pre className="jcr-Diff" aria-label={trans.__('Changes')} tabIndex={0}>
      {foldBlankLines(parseDiff(diff), blankKind).map((one, index) => (
        <div key={index} className={`jcr-Diff-line jcr-mod-${one.line.kind}`}>
          {'blank' in one ? <BlankLines count={one.blank} /> : <LineWithGaps line={visible(one.line.text) || ' '} />}
        </div>
      ))}
    </pre>
  );
}

/** Lines without words fold with their own kind. */
function blankKind({ kind, text }: DiffLine): string | null {
  const isChange = kind === 'add' || kind === 'del' || kind === 'same';
  return isChange && !text.slice(1).trim() ? kind : null;
}
