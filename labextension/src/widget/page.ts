/**
 * What the chat in a cell uses of a page of JupyterLab: its rights towards the server, and the browser's one stream. A widget's
 * module is no plugin and can ask for no token, so this is a global; whoever runs scripts in this page has the page's rights anyway.
 */
import type { FromHolder } from '../stream/protocol';

export interface Page {
  /** The answer's body. Rejects with an Error whose message is for people. */
  request(method: string, path: string[], body?: unknown): Promise<unknown>;
  /** The workspace's events and the stream's state, until disposed. */
  attach(workspaceId: string, onMessage: (message: FromHolder) => void): { dispose(): void };
}

declare global {
  var jupyterCrush: Page | undefined;
}
