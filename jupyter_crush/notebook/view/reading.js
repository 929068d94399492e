/** What is put to a person, ready to be read: how much it is, in full, with what is only emptiness counted instead of drawn. */

const MOST_BLANK = 3;
const WIDE_GAP = /[ \t]{81,}/g;
const NAMES_OF_TEXTS = ['diff', 'command', 'code', 'source', 'content'];

/** One parameter, whole, in the form in which it is to be seen. */
function parameter(name, text) {
  if (!NAMES_OF_TEXTS.includes(name) && !text.includes('\n')) {
    return node('div', 'crush-brief', node('small', '', `${visible(name)} `), text);
  }
  const isDiff = name === 'diff';
  const lines = text.replace(/\n$/, '').split('\n');
  const blank = line => (isDiff ? /^[-+ ]?\s*$/.test(line) && `blank ${line[0]}` : !line.trim() && 'blank');
  return node('div', 'crush-params',
    node('small', '', [visible(name), sizeOf(text)].filter(Boolean).join(' · ')),
    node('pre', '', ...foldedLines(lines, blank).map(one => drawnLine(one, isDiff ? kindOfLine(one.line) : ''))));
}

function drawnLine({ line, count }, kind) {
  if (count) return node('span', `${kind} crush-blank`, `⋯ ${count.toLocaleString()} empty lines\n`);
  const parts = [];
  let done = 0;
  for (const { 0: gap, index } of line.matchAll(WIDE_GAP)) {
    parts.push(line.slice(done, index), node('span', 'crush-blank', `⋯ ${gap.length.toLocaleString()} spaces ⋯`));
    done = index + gap.length;
  }
  return node('span', kind, ...parts, `${line.slice(done)}\n`);
}

function kindOfLine(line) {
  return /^(\+\+\+|---) /.test(line) ? '' : { '+': 'crush-added', '-': 'crush-removed' }[line[0]] ?? '';
}

/** Runs of blank lines of one kind as one entry with their count. */
export function foldedLines(lines, kindOf) {
  const made = [];
  for (let at = 0; at < lines.length; ) {
    const kind = kindOf(lines[at]);
    let end = at + 1;
    while (kind && end < lines.length && kindOf(lines[end]) === kind) end++;
    if (kind && end - at > MOST_BLANK) made.push({ line: lines[at], count: end - at });
    else made.push(...lines.slice(at, end).map(line => ({ line })));
    at = end;
  }
  return made;
}

/** How much there is to read; nothing when a look says it. */
export function sizeOf(text) {
  const lines = text.replace(/\n$/, '').split('\n').length;
  const characters = [...text].length;
  if (lines === 1 && characters <= 200) return '';
  return `${lines === 1 ? '1 line' : `${lines.toLocaleString()} lines`}, ${characters.toLocaleString()} characters`;
}
