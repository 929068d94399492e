/**
 * Characters that hide or reorder text, spelled out by the server's own table: what a person allows is what they read.
 *
 * Where the server says how a text is to be seen (`params.visible`), that is drawn; this is for all else.
 */
import { HIDDEN, SYMBOLS } from './hidden';

const SPELLED = new RegExp(`[${charactersOf(HIDDEN)}]`, 'gu');
const SYMBOL = new RegExp(`^[${charactersOf(SYMBOLS)}]$`, 'u');
const COLOUR = '\ufe0f';

/** The text with everything unseeable spelled out. */
export function visible(text: string): string {
  return text.replace(SPELLED, (char: string, at: number) => {
    return char === COLOUR && SYMBOL.test(before(text, at)) ? char : `\u27e8U+${hex(char)}\u27e9`;
  });
}

/** The same for what is only read, such as a tool's output: the line ends of Windows are line ends. */
export function readable(text: string): string {
  return visible(text.replaceAll('\r\n', '\n'));
}

/** The character that ends at `at`. */
function before(text: string, at: number): string {
  const pair = text.slice(Math.max(0, at - 2), at);
  return (pair.codePointAt(0) ?? 0) > 0xffff ? pair : pair.slice(-1);
}

/** A table of hidden.ts as the inside of a character class. */
function charactersOf(pairs: string): string {
  const lengths = pairs.split(' ').map(length => parseInt(length, 36));
  let out = '';
  let at = 0;
  for (let i = 0; i < lengths.length; i += 2) {
    const first = at + (lengths[i] ?? 0);
    at = first + (lengths[i + 1] ?? 0);
    out += `\\u{${first.toString(16)}}-\\u{${(at - 1).toString(16)}}`;
  }
  return out;
}

function hex(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
