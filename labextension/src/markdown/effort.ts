/**
 * Text that JupyterLab's renderer would stand still on. Before each parsing it looks for the end of every run of backticks and of
 * every mark of emphasis in all that follows: thousands that nothing closes stop the page for minutes. Such a block is shown as it
 * was written. What is counted here is counted in one pass, and bounds the work for each character of the block.
 */
import { CodeSpans } from './spans';

/** Looks at one character, for each character of the block. */
const MOST_LOOKS = 1000;
/** Runs of emphasis that are not closed in their own line. */
const MOST_LONE = 100;
const MOST_SPANS = 5000;
const MOST_FENCES = 500;
const LONGEST_RUN = 100;

const WORD = /[\p{L}\p{N}]/u;

export function isTooMuch(block: string): boolean {
  const lines = block.split('\n');
  const fences = lines.filter(line => line.startsWith('```') || line.startsWith('~~~')).length;
  const marks = block.match(/`+|\\.|\]\(/g) ?? [];
  if (fences > MOST_FENCES || marks.length > MOST_SPANS || marks.some(mark => mark.length > LONGEST_RUN)) {
    return true;
  }
  let looks = 0;
  let lone = 0;
  for (const line of lines) {
    const { text, open } = withoutCode(line);
    looks += open * line.length;
    lone += loneMarks(text);
  }
  return looks > MOST_LOOKS * block.length || lone > MOST_LONE;
}

/** A line with its code spans as letters, and how often the renderer looks at all of it for those that nothing closes. */
function withoutCode(line: string): { text: string; open: number } {
  const spans = new CodeSpans(line);
  let text = '';
  let open = 0;
  let done = 0;
  for (const { 0: found, index } of line.matchAll(/\\.|`+/g)) {
    if (index < done) {
      continue;
    }
    const isTicks = found.startsWith('`');
    const end = isTicks ? spans.end(index, found.length) : null;
    open += isTicks && end === null ? found.length ** 2 : 0;
    text += line.slice(done, index) + 'x';
    done = end ?? index + found.length;
  }
  return { text: text + line.slice(done), open };
}

interface Run {
  readonly length: number;
  readonly opens: boolean;
  readonly closes: boolean;
}

/** How many runs of emphasis stand in a line in which they do not open and close by turns. */
function loneMarks(line: string): number {
  const found: Record<string, Run[]> = { '*': [], _: [], '~': [] };
  for (const { 0: run, 1: sign = '', index: at } of line.matchAll(/([*_~])\1*/g)) {
    const before = line[at - 1] ?? ' ';
    const after = line[at + run.length] ?? ' ';
    const opens = /\S/.test(after);
    const closes = /\S/.test(before);
    if ((opens || closes) && !(sign === '_' && WORD.test(before) && WORD.test(after))) {
      found[sign]?.push({ length: run.length, opens, closes });
    }
  }
  return Object.values(found).reduce((sum, runs) => sum + (isPaired(runs) ? 0 : runs.length), 0);
}

function isPaired(runs: readonly Run[]): boolean {
  return (
    runs.length % 2 === 0 &&
    runs.every(({ opens, closes, length }, index) =>
      index % 2 === 0 ? opens : closes && length === runs[index - 1]?.length
    )
  );
}
