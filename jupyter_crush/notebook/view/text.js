/**
 * The chat in a cell: one ES module, no bundle; widget.py joins hidden.js, this file, session.js, roles.js, ways.js, reading.js, cards.js and chat.js, in this order.
 *
 * Text of models, tools and files is hostile: every node is made with createElement and textContent, nothing is ever parsed as
 * HTML, no address becomes a link, an image or a request. Two ways lead to the server with the same messages: the browser's one
 * shared stream (`globalThis.jupyterCrush`, offered by the JupyterLab extension), or the kernel over this widget's comm.
 * Opening a notebook runs nothing: the view shows the last state, and only looks whether there is somebody to attach to.
 */

const SPELLED = new RegExp(`[${charactersOf(HIDDEN)}]`, 'gu');
const SYMBOL = new RegExp(`^[${charactersOf(SYMBOLS)}]$`, 'u');

/** A table of hidden.js as the inside of a character class. */
function charactersOf(pairs) {
  const lengths = pairs.split(' ').map(length => parseInt(length, 36));
  let made = '';
  let at = 0;
  for (let index = 0; index < lengths.length; index += 2) {
    const first = at + lengths[index];
    at = first + lengths[index + 1];
    made += `\\u{${first.toString(16)}}-\\u{${(at - 1).toString(16)}}`;
  }
  return made;
}

/** The text with everything unseeable spelled out, as the server does it; one U+FE0F after a symbol is what people write. */
export function visible(text) {
  const whole = String(text);
  return whole.replace(SPELLED, (char, at) => {
    const pair = whole.slice(Math.max(0, at - 2), at);
    const before = pair.codePointAt(0) > 0xffff ? pair : pair.slice(-1);
    if (char === '\ufe0f' && SYMBOL.test(before)) return char;
    return `\u27e8U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}\u27e9`;
  });
}

/** The same for what is only read, such as a tool's output: the line ends of Windows are line ends. */
function readable(text) {
  return visible(String(text).replaceAll('\r\n', '\n'));
}

function node(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter(child => child !== null));
  return made;
}

const INLINE = /\*\*([^*\n]+)\*\*|(?<!\w)[*_]([^*_\n]+)[*_](?!\w)|!?\[([^\]\n]{0,500})\]\(([^)\s]{0,2000})(?: [^)\n]{0,500})?\)/g;

/** The code spans of a line as [begin, end, text], in one pass: each run of backticks is looked at once. */
function codeSpans(text) {
  const runs = [...text.matchAll(/`+/g)];
  const next = new Map();
  const closing = runs.map(() => null);
  for (let index = runs.length - 1; index >= 0; index--) {
    const { length } = runs[index][0];
    closing[index] = next.get(length) ?? null;
    next.set(length, index);
  }
  const spans = [];
  for (let index = 0; index < runs.length; index++) {
    const close = closing[index];
    if (close === null) continue;
    const begin = runs[index].index + runs[index][0].length;
    spans.push([runs[index].index, runs[close].index + runs[close][0].length, text.slice(begin, runs[close].index)]);
    index = close;
  }
  return spans;
}

function inline(text) {
  const nodes = [];
  let place = 0;
  for (const [begin, end, code] of codeSpans(text)) {
    nodes.push(...emphasized(text.slice(place, begin)), node('code', '', code.trim()));
    place = end;
  }
  nodes.push(...emphasized(text.slice(place)));
  return nodes;
}

function emphasized(text) {
  const nodes = [];
  let place = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(text.slice(place, match.index));
    place = match.index + match[0].length;
    if (match[1]) nodes.push(node('strong', '', match[1]));
    else if (match[2]) nodes.push(node('em', '', match[2]));
    else nodes.push(`${match[3]} (${match[4]})`);
  }
  nodes.push(text.slice(place));
  return nodes;
}

/** The usual Markdown as nodes; what it does not know stays as it was written. */
export function markdown(text) {
  const made = node('div', 'crush-text');
  const lines = readable(text).split('\n');
  let block = null;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index];
    const fence = /^ {0,3}(`{3,}|~{3,})/.exec(line);
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    const item = /^\s*(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/.exec(line);
    if (fence) {
      const code = [];
      const isEnd = one => one.trim().startsWith(fence[1]) && !one.trim().replaceAll(fence[1][0], '');
      while (++index < lines.length && !isEnd(lines[index])) code.push(lines[index]);
      made.append(node('pre', '', node('code', '', code.join('\n'))));
      block = null;
    } else if (heading) {
      made.append(node(`h${Math.min(heading[1].length + 2, 6)}`, '', ...inline(heading[2])));
      block = null;
    } else if (item) {
      const tag = item[1] ? 'OL' : 'UL';
      if (block?.tagName !== tag) made.append((block = node(tag, '')));
      block.append(node('li', '', ...inline(item[2])));
    } else if (!line.trim()) {
      block = null;
    } else {
      if (!block) made.append((block = node('p', '')));
      const into = block.lastElementChild?.tagName === 'LI' ? block.lastElementChild : block;
      if (into.childNodes.length) into.append(node('br', ''));
      into.append(...inline(line.trim()));
    }
  }
  return made;
}
