/** Text that is put to a person: in full, with what is only emptiness counted instead of drawn. */
import { Fragment } from 'react';
import { foldBlankLines, splitGaps, sizeOf } from '../lib/folding';
import { useTrans } from './trans';

/** Code or a command, of which a copy is the text itself; hidden characters are spelled out already. */
export function FoldedCode({ text, label }: { text: string; label: string }) {
  const lines = foldBlankLines(text.replace(/\n$/, '').split('\n'), line => (line.trim() ? null : 'blank'));
  return (
    <>
      <TextSize text={text} />
      <pre className="jcr-Code" aria-label={label}>
        {lines.map((one, index) => (
          <Fragment key={index}>
            <span className="jcr-Code-line">
              {'blank' in one ? <BlankLines count={one.blank} /> : <LineWithGaps line={one.line} />}
            </span>
            {index < lines.length - 1 && '\n'}
          </Fragment>
        ))}
      </pre>
    </>
  );
}

/** A line with wide gaps as how many spaces they are. */
export function LineWithGaps({ line }: { line: string }) {
  const trans = useTrans();
  return (
    <>
      {splitGaps(line).map((part, index) =>
        typeof part === 'string' ? (
          part
        ) : (
          <span key={index} className="jcr-Blank">
            {trans.__('⋯ %1 spaces ⋯', part.toLocaleString())}
          </span>
        )
      )}
    </>
  );
}

export function BlankLines({ count }: { count: number }) {
  const trans = useTrans();
  return <span className="jcr-Blank">{trans.__('⋯ %1 empty lines', count.toLocaleString())}</span>;
}

/** How much there is to read, unless a look says it. */
export function TextSize({ text }: { text: string }) {
  const trans = useTrans();
  const size = sizeOf(text);
  if (!size) {
    return null;
  }
  const characters = size.characters.toLocaleString();
  return (
    <div className="jcr-Card-size">
      {size.lines === 1
        ? trans.__('1 line, %1 characters', characters)
        : trans.__('%1 lines, %2 characters', size.lines.toLocaleString(), characters)}
    </div>
  );
}
