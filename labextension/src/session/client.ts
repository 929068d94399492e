/** Every HTTP call of the panel, and where its stream is. Failures come out as `CrushError`. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { CrushError } from '../lib/errors';
import type * as wire from '../wire';

export interface StreamAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Owner of nothing: it only knows the addresses. */
export class CrushClient {
  constructor(private readonly _settings: ServerConnection.ISettings = ServerConnection.makeSettings()) {}

  openWorkspace(body: wire.OpenWorkspace): Promise<wire.Workspace> {
    return this._call('POST', ['workspaces'], body);
  }

  stream(wid: string, clientId: string): StreamAddress {
    const url = this._url(['workspaces', wid, 'events']) + URLExt.objectToQueryString({ client_id: clientId });
    const token = this._settings.token;
    return { url, headers: token ? { Authorization: `token ${token}` } : {} };
  }

  status(wid: string): Promise<wire.AgentStatus> {
    return this._call('GET', ['workspaces', wid, 'agent']);
  }

  config(wid: string): Promise<wire.ConfigView> {
    return this._call('GET', ['workspaces', wid, 'config']);
  }

  patchConfig(wid: string, body: wire.PatchConfig): Promise<wire.ConfigView> {
    return this._call('PATCH', ['workspaces', wid, 'config'], body);
  }

  commands(wid: string): Promise<wire.PromptCommand[]> {
    return this._call('GET', ['workspaces', wid, 'commands']);
  }

  sessions(wid: string): Promise<wire.Session[]> {
    return this._call('GET', ['workspaces', wid, 'sessions']);
  }

  createSession(wid: string, body: wire.CreateSession): Promise<wire.Session> {
    return this._call('POST', ['workspaces', wid, 'sessions'], body);
  }

  patchSession(wid: string, sid: string, body: wire.PatchSession): Promise<wire.Session> {
    return this._call('PATCH', ['workspaces', wid, 'sessions', sid], body);
  }

  deleteSession(wid: string, sid: string): Promise<void> {
    return this._call('DELETE', ['workspaces', wid, 'sessions', sid]);
  }

  restoreSession(wid: string, sid: string): Promise<wire.Session> {
    return this._call('POST', ['workspaces', wid, 'sessions', sid, 'restore']);
  }

  forkSession(wid: string, sid: string, body: wire.ForkSession): Promise<wire.Session> {
    return this._call('POST', ['workspaces', wid, 'sessions', sid, 'fork'], body);
  }

  /** A session as a file, and the name it is to be kept under. */
  async export(wid: string, sid: string, format: string): Promise<{ name: string; content: Blob }> {
    const response = await this._send('GET', ['workspaces', wid, 'sessions', sid, 'export'], undefined, { format });
    const name = /filename\*=utf-8''([^;]+)/i.exec(response.headers.get('Content-Disposition') ?? '')?.[1];
    return { name: decodeURIComponent(name ?? `crush.${format}`), content: await response.blob() };
  }

  summarize(wid: string, sid: string, body: wire.SummarizeSession): Promise<wire.Run> {
    return this._call('POST', ['workspaces', wid, 'agent', 'sessions', sid, 'summarize'], body);
  }

  messages(wid: string, sid: string, page: { before?: number; limit?: number } = {}): Promise<wire.Snapshot> {
    const query = Object.entries(page).map(([key, value]) => [key, String(value)]);
    return this._call('GET', ['workspaces', wid, 'sessions', sid, 'messages'], undefined, Object.fromEntries(query));
  }

  changes(wid: string, sid: string, runId?: string): Promise<wire.ChangedFile[]> {
    return this._call('GET', ['workspaces', wid, 'sessions', sid, 'files'], undefined, runId ? { run_id: runId } : {});
  }

  keepChanges(wid: string, sid: string, body: wire.KeepChanges): Promise<wire.Reviewed> {
    return this._call('POST', ['workspaces', wid, 'sessions', sid, 'files', 'keep'], body);
  }

  revertChanges(wid: string, sid: string, body: wire.RevertChanges): Promise<wire.Reviewed> {
    return this._call('POST', ['workspaces', wid, 'sessions', sid, 'files', 'revert'], body);
  }

  rewind(wid: string, sid: string, body: wire.Rewind): Promise<wire.Reviewed> {
    return this._call('POST', ['workspaces', wid, 'sessions', sid, 'rewind'], body);
  }

  prompt(wid: string, body: wire.PromptRequest): Promise<wire.Run> {
    return this._call('POST', ['workspaces', wid, 'agent'], body);
  }

  cancel(wid: string, sid: string): Promise<wire.Cancelled> {
    return this._call('POST', ['workspaces', wid, 'agent', 'sessions', sid, 'cancel'], {});
  }

  run(wid: string, runId: string): Promise<wire.Run> {
    return this._call('GET', ['workspaces', wid, 'agent', 'runs', runId]);
  }

  queue(wid: string, sid: string): Promise<wire.Run[]> {
    return this._call('GET', ['workspaces', wid, 'agent', 'sessions', sid, 'prompts']);
  }

  removeQueued(wid: string, sid: string, runId: string): Promise<wire.Cancelled> {
    return this._call('DELETE', ['workspaces', wid, 'agent', 'sessions', sid, 'prompts', runId]);
  }

  clearQueue(wid: string, sid: string): Promise<wire.Cancelled> {
    return this._call('DELETE', ['workspaces', wid, 'agent', 'sessions', sid, 'prompts']);
  }

  moveQueued(wid: string, sid: string, runId: string, body: wire.MovePrompt): Promise<wire.Run[]> {
    return this._call('PATCH', ['workspaces', wid, 'agent', 'sessions', sid, 'prompts', runId], body);
  }

  /** What waits for a person. */
  async asked(wid: string): Promise<(wire.PermissionRequest | wire.QuestionRequest)[]> {
    const [permissions, questions] = await Promise.all([
      this._call<wire.PermissionRequest[]>('GET', ['workspaces', wid, 'permissions']),
      this._call<wire.QuestionRequest[]>('GET', ['workspaces', wid, 'questions'])
    ]);
    return [...permissions, ...questions];
  }

  answer(wid: string, pid: string, body: wire.AnswerPermission): Promise<wire.Resolved> {
    return this._call('POST', ['workspaces', wid, 'permissions', pid], body);
  }

  answerQuestion(wid: string, qid: string, body: wire.AnswerQuestion): Promise<wire.Resolved> {
    return this._call('POST', ['workspaces', wid, 'questions', qid], body);
  }

  grants(wid: string): Promise<wire.Grant[]> {
    return this._call('GET', ['workspaces', wid, 'permissions', 'grants']);
  }

  revoke(wid: string, gid: string): Promise<void> {
    return this._call('DELETE', ['workspaces', wid, 'permissions', 'grants', gid]);
  }

  variables(wid: string, body: wire.ListVariables): Promise<wire.VariableInfo[]> {
    return this._call('POST', ['workspaces', wid, 'variables'], body);
  }

  /** `isLast`: the page is going away, and the browser shall send it all the same. */
  putPresence(wid: string, body: wire.PutPresence, isLast: boolean): Promise<void> {
    return this._call('PUT', ['workspaces', wid, 'presence'], body, {}, isLast);
  }

  claimDocument(wid: string, requestId: string, body: wire.ClaimDocument): Promise<wire.DocumentWork> {
    return this._call('POST', ['workspaces', wid, 'documents', requestId, 'claim'], body);
  }

  answerDocument(wid: string, requestId: string, body: wire.AnswerDocument): Promise<wire.Resolved> {
    return this._call('POST', ['workspaces', wid, 'documents', requestId], body);
  }

  private _url(path: string[]): string {
    return URLExt.join(this._settings.baseUrl, 'api/crush/v1', ...path.map(encodeURIComponent));
  }

  private async _call<T>(
    method: Method,
    path: string[],
    body?: unknown,
    query: Record<string, string> = {},
    keepalive = false
  ): Promise<T> {
    const response = await this._send(method, path, body, query, keepalive);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  private async _send(
    method: Method,
    path: string[],
    body: unknown,
    query: Record<string, string>,
    keepalive = false
  ): Promise<Response> {
    const url = this._url(path) + (Object.keys(query).length ? URLExt.objectToQueryString(query) : '');
    const init: RequestInit = { method, cache: 'no-store', keepalive, headers: { 'Crush-Origin': 'panel' } };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { ...init.headers, 'Content-Type': 'application/json' };
    }
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, init, this._settings);
    } catch {
      throw new CrushError(0, 'offline', 'The Jupyter server does not answer.', true);
    }
    if (!response.ok) {
      throw await refusal(response);
    }
    return response;
  }
}

async function refusal(response: Response): Promise<CrushError> {
  const body = (await response.json().catch(() => ({}))) as Partial<wire.ConflictBody>;
  const message = body.message || `${response.status} ${response.statusText}`;
  return new CrushError(response.status, body.reason ?? 'unknown', message, body.retryable ?? false, body.changed);
}
