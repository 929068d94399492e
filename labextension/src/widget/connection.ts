/**
 * The two connections of the chat in a cell, with the same messages: through the page, over the browser's one shared stream
 * (`globalThis.jupyterCrush`, offered by the JupyterLab extension), or over the widget's comm, where the kernel asks the server.
 */
import type { StreamState } from '../stream/protocol';
import type { ConfigView, May } from '../wire';
import type { WidgetModel } from './model';
import type { Page } from './page';

/** An event of the stream; over the comm it comes without an id, and parsed. */
export interface WidgetFrame {
  readonly id?: string | null;
  readonly data: unknown;
}

export type FromServer =
  StreamState | { readonly type: 'frames'; readonly frames: readonly WidgetFrame[] } | { readonly type: 'unknown' };

export type Method = 'GET' | 'POST' | 'DELETE';

export interface Connection {
  attach(onMessage: (message: FromServer) => void): void;
  /** The body of the answer. `path` is below the workspace. */
  request<T>(method: Method, path: readonly string[], body?: object): Promise<T>;
  may(): Promise<May | null>;
  dispose(): void;
}

/** What the kernel may: its code prompts, and approves nothing. */
export const KERNEL_MAY: May = {
  user: null,
  view: true,
  prompt: true,
  approve: false,
  configure: false,
  delete_any: false,
  prompters: [],
  approvers: [],
  origin: 'kernel'
};

interface Response {
  readonly type: 'response';
  readonly id: number;
  readonly ok: boolean;
  readonly body: unknown;
}

interface Waiting {
  readonly resolve: (body: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Over the comm: the kernel asks the server. */
export function throughKernel(model: WidgetModel): Connection {
  const waiting = new Map<number, Waiting>();
  let listener: (message: FromServer) => void = () => undefined;
  // Every view of the widget hears every answer.
  const first = Math.floor(Math.random() * 2 ** 32) * 2 ** 20;
  let last = 0;
  const receive = (message: Response | FromServer): void => {
    if (message.type !== 'response') {
      listener(message);
      return;
    }
    const { resolve, reject } = waiting.get(message.id) ?? {};
    waiting.delete(message.id);
    if (message.ok) {
      resolve?.(message.body);
    } else {
      reject?.(new Error((message.body as { message: string }).message));
    }
  };
  model.on('msg:custom', receive);
  return {
    attach: onMessage => {
      listener = onMessage;
      model.send({ type: 'attach' });
    },
    request: <T>(method: Method, path: readonly string[], body?: object) => {
      const id = first + ++last;
      model.send({ type: 'request', id, method, path, ...(body ? { body } : {}) });
      return new Promise<T>((resolve, reject) => waiting.set(id, { resolve: resolve as Waiting['resolve'], reject }));
    },
    may: () => Promise.resolve(KERNEL_MAY),
    dispose: () => model.off('msg:custom', receive)
  };
}

/** Through the page, with the page's own rights. Null where the page is not the server's. */
export async function throughPage(model: WidgetModel): Promise<Connection | null> {
  const page: Page | undefined = globalThis.jupyterCrush;
  const wid = model.get('workspace_id');
  if (!page) {
    return null;
  }
  const request = <T>(method: Method, path: readonly string[], body?: object): Promise<T> =>
    page.request(method, ['workspaces', wid, ...path], body) as Promise<T>;
  try {
    await request('GET', ['sessions', model.get('session_id')]);
  } catch {
    return null; // another server's page, or a session that is no more: the kernel may still know it
  }
  let source: { dispose(): void } | null = null;
  return {
    request,
    may: async () => (await request<ConfigView>('GET', ['config'])).may ?? null,
    attach: onMessage => {
      source = page.attach(wid, onMessage);
    },
    dispose: () => source?.dispose()
  };
}
