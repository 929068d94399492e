/**
 * Text measured as the server measures it: in code points, not in UTF-16 units.
 *
 * Lengths of texts that grow are remembered for the object that holds them, so that a delta costs its own length only.
 */
const lengths = new WeakMap<object, number>();

/** The number of code points of `text`. A lone surrogate counts as one. */
export function countPoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    if (isHigh(text.charCodeAt(i)) && isLow(text.charCodeAt(i + 1))) {
      count--;
      i++;
    }
  }
  return count;
}

/** `text` without its first `points` code points. */
export function dropPoints(text: string, points: number): string {
  return text.slice(unitsOf(text, points));
}

/** The index of the UTF-16 unit at which code point number `points` begins; the length when there are fewer. */
export function unitsOf(text: string, points: number): number {
  let unit = 0;
  for (let seen = 0; seen < points && unit < text.length; seen++) {
    unit += isHigh(text.charCodeAt(unit)) && isLow(text.charCodeAt(unit + 1)) ? 2 : 1;
  }
  return unit;
}

/** The code points of a holder's text, counted once. */
export function pointsOf(holder: { readonly text: string }): number {
  let points = lengths.get(holder);
  if (points === undefined) {
    points = countPoints(holder.text);
    lengths.set(holder, points);
  }
  return points;
}

/** Tell how long a new holder's text is, where the sum is known already. */
export function withLength<T extends { readonly text: string }>(holder: T, points: number): T {
  lengths.set(holder, points);
  return holder;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
