/** What is selected somewhere, as text to attach: where it stands in its first line, and no more of it than can be useful. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Attached } from '../session/attached';

const MOST_CHARS = 20_000;

/** As much of a code editor as is looked at. */
interface Editor {
  getSelection(): { start: Position; end: Position };
  getOffsetAt(position: Position): number;
  readonly model: { readonly sharedModel: { getSource(): string } };
}

interface Position {
  readonly line: number;
  readonly column: number;
}

/** Some lines of an editor; null: nothing is selected there. */
export function selectedIn(
  editor: Editor | null | undefined,
  where: string,
  name: string,
  trans: TranslationBundle
): Attached | null {
  if (!editor) {
    return null;
  }
  const { start, end } = editor.getSelection();
  const offsets = [editor.getOffsetAt(start), editor.getOffsetAt(end)].sort((a, b) => a - b);
  const text = editor.model.sharedModel.getSource().slice(...offsets);
  const [first, last] = [start.line + 1, end.line + 1].sort((a, b) => a - b) as [number, number];
  const lines = first === last ? trans.__('line %1', first) : trans.__('lines %1–%2', first, last);
  return text.trim() ? attachSelection(text, `lines ${first}-${last} of ${where}`, `${lines} · ${name}`) : null;
}

/** What the page's own selection holds below a node: words of an output, of rendered text. */
export function selectedText(node: Node, where: string, name: string, trans: TranslationBundle): Attached | null {
  const selection = window.getSelection();
  const text = selection?.anchorNode && node.contains(selection.anchorNode) ? selection.toString() : '';
  return text.trim() ? attachSelection(text, where, `${trans.__('selection')} · ${name}`) : null;
}

function attachSelection(text: string, where: string, label: string): Attached {
  const more = text.length > MOST_CHARS ? `\n[${text.length - MOST_CHARS} more characters are not shown]` : '';
  return { label, attachment: { label, text: `Selected in ${where}:\n${text.slice(0, MOST_CHARS)}${more}` } };
}
