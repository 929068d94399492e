/**
 * Which turns of a long transcript are in the page, and where each stands: by their heights as far as they were seen, and a guess
 * for the others. Where a person reads is kept as a turn and a distance from its top, so that what comes or grows above it
 * moves nothing.
 */
export interface Extent {
  /** The turns from `first` to before `end` are in the page. */
  readonly first: number;
  readonly end: number;
  /** Pixels that the turns before them, and after them, take. */
  readonly above: number;
  readonly below: number;
}

/** `fromEnd` is for a turn that is no more: it became a part of another one. */
export interface Place {
  readonly key: string;
  readonly offset: number;
  readonly fromEnd: number;
}

/** Of a turn that was never in the page. */
export const GUESS_PX = 160;
/** In the page though out of sight: as much as is scrolled in a moment. */
const AROUND_PX = 900;

/** Owner of the heights of turns, by key. */
export class Heights {
  of(key: string): number {
    return this._known.get(key) ?? GUESS_PX;
  }

  /** Whether it is news. */
  set(key: string, height: number): boolean {
    const isNew = Math.abs(this.of(key) - height) >= 0.5;
    this._known.set(key, height);
    return isNew;
  }

  total(keys: readonly string[]): number {
    return keys.reduce((sum, key) => sum + this.of(key), 0);
  }

  private readonly _known = new Map<string, number>();
}

/** The turns in the page when pixels `top` to `bottom` are in sight. There is always one, if there is any. */
export function extentOf(keys: readonly string[], heights: Heights, top: number, bottom: number): Extent {
  let first = keys.length;
  let end = keys.length;
  let above = 0;
  let at = 0;
  keys.forEach((key, index) => {
    const next = at + heights.of(key);
    if (next > top - AROUND_PX && first === keys.length) {
      first = index;
      above = at;
    }
    if (at > bottom + AROUND_PX && end === keys.length) {
      end = index;
    }
    at = next;
  });
  if (first === keys.length && keys.length) {
    first = keys.length - 1;
    above = at - heights.of(keys[first] ?? '');
  }
  end = Math.min(keys.length, Math.max(end, first + 1));
  return { first, end, above, below: at - above - heights.total(keys.slice(first, end)) };
}

/** What stands at pixel `top`. */
export function placeAt(keys: readonly string[], heights: Heights, top: number): Place {
  let at = 0;
  for (const key of keys) {
    const next = at + heights.of(key);
    if (next > top) {
      return { key, offset: top - at, fromEnd: heights.total(keys) - top };
    }
    at = next;
  }
  return { key: '', offset: 0, fromEnd: at - top };
}

/** The pixel where `place` is now. */
export function topOf(keys: readonly string[], heights: Heights, place: Place): number {
  const index = keys.indexOf(place.key);
  return index < 0
    ? heights.total(keys) - place.fromEnd
    : heights.total(keys.slice(0, index)) + Math.min(place.offset, heights.of(place.key));
}
