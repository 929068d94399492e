import { Signal } from '@lumino/signaling';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { OpenDocumentTracker } from '../../src/documents/open';

/** A document as JupyterLab's context has it, as far as it is looked at. */
class Context {
  readonly path = 'a.ipynb';
  readonly ready = Promise.resolve();
  readonly isDisposed = false;
  readonly disposed = new Signal<this, void>(this);
  readonly pathChanged = new Signal<this, string>(this);
  readonly saveState = new Signal<this, 'started' | 'completed' | 'failed'>(this);
  readonly model = new Model();

  readonly log: string[] = [];
  meanwhile: () => void = () => undefined;

  /** As JupyterLab does it: what hears of it comes first, then the content is taken; then the server is waited for. */
  async save(): Promise<void> {
    this.log.push('save');
    this.saveState.emit('started');
    await Promise.resolve();
    this.meanwhile();
    await Promise.resolve();
    this.model.dirty = false;
    this.saveState.emit('completed');
    this.log.push('saved');
  }

  async revert(): Promise<void> {
    this.log.push('revert');
    await Promise.reject(new Error('no file'));
  }
}

class Model {
  dirty = false;
  readonly stateChanged = new Signal<this, void>(this);
  readonly contentChanged = new Signal<this, void>(this);

  change(): void {
    this.dirty = true;
    this.contentChanged.emit();
  }
}

async function opened(): Promise<Context> {
  const context = new Context();
  const widget = { context, isDisposed: false, disposed: new Signal<object, void>(context) };
  const tracker = { forEach: (add: (one: object) => void) => add(widget), widgetAdded: new Signal<object, object>({}) };
  const open = new OpenDocumentTracker(
    {} as never,
    { localPath: (path: string) => path, driveName: () => '' } as never
  );
  open.track(tracker as never, 'notebook');
  await context.ready;
  expect(open.find('a.ipynb')).toBeDefined();
  return context;
}

describe('a document that is saved', () => {
  beforeAll(() => void vi.stubGlobal('window', new EventTarget()));

  test('has unsaved changes when it was changed after its content was taken', async () => {
    const context = await opened();
    context.meanwhile = () => context.model.change();
    await context.save();
    expect(context.model.dirty).toBe(true);
  });

  test('has none when others changed it because it is about to be saved', async () => {
    const context = await opened();
    context.saveState.connect((_, state) => state === 'started' && context.model.change());
    await context.save();
    expect(context.model.dirty).toBe(false);
  });

  test('is not saved or reloaded by anybody else meanwhile', async () => {
    const context = await opened();
    const [, reverted] = await Promise.allSettled([context.save(), context.revert(), context.save()]);
    expect(reverted.status).toBe('rejected');
    expect(context.log).toEqual(['save', 'saved', 'revert', 'save', 'saved']);
  });
});
