/**
 * Markdown with its raw HTML turned into text. What stands in code stays as it is; what slips through is the sanitizer's.
 *
 * Diagrams (mermaid) become plain code: their renderer writes into the page before anything can be sanitized.
 */
const FENCE = /^( {0,3})(`{3,}|~{3,})[ \t]*(.*)$/;
/** Code, or the rest of a list's item: which one is the renderer's to know, and only the first would show an entity. */
const INDENTED = /^( {4}|\t)/;
const AUTOLINK = /^<(https?:\/\/|mailto:)[^\s<>]*>/i;
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
  let out = '';
  for (let i = 0; i < text.length;) {
    const rest = text.slice(i);
    const ticks = /^`+/.exec(rest)?.[0];
    const link = AUTOLINK.exec(rest)?.[0];
    if (ticks) {
      const span = codeSpan(text, i, ticks) ?? ticks;
      out += span;
      i += span.length;
    } else if (link) {
      out += link;
      i += link.length;
    } else if (text[i] === '\\') {
      out += text.slice(i, i + 2);
      i += 2;
    } else {
      out += TAG.test(rest) ? '&lt;' : text[i];
      i++;
    }
  }
  return out;
}

/** The code span that `ticks` at `start` opens, to its end; null when nothing closes it. */
function codeSpan(text: string, start: number, ticks: string): string | null {
  const after = start + ticks.length;
  const close = new RegExp('(?<!`)' + ticks + '(?!`)', 'g');
  close.lastIndex = after;
  const match = close.exec(text);
  return match ? text.slice(start, match.index + ticks.length) : null;
}
