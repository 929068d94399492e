/** Whether an open document is still what its file says, and how a clean one catches up without a question. */
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';
import { reload } from './reload';

/** JupyterLab's own margin where there are no hashes. */
const MARGIN_MS = 500;

/** Whether the file was written by somebody else since this document was loaded or saved. */
export async function isBehind(context: DocumentRegistry.Context, contents: Contents.IManager): Promise<boolean> {
  const known = context.contentsModel;
  if (!known) {
    return false;
  }
  let disk: Contents.IModel;
  try {
    disk = await contents.get(context.path, { content: false, hash: true });
  } catch {
    return false; // removed, or the server is away: saving will tell
  }
  const now = context.contentsModel ?? known; // it may have been saved meanwhile
  if (now.hash && disk.hash) {
    return now.hash !== disk.hash && known.hash === now.hash;
  }
  return Date.parse(disk.last_modified) - Date.parse(now.last_modified) > MARGIN_MS;
}

/** One at a time for each document: what reads, changes, saves or reloads it. */
export function runExclusively<T>(context: DocumentRegistry.Context, action: () => Promise<T>): Promise<T> {
  const before = lines.get(context) ?? Promise.resolve();
  const mine = before.then(action);
  lines.set(
    context,
    mine.catch(() => undefined)
  );
  return mine;
}

const lines = new WeakMap<DocumentRegistry.Context, Promise<unknown>>();

/** Show what the file says, when nothing is unsaved here. Whether the document is up to date now. */
export async function refresh(context: DocumentRegistry.Context, contents: Contents.IManager): Promise<boolean> {
  if (!(await isBehind(context, contents))) {
    return true;
  }
  if (context.model.dirty || context.isDisposed) {
    return false;
  }
  await reload(context);
  return true;
}
