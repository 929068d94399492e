/**
 * Markdown with its raw HTML turned into text. What stands in code stays as it is; what slips through is the sanitizer's.
 *
 * Diagrams (mermaid) become plain code: their renderer writes into the page before anything can be sanitized.
 */
import { CodeSpans } from './spans';

const FENCE = /^( {0,3})(`{3,}|~{3,})[ \t]*(.*)$/;
/** Code, or the rest of a list's item: which one is the renderer's to know, and only the first would show an entity. */
const INDENTED = /^( {4}|\t)/;
const AUTOLINK = /<(https?:\/\/|mailto:)[^\s<>]*>/iy;
const TICKS = /`+/y;
const TAG = /^<[A-Za-z/!?]/;

export function withoutHtml(source: string): string {
  const out: string[] = [];
  let paragraph: string[] = [];
  let fence: string | null = null;
  const flush = (): void => {
    if (paragraph.length) {
      const text = paragraph.join('\n');
      out.push(INDENTED.test(text) ? text : escapeTags(text));
      paragraph = [];
    }
  };
  for (const line of source.split('\n')) {
    const match = FENCE.exec(line);
    if (fence !== null) {
      out.push(line);
      fence = match?.[2]?.startsWith(fence) && match[3]?.trim() === '' ? null : fence;
    } else if (match && !(match[2]?.startsWith('`') && match[3]?.includes('`'))) {
      flush();
      fence = match[2] ?? null;
      out.push(match[1] + (match[2] ?? '') + language(match[3] ?? ''));
    } else if (line.trim() === '') {
      flush();
      out.push(line);
    } else {
      paragraph.push(line);
    }
  }
  flush();
  return out.join('\n');
}

function language(info: string): string {
  const name = info.trim().split(/\s+/)[0] ?? '';
  return /^mermaid$/i.test(name) || !/^[\w+#.-]*$/.test(name) ? 'text' : name;
}

/** A paragraph with each `<` that begins a tag written as an entity, outside of code spans. */
function escapeTags(text: string): string {
  const spans = new CodeSpans(text);
  let out = '';
  for (let i = 0; i < text.length;) {
    const char = text[i] ?? '';
    const end = char === '`' ? endOfTicks(text, i, spans) : char === '<' ? endOfLink(text, i) : null;
    if (end !== null) {
      out += text.slice(i, end);
      i = end;
    } else if (char === '\\') {
      out += text.slice(i, i + 2);
      i += 2;
    } else {
      out += char === '<' && TAG.test(text.slice(i, i + 2)) ? '&lt;' : char;
      i++;
    }
  }
  return out;
}

/** Where the code span that begins here ends; its backticks alone when nothing closes it. */
function endOfTicks(text: string, start: number, spans: CodeSpans): number {
  TICKS.lastIndex = start;
  const length = TICKS.exec(text)?.[0].length ?? 1;
  return spans.end(start, length) ?? start + length;
}

function endOfLink(text: string, start: number): number | null {
  AUTOLINK.lastIndex = start;
  const link = AUTOLINK.exec(text)?.[0];
  return link === undefined ? null : start + link.length;
}
