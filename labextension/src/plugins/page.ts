/**
 * What the chat in a cell (jupyter_crush/notebook/view) uses of this page: its rights towards the server, and the browser's one
 * stream. A widget's module is no plugin and can ask for no token, so this is a global; whoever runs scripts in this page has
 * the page's rights anyway.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { UUID } from '@lumino/coreutils';
import { CrushClient } from '../session/client';
import { Memory } from '../session/memory';
import type { FromHolder } from '../stream/protocol';
import { StreamSource } from '../stream/source';

interface Page {
  /** The answer's body. Rejects with an Error whose message is for people. */
  request(method: string, path: string[], body?: unknown): Promise<unknown>;
  /** The workspace's events and the stream's state, until disposed. */
  attach(workspaceId: string, hear: (said: FromHolder) => void): { dispose(): void };
}

declare global {
  var jupyterCrush: Page | undefined;
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-crush/labextension:page',
  description: 'What the chat widget in a cell uses of this page.',
  autoStart: true,
  activate: (app: JupyterFrontEnd): void => {
    const settings = app.serviceManager.serverSettings;
    const client = new CrushClient(settings);
    const memory = new Memory(window.localStorage);
    globalThis.jupyterCrush = {
      request: (method, path, body) => request(settings, method, path, body),
      attach: (workspaceId, hear) => {
        const source = new StreamSource({ onState: hear, onFrames: frames => hear({ type: 'frames', frames }) });
        const { url, headers } = client.stream(
          workspaceId,
          memory.clientId(() => UUID.uuid4())
        );
        source.attach(url, headers);
        return source;
      }
    };
  }
};

async function request(
  settings: ServerConnection.ISettings,
  method: string,
  path: string[],
  body?: unknown
): Promise<unknown> {
  const url = URLExt.join(settings.baseUrl, 'api/crush/v1', ...path.map(encodeURIComponent));
  const init: RequestInit = { method, cache: 'no-store', headers: { 'Crush-Origin': 'widget' } };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...init.headers, 'Content-Type': 'application/json' };
  }
  const response = await ServerConnection.makeRequest(url, init, settings);
  const answer: unknown = response.status === 204 ? null : await response.json();
  if (!response.ok) {
    throw new Error((answer as { message?: string }).message ?? `${response.status} ${response.statusText}`);
  }
  return answer;
}

export default plugin;
