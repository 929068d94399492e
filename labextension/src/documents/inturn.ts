/**
 * What is done with the file of an open document, one after another, whoever asks for it: saves, reloads, renames and deletions.
 *
 * Two saves at once make JupyterLab take its own for a changed file, and ask. A rename or a deletion beside a save brings the former
 * name back: the save writes to the path that it began with.
 */
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { ServerConnection } from '@jupyterlab/services';
import type { Contents } from '@jupyterlab/services';

type Context = DocumentRegistry.Context;

/** The file is not there any more: it was deleted, or renamed by somebody else. */
export class FileGone extends Error {}

export function inTurn<T>(context: Context, action: () => Promise<T>): Promise<T> {
  const mine = (turns.get(context) ?? Promise.resolve()).then(action);
  turns.set(
    context,
    mine.catch(() => undefined)
  );
  return mine;
}

/** From now on its saves and reloads take turns. */
export function serializeSaves(context: Context): void {
  const save = context.save.bind(context);
  const revert = context.revert.bind(context);
  saves.set(context, save);
  context.save = () => inTurn(context, save);
  context.revert = () => inTurn(context, revert);
}

/** From now on renames and deletions wait for what is done with the open documents that they are about. */
export function serializeRenames(contents: Contents.IManager, open: () => readonly Context[]): void {
  const wait = <T>(path: string, action: () => Promise<T>): Promise<T> =>
    open()
      .filter(context => context.path === path || context.path.startsWith(`${path}/`))
      .reduce((inner, context) => () => inTurn(context, inner), action)();
  const rename = contents.rename.bind(contents);
  const remove = contents.delete.bind(contents);
  contents.rename = (path, newPath) => wait(path, () => rename(path, newPath));
  contents.delete = path => wait(path, () => remove(path));
}

/** Save, unless that would bring back a file that somebody deleted or renamed. Raises FileGone. */
export function saveExisting(context: Context, contents: Contents.IManager): Promise<void> {
  return inTurn(context, async () => {
    await mustBeThere(context, contents);
    await (saves.get(context) ?? context.save)();
  });
}

/** Raises FileGone. A rename that is on its way has come to its end before. */
export function checkExisting(context: Context, contents: Contents.IManager): Promise<void> {
  return inTurn(context, () => mustBeThere(context, contents));
}

async function mustBeThere(context: Context, contents: Contents.IManager): Promise<void> {
  if (context.isDisposed || (await isMissing(context.path, contents))) {
    throw new FileGone();
  }
}

/** Only when the server says so. */
export async function isMissing(path: string, contents: Contents.IManager): Promise<boolean> {
  try {
    await contents.get(path, { content: false });
    return false;
  } catch (error) {
    return error instanceof ServerConnection.ResponseError && error.response.status === 404;
  }
}

const turns = new WeakMap<Context, Promise<unknown>>();
const saves = new WeakMap<Context, () => Promise<void>>();
