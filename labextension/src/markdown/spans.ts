/** Where the code spans of a paragraph end, found in one pass: the parts of a hostile answer may be looked at once, not once each. */

/** Owner of the runs of backticks of one text that have not been passed. Ask in the order of the text. */
export class CodeSpans {
  constructor(text: string) {
    for (const { 0: run, index } of text.matchAll(/`+/g)) {
      const starts = this._starts.get(run.length) ?? [];
      starts.push(index);
      this._starts.set(run.length, starts);
    }
  }

  /** The end of the span that a run of `length` at `start` opens; null when nothing closes it. */
  end(start: number, length: number): number | null {
    const starts = this._starts.get(length);
    if (!starts) {
      return null;
    }
    let next = this._next.get(length) ?? 0;
    while (next < starts.length && (starts[next] ?? 0) < start + length) {
      next++;
    }
    this._next.set(length, next);
    const close = starts[next];
    return close === undefined ? null : close + length;
  }

  private readonly _starts = new Map<number, number[]>();
  /** By length: the first run that may still close something. */
  private readonly _next = new Map<number, number>();
}
