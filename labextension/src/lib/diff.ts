/**
 * A unified diff, read line by line with its hunks' own counts: a removed line may begin with "-- ", and nothing of what is
 * shown for permission may be taken for a header and left out.
 */
export interface DiffLine {
  readonly kind: 'file' | 'hunk' | 'add' | 'del' | 'same' | 'note';
  readonly text: string;
}

const NOTHING = '/dev/null';
const HUNK = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

export function parseDiff(diff: string): DiffLine[] {
  const lines = diff.replace(/\n$/, '').split('\n');
  const parsed: DiffLine[] = [];
  let left = { old: 0, new: 0 };
  for (let at = 0; at < lines.length; at++) {
    const text = lines[at] ?? '';
    const hunk = left.old || left.new ? null : HUNK.exec(text);
    const next = lines[at + 1] ?? '';
    if (hunk) {
      left = { old: Number(hunk[1] ?? 1), new: Number(hunk[2] ?? 1) };
      parsed.push({ kind: 'hunk', text });
    } else if (!left.old && !left.new && text.startsWith('--- ') && next.startsWith('+++ ')) {
      parsed.push({ kind: 'file', text: fileName(text.slice(4), next.slice(4)) });
      at++;
    } else {
      const kind = kindOf(text);
      left = { old: Math.max(0, left.old - uses(kind, 'del')), new: Math.max(0, left.new - uses(kind, 'add')) };
      parsed.push({ kind, text });
    }
  }
  return parsed;
}

function kindOf(text: string): DiffLine['kind'] {
  return ({ '+': 'add', '-': 'del', '\\': 'note' } as const)[text[0] ?? ''] ?? 'same';
}

/** Whether a line counts for the old text (`del`) or the new (`add`): an unchanged one for both. */
function uses(kind: DiffLine['kind'], side: 'add' | 'del'): number {
  return kind === side || kind === 'same' ? 1 : 0;
}

/** What is made or removed has one name, and its own words for that. */
function fileName(before: string, after: string): string {
  if (before === NOTHING || after === NOTHING) {
    return before === NOTHING ? after : before;
  }
  return before === after ? after : `${before} → ${after}`;
}
