import { describe, expect, test } from 'vitest';
import { GUESS_PX, Heights, extentOf, placeAt, topOf } from '../../src/view/extent';
import { pick, seeded } from '../support/server';

const keys = Array.from({ length: 5000 }, (_, index) => `turn ${index}`);

describe('the extent', () => {
  test('holds what is in sight and little more, and leaves room for the rest', () => {
    const heights = new Heights();
    const extent = extentOf(keys, heights, 100 * GUESS_PX, 105 * GUESS_PX);
    expect(extent.first).toBeLessThanOrEqual(100);
    expect(extent.end).toBeGreaterThanOrEqual(105);
    expect(extent.end - extent.first).toBeLessThan(30);
    const shown = (extent.end - extent.first) * GUESS_PX;
    expect(extent.above + shown + extent.below).toBe(heights.total(keys));
  });

  test('is never empty, wherever one looks', () => {
    const heights = new Heights();
    for (const top of [-1e6, 0, heights.total(keys), 1e9]) {
      const { first, end } = extentOf(keys, heights, top, top + 800);
      expect(end).toBeGreaterThan(first);
    }
    expect(extentOf([], heights, 0, 800)).toEqual({ first: 0, end: 0, above: 0, below: 0 });
  });
});

describe('the place where a person reads', () => {
  test('stays, whatever comes, grows or goes above it', () => {
    const random = seeded(7);
    let all = keys.slice(2000, 2100);
    const heights = new Heights();
    const place = placeAt(all, heights, 50 * GUESS_PX + 30);
    expect(place).toMatchObject({ key: 'turn 2050', offset: 30 });
    for (let step = 0; step < 200; step++) {
      const above = all.slice(0, all.indexOf(place.key));
      if (random() < 0.5) {
        heights.set(pick(random, above), random() * 1000);
      } else {
        all = [`new ${step}`, ...all];
      }
      const before = all.slice(0, all.indexOf(place.key));
      expect(topOf(all, heights, place)).toBeCloseTo(heights.total(before) + 30);
    }
  });

  test('is the same distance from the end when its turn became a part of another', () => {
    const heights = new Heights();
    const place = placeAt(keys, heights, 10 * GUESS_PX);
    const joined = ['first half', ...keys.slice(11)];
    expect(heights.total(joined) - topOf(joined, heights, place)).toBe(heights.total(keys) - 10 * GUESS_PX);
  });
});
