import { describe, expect, test } from 'vitest';
import { nullTranslator } from '@jupyterlab/translation';
import { suggestions } from '../../src/context/suggestions';
import { contextPercent, cost, duration, endingText } from '../../src/lib/format';

const trans = nullTranslator.load('');

describe('words', () => {
  test('for times and money', () => {
    expect([duration(140), duration(59_990), duration(125_000)]).toEqual(['0.1s', '1m 0s', '2m 5s']);
    expect([cost(0), cost(0.004), cost(1.236)]).toEqual(['$0.00', '<$0.01', '$1.24']);
  });

  test('for a context whose size is known', () => {
    const usage = { input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0, cost_usd: null };
    const model = { id: 'm', name: 'M', provider: 'p', is_demo: false, context_window: 200_000 };
    expect(contextPercent({ ...usage, context_tokens: 36_000 }, model)).toBe(18);
    expect(contextPercent({ ...usage, context_tokens: 36_000 }, { ...model, context_window: null })).toBe(null);
    expect(contextPercent({ ...usage, context_tokens: 0 }, model)).toBe(null);
  });

  test('for an ending, the server’s own first', () => {
    const finish = { type: 'finish', reason: 'canceled', message: null, details: null } as const;
    expect(endingText(finish, undefined, trans)).toBe('Stopped.');
    expect(endingText({ ...finish, message: 'Stopped by Ana after 2 steps.' }, undefined, trans)).toBe(
      'Stopped by Ana after 2 steps.'
    );
  });

  test('to suggest come from what is open', () => {
    const open = { path: 'a/sales.ipynb', sources: ['df = pd.read_csv("data/orders.csv")'], hasError: true };
    expect(suggestions(open, trans)).toEqual([
      'Fix the error in sales.ipynb',
      'Look at data/orders.csv and say what you find',
      'Add a plot to sales.ipynb and explain it'
    ]);
    expect(suggestions(null, trans)).toHaveLength(3);
  });
});
