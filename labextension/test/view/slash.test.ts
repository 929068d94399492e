import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, test, vi } from 'vitest';
import type { Found, Mention } from '../../src/context/mentions';
import { SlashCommands } from '../../src/view/slash';
import type { ICrush } from '../../src/tokens';

const PROMPTS = [
  { name: 'tidy', description: 'Tidy a notebook', prompt: 'Tidy $ARGUMENTS. Twice: $ARGUMENTS' },
  { name: 'plain', description: 'Plain', prompt: 'Say it plainly.' },
  { name: 'new', description: 'not this one', prompt: 'x' }
];

/** What is offered in the end. */
async function all(found: Found | null): Promise<readonly Mention[]> {
  return (await found?.later) ?? found?.now ?? [];
}

function setUp(commands: () => Promise<typeof PROMPTS> = () => Promise.resolve(PROMPTS)) {
  const conversation = { sessionId: 's', show: vi.fn(), stop: vi.fn(), rename: vi.fn(), patch: vi.fn() };
  const actions = { fork: vi.fn(), export: vi.fn(), summarize: vi.fn() };
  const live = {
    status: { models: [{ id: 'claude-opus', name: 'Claude Opus' }] },
    config: { permission_modes: ['plan', 'ask'] },
    client: { commands },
    call: (action: (wid: string) => Promise<unknown>) => action('w')
  };
  const crush = { conversation, actions, live, changes: { show: vi.fn() } } as unknown as ICrush;
  return { conversation, actions, slash: new SlashCommands(crush, nullTranslator.load('x')) };
}

describe('what is offered', () => {
  test('are the commands that begin so, and the workspace’s own prompts', async () => {
    const { slash } = setUp();
    const names = async (typed: string): Promise<string[]> => (await all(slash.find(typed))).map(one => one.label);
    expect(await names('/')).toContain('/tidy');
    expect((await names('/')).filter(name => name === '/new')).toHaveLength(1);
    expect(await names('/s')).toEqual(['/stop', '/summarize']);
    expect(await names('/model claude')).toEqual(['claude-opus']);
    expect(await names('/mode ')).toEqual(['plan', 'ask']);
  });

  test.each(['home/ana', 'say /new', '/home/ana/data', '/new and more', ''])('is nothing for %s', async typed => {
    expect(await all(setUp().slash.find(typed))).toEqual([]);
  });
});

describe('before the workspace has said what prompts it has', () => {
  test('the panel’s own commands are offered, and those known from before', async () => {
    const answers: ((prompts: typeof PROMPTS) => void)[] = [];
    const { slash } = setUp(() => new Promise(resolve => answers.push(resolve)));
    const labels = (found: Found | null): string[] => (found?.now ?? []).map(one => one.label);
    expect(labels(slash.find('/he'))).toEqual(['/help']);
    answers[0]?.(PROMPTS);
    await slash.find('/he')?.later;
    expect(labels(slash.find('/'))).toContain('/tidy');
    expect(answers).toHaveLength(2);
  });

  test('what may be one of them waits, and what is said after it waits behind it', async () => {
    let answer: (prompts: typeof PROMPTS) => void = () => undefined;
    const { conversation, slash } = setUp(() => new Promise(resolve => (answer = resolve)));
    const order: string[] = [];
    const both = ['/plain', 'Thanks'].map(text => slash.run(text).then(() => order.push(text)));
    await slash.run('/stop');
    expect(conversation.stop).toHaveBeenCalled();
    expect(order).toEqual([]);
    answer(PROMPTS);
    await Promise.all(both);
    expect(order).toEqual(['/plain', 'Thanks']);
  });

  test('a request that failed is made again', async () => {
    const answers = [Promise.reject(new Error('away')), Promise.resolve(PROMPTS)];
    const { slash } = setUp(() => answers.shift() ?? Promise.resolve([]));
    expect(await slash.run('/plain')).toBeUndefined();
    expect(await slash.run('/plain')).toEqual({ send: 'Say it plainly.' });
  });
});

describe('what is written', () => {
  test.each(['What is /new?', '/home/ana/data.csv is large', '/nothing like it'])('is a prompt: %s', async text => {
    expect(await setUp().slash.run(text)).toBeUndefined();
  });

  test('runs a command with its words', async () => {
    const { conversation, actions, slash } = setUp();
    expect(await slash.run('/summarize the columns')).toBeNull();
    expect(actions.summarize).toHaveBeenCalledWith('the columns');
    await slash.run('/export ipynb');
    expect(actions.export).toHaveBeenCalledWith('ipynb');
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
