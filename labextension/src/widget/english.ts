/** The words as they are written: a widget's module has no translator. */
import type { TranslationBundle } from '@jupyterlab/translation';

function fill(text: string, values: readonly unknown[]): string {
  return text.replace(/%(\d)/g, (sign, place: string) => String(values[Number(place) - 1] ?? sign));
}

/** As much of a bundle as the panel's components and words use. */
export const english = {
  __: (text: string, ...values: unknown[]) => fill(text, values),
  _n: (one: string, many: string, count: number, ...values: unknown[]) =>
    fill(count === 1 ? one : many, [count, ...values])
} as TranslationBundle;
