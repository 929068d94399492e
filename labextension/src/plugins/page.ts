/** Offers this page to the chat in a cell; ../widget/page.ts says what of it. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { UUID } from '@lumino/coreutils';
import { CrushClient } from '../session/client';
import { Memory } from '../session/memory';
import { StreamSource } from '../stream/source';
import type { Page } from '../widget/page';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-crush/labextension:page',
  description: 'What the chat widget in a cell uses of this page.',
  autoStart: true,
  activate: (app: JupyterFrontEnd): void => {
    const settings = app.serviceManager.serverSettings;
    const client = new CrushClient(settings);
    const memory = new Memory(window.localStorage);
    const page: Page = {
      request: (method, path, body) => request(settings, method, path, body),
      attach: (workspaceId, onMessage) => {
        const source = new StreamSource({
          onState: onMessage,
          onFrames: frames => onMessage({ type: 'frames', frames })
        });
        const { url, headers } = client.stream(
          workspaceId,
          memory.clientId(() => UUID.uuid4())
        );
        source.attach(url, headers);
        return source;
      }
    };
    globalThis.jupyterCrush = page;
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
