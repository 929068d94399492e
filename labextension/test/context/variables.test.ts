import { expect, test } from 'vitest';
import { Variables } from '../../src/context/variables';
import type { VariableInfo } from '../../src/wire';

const SAID: VariableInfo[] = [
  { name: 'df', kind: 'data', summary: 'pandas.DataFrame, 3 × 2' },
  { name: 'Delta', kind: 'value', summary: 'int' },
  { name: 'draw', kind: 'callable', summary: 'function' },
  { name: 'os', kind: 'module', summary: 'module' }
];

function kernel() {
  const asked: string[] = [];
  const client = {
    variables: (_wid: string, { notebook }: { notebook: string }) => {
      asked.push(notebook);
      return notebook === 'broken.ipynb' ? Promise.reject(new Error('409')) : Promise.resolve(SAID);
    }
  };
  const live = { client, call: (ask: (wid: string) => Promise<unknown>) => ask('w') };
  const notebooks = { path: 'a.ipynb' as string | null, isIdle: true };
  const clock = { now: 0 };
  return { asked, notebooks, clock, variables: new Variables(live as never, notebooks, () => clock.now) };
}

test('data and values are found by how their names begin; functions and modules are not offered', async () => {
  const { variables } = kernel();
  expect((await variables.find('d')).map(one => one.name)).toEqual(['df', 'Delta']);
  expect((await variables.find('df'))[0]?.notebook).toBe('a.ipynb');
});

test('the kernel is asked once while a name is typed, and again for another notebook or later', async () => {
  const { asked, notebooks, clock, variables } = kernel();
  await Promise.all([variables.find('d'), variables.find('df')]);
  notebooks.isIdle = false; // it is busy with our own question
  expect(await variables.find('d')).toHaveLength(2);
  notebooks.isIdle = true;
  notebooks.path = 'b.ipynb';
  await variables.find('d');
  clock.now = 60_000;
  await variables.find('d');
  expect(asked).toEqual(['a.ipynb', 'b.ipynb', 'b.ipynb']);
});

test('a busy kernel is not asked, and neither is none', async () => {
  const { asked, notebooks, variables } = kernel();
  notebooks.isIdle = false;
  expect(await variables.find('d')).toEqual([]);
  notebooks.path = null;
  expect(await variables.find('d')).toEqual([]);
  expect(asked).toEqual([]);
});

test('a kernel that cannot be asked offers nothing', async () => {
  const { notebooks, variables } = kernel();
  notebooks.path = 'broken.ipynb';
  expect(await variables.find('')).toEqual([]);
});
