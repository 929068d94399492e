import { ServerConnection } from '@jupyterlab/services';
import { beforeEach, describe, expect, test } from 'vitest';
import { FileGone, checkExisting, serializeSaves, serializeRenames, saveExisting } from '../../src/documents/inturn';

/** A server that answers when it is let, and JupyterLab's context on it, which saves to the path that it began with. */
class Server {
  readonly files = new Set(['a.ipynb']);
  path = 'a.ipynb';
  isDisposed = false;
  saves: (() => void)[] = [];

  async get(path: string): Promise<void> {
    await Promise.resolve();
    if (!this.files.has(path)) {
      throw new ServerConnection.ResponseError(new Response(null, { status: 404 }));
    }
  }

  async rename(old: string, name: string): Promise<void> {
    await Promise.resolve();
    this.files.delete(old);
    this.files.add(name);
    await Promise.resolve();
    this.path = name;
  }

  async delete(path: string): Promise<void> {
    await Promise.resolve();
    this.files.delete(path);
  }

  async save(): Promise<void> {
    const { path } = this;
    await new Promise<void>(resolve => this.saves.push(resolve));
    this.files.add(path);
  }

  async revert(): Promise<void> {
    await Promise.resolve();
  }

  /** Saves come through. */
  async settle(): Promise<void> {
    for (let round = 0; round < 50; round++) {
      await Promise.resolve();
      this.saves.splice(0).forEach(go => go());
    }
  }
}

describe('the file of an open document', () => {
  let server: Server;
  const context = (): never => server as never;

  beforeEach(() => {
    server = new Server();
    serializeSaves(context());
    serializeRenames(server as never, () => [context()]);
  });

  test('a rename waits for a save, and a save for a rename, so that the former name does not come back', async () => {
    const all = [server.save(), server.rename('a.ipynb', 'b.ipynb'), server.save()];
    await server.settle();
    await Promise.all(all);
    expect([...server.files]).toEqual(['b.ipynb']);
  });

  test('a deletion waits for a save', async () => {
    const all = [server.save(), server.delete('a.ipynb')];
    await server.settle();
    await Promise.all(all);
    expect(server.files.size).toBe(0);
  });

  test('what was deleted is not saved again by us', async () => {
    const all = [server.delete('a.ipynb'), saveExisting(context(), server as never)];
    await expect(all[1]).rejects.toBeInstanceOf(FileGone);
    await all[0];
    expect(server.files.size).toBe(0);
  });

  test('a rename that is on its way is no deletion', async () => {
    const renamed = server.rename('a.ipynb', 'b.ipynb');
    await expect(checkExisting(context(), server as never)).resolves.toBeUndefined();
    await renamed;
  });

  test('a server that is away is no deletion either', async () => {
    server.get = () => Promise.reject(new TypeError('Failed to fetch'));
    await expect(checkExisting(context(), server as never)).resolves.toBeUndefined();
  });

  test('a save that fails holds nothing up, and its folder waits as it does', async () => {
    server.path = 'in/a.ipynb';
    server.save = () => Promise.reject(new Error('no'));
    serializeSaves(context());
    const saved = server.save();
    const renamed = server.rename('in', 'out');
    await expect(saved).rejects.toThrow('no');
    await renamed;
    expect(server.files.has('out')).toBe(true);
  });
});
