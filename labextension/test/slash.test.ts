import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, test, vi } from 'vitest';
import { SlashCommands } from '../src/slash';
import type { ICrush } from '../src/tokens';

const PROMPTS = [
  { name: 'tidy', description: 'Tidy a notebook', prompt: 'Tidy $ARGUMENTS. Twice: $ARGUMENTS' },
  { name: 'plain', description: 'Plain', prompt: 'Say it plainly.' },
  { name: 'new', description: 'not this one', prompt: 'x' }
];

function setUp() {
  const conversation = { sessionId: 's', show: vi.fn(), stop: vi.fn(), rename: vi.fn(), patch: vi.fn() };
  const deeds = { fork: vi.fn(), export: vi.fn(), summarize: vi.fn() };
  const live = {
    status: { models: [{ id: 'claude-opus', name: 'Claude Opus' }] },
    config: { permission_modes: ['plan', 'ask'] },
    client: { commands: () => Promise.resolve(PROMPTS) },
    call: (action: (wid: string) => Promise<unknown>) => action('w')
  };
  const crush = { conversation, deeds, live, changes: { show: vi.fn() } } as unknown as ICrush;
  return { conversation, deeds, slash: new SlashCommands(crush, nullTranslator.load('x')) };
}

describe('what is offered', () => {
  test('are the commands that begin so, and the workspace’s own prompts', async () => {
    const { slash } = setUp();
    const names = async (typed: string): Promise<string[]> => ((await slash.find(typed)) ?? []).map(one => one.label);
    expect(await names('/')).toContain('/tidy');
    expect((await names('/')).filter(name => name === '/new')).toHaveLength(1);
    expect(await names('/s')).toEqual(['/stop', '/summarize']);
    expect(await names('/model claude')).toEqual(['claude-opus']);
    expect(await names('/mode ')).toEqual(['plan', 'ask']);
  });

  test.each(['home/ana', 'say /new', '/home/ana/data', '/new and more', ''])('is nothing for %s', async typed => {
    expect((await setUp().slash.find(typed)) ?? []).toEqual([]);
  });
});

describe('what is written', () => {
  test.each(['What is /new?', '/home/ana/data.csv is large', '/nothing like it'])('is a prompt: %s', async text => {
    expect(await setUp().slash.run(text)).toBeUndefined();
  });

  test('runs a command with its words', async () => {
    const { conversation, deeds, slash } = setUp();
    expect(await slash.run('/summarize the columns')).toBeNull();
    expect(deeds.summarize).toHaveBeenCalledWith('the columns');
    await slash.run('/export ipynb');
    expect(deeds.export).toHaveBeenCalledWith('ipynb');
    await slash.run('/mode plan');
    expect(conversation.patch).toHaveBeenCalledWith('s', { permission_mode: 'plan' });
    await slash.run('/new');
    expect(conversation.show).toHaveBeenCalledWith(null);
    expect(await slash.run('/model')).toEqual({ compose: '/model ' });
  });

  test('puts its words into a prompt of the workspace', async () => {
    const { slash } = setUp();
    expect(await slash.run('/tidy a.ipynb $1')).toEqual({ send: 'Tidy a.ipynb $1. Twice: a.ipynb $1' });
    expect(await slash.run('/plain like\nthis')).toEqual({ send: 'Say it plainly.\n\nlike\nthis' });
    expect(await slash.run('/plain')).toEqual({ send: 'Say it plainly.' });
  });
});
