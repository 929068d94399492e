/** What is put to a person, ready to be read: how much it is, and nothing of it pushed away by emptiness. Pure. */
import { countPoints } from './codepoints';

/** A line of a text: itself, or how many blank lines of one kind stand here. */
export type FoldedLine<T> = { readonly line: T } | { readonly blank: number; readonly line: T };

/** So many blank lines in a row are not drawn, but counted. */
const MOST_BLANK = 3;
/** So many blanks in a line are not drawn, but counted. */
const WIDE = /[ \t]{81,}/g;

/** Runs of blank lines as one. `isBlank` of lines that belong together says the same `kindOf`. */
export function foldBlankLines<T>(lines: readonly T[], blankKind: (line: T) => string | null): FoldedLine<T>[] {
  const out: FoldedLine<T>[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at] as T;
    const kind = blankKind(line);
    let end = at + 1;
    while (kind !== null && end < lines.length && blankKind(lines[end] as T) === kind) {
      end++;
    }
    if (kind !== null && end - at > MOST_BLANK) {
      out.push({ blank: end - at, line });
    } else {
      lines.slice(at, end).forEach(one => out.push({ line: one }));
    }
    at = end;
  }
  return out;
}

/** The parts of a line between its wide gaps, and the gaps as how many blanks they are. */
export function splitGaps(line: string): (string | number)[] {
  const parts: (string | number)[] = [];
  let done = 0;
  for (const { 0: gap, index } of line.matchAll(WIDE)) {
    parts.push(line.slice(done, index), gap.length);
    done = index + gap.length;
  }
  parts.push(line.slice(done));
  return parts.filter(part => part !== '');
}

export interface Size {
  readonly lines: number;
  readonly characters: number;
}

/** How much a text is; null when a look says it. A last line end begins no line. */
export function sizeOf(text: string): Size | null {
  const lines = text.replace(/\n$/, '').split('\n').length;
  const characters = countPoints(text);
  return lines > 1 || characters > 200 ? { lines, characters } : null;
}
