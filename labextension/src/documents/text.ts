/** Texts that change in place, and that two have changed. */
import type { ISharedCell, ISharedNotebook, ISharedText } from '@jupyter/ydoc';

interface Difference {
  readonly start: number;
  /** In the former text. */
  readonly end: number;
  readonly text: string;
}

function difference(former: string, wanted: string): Difference {
  const most = Math.min(former.length, wanted.length);
  let start = 0;
  while (start < most && former[start] === wanted[start]) {
    start++;
  }
  let same = 0;
  while (same < most - start && former[former.length - 1 - same] === wanted[wanted.length - 1 - same]) {
    same++;
  }
  return { start, end: former.length - same, text: wanted.slice(start, wanted.length - same) };
}

/** Replace what is different, so that cursors stay. */
export function splice(shared: ISharedCell | ISharedText, wanted: string): void {
  const former = shared.getSource();
  if (former !== wanted) {
    const { start, end, text } = difference(former, wanted);
    shared.updateSource(start, end, text);
  }
}

/** One entry in the history of what is changed. */
export function inOneUndoStep(of: ISharedCell | ISharedText | ISharedNotebook, change: () => void): void {
  const history = (of as { undoManager?: { stopCapturing(): void } | null }).undoManager;
  history?.stopCapturing();
  change();
  history?.stopCapturing();
}

/** What two made of the same text: theirs, with all that was typed here. */
export function mergeText(was: string, mine: string, theirs: string): string {
  if (mine === was) {
    return theirs;
  }
  if (theirs === was) {
    return mine;
  }
  const { start, end, text } = difference(was, mine);
  const after = was.slice(end);
  const at = theirs.startsWith(was.slice(0, start))
    ? start
    : theirs.endsWith(after)
      ? theirs.length - after.length
      : theirs.length;
  return theirs.slice(0, at) + text + theirs.slice(at);
}
