/**
 * This tab as one of those that the server may ask: it says what is open here, and does what it is asked to do in it.
 *
 * A request carries no work. The tab claims it, gets the work, does it in one step without waiting for anything, saves, and
 * answers. A claim that the server refuses came too late: somebody else was asked, and nothing is done here.
 */
import type { ISharedFile, ISharedNotebook } from '@jupyter/ydoc';
import { Signal } from '@lumino/signaling';
import type { Contents } from '@jupyterlab/services';
import type { CrushClient } from '../session/client';
import type { Live } from '../session/live';
import type { Arrival } from '../session/model';
import type { AnswerDocument, DocumentRequest, DocumentWork } from '../wire';
import { StaleEdit, applyEdits } from './apply';
import { runExclusively, refresh } from './fresh';
import { textVersion } from './hash';
import type { OpenDocumentTracker, OpenTab } from './open';
import { forgetRunning, showOutputs } from './outputs';
import { notebookContent } from './content';
import { inOneUndoStep, splice } from './text';
import { FileGone, checkExisting, inTurn, saveExisting } from './inturn';

/** Changes that come together are said together. */
const SETTLE_MS = 100;
/** A tab that says nothing for 150 s is not asked any more. */
const AGAIN_MS = 20_000;

type Answer = Omit<AnswerDocument, 'tab_id'>;

/** Owner of what the server was told. */
export class AttachedTab {
  constructor(
    private readonly _id: string,
    private readonly _live: Live,
    private readonly _open: OpenDocumentTracker,
    private readonly _contents: Contents.IManager
  ) {
    _open.changed.connect(() => this._soon());
    _live.changed.connect(() => this._onConnection());
    _live.arrived.connect((_, arrivals) => arrivals.forEach(arrival => this._arrived(arrival)));
    setInterval(() => this._soon(), AGAIN_MS);
    window.addEventListener('pagehide', () => void this._put(true));
    window.addEventListener('pageshow', event => event.persisted && this._soon());
  }

  /** The server knows now that a document is open here, and how this tab calls its cells. */
  readonly attached = new Signal<this, void>(this);

  private get _client(): CrushClient {
    return this._live.client;
  }

  private _onConnection(): void {
    const isLive = this._live.connection === 'live' && this._live.workspace !== null;
    if (isLive && !this._isLive) {
      this._soon();
      if (this._wasLive) {
        forgetRunning();
        this._open.all.forEach(one => void runExclusively(one.context, () => refresh(one.context, this._contents)));
      }
    }
    this._isLive = isLive;
    this._wasLive ||= isLive;
  }

  // --- saying what is open ---

  private _soon(): void {
    if (this._open.all.length) {
      this._live.startOnce();
    }
    this._timer ??= setTimeout(() => {
      this._timer = null;
      void this._put(false);
    }, SETTLE_MS);
  }

  private async _put(isLeaving: boolean): Promise<void> {
    const documents = isLeaving ? [] : this._open.presence().slice(0, 200);
    const here = this._open.all;
    const workspace = this._live.workspace;
    if (!workspace || (!documents.length && !this._wasSaid)) {
      return;
    }
    this._wasSaid = documents.length > 0;
    const body = { client_id: this._live.clientId, tab_id: this._id, documents };
    try {
      await this._client.putPresence(workspace.id, body, isLeaving);
      here.forEach(one => this._known(one));
    } catch (error) {
      console.warn('jupyter_crush: what is open here was not said', error);
    }
  }

  /** The server knows now that this is open. What was written before it did, since the document was loaded, nobody told us. */
  private _known({ context }: OpenTab): void {
    if (!this._wasKnown.has(context)) {
      this._wasKnown.add(context);
      this.attached.emit();
      void runExclusively(context, () => refresh(context, this._contents));
    }
  }

  // --- doing what is asked ---

  private _arrived({ data }: Arrival): void {
    if (data.type === 'notebook' && data.payload.payload.tab_id === this._id) {
      void this._do(data.payload.payload);
    }
  }

  private async _do(request: DocumentRequest): Promise<void> {
    const opened = this._open.find(request.path) ?? (await this._renamedTo(request.path));
    const workspace = this._live.workspace;
    if (!opened || !workspace) {
      this._soon();
      return;
    }
    await runExclusively(opened.context, async () => {
      if (request.action === 'reload') {
        await refresh(opened.context, this._contents);
        return;
      }
      let work: DocumentWork;
      try {
        work = await this._client.claimDocument(workspace.id, request.id, { tab_id: this._id });
      } catch {
        return; // too late, or not ours: nothing was done
      }
      const answer = await this._done(request, work, opened).catch((error: unknown): Answer =>
        error instanceof FileGone ? { status: 'gone' } : { status: 'failed', message: String(error).slice(0, 1000) }
      );
      await this._client.answerDocument(workspace.id, request.id, { tab_id: this._id, ...answer }).catch(error => {
        console.warn('jupyter_crush: an answer was not delivered', error);
      });
    });
  }

  /** The server may know of a rename before this tab does. */
  private async _renamedTo(path: string): Promise<OpenTab | undefined> {
    await Promise.all(this._open.all.map(one => inTurn(one.context, () => Promise.resolve())));
    return this._open.find(path);
  }

  private async _done(request: DocumentRequest, work: DocumentWork, opened: OpenTab): Promise<Answer> {
    if (request.action === 'show') {
      this._show(work, opened);
      return { status: 'ok' };
    }
    await this._open.unsaving(opened.context);
    if (request.action !== 'read') {
      await checkExisting(opened.context, this._contents);
    }
    const isFresh = await refresh(opened.context, this._contents);
    if (request.action === 'read') {
      return { status: 'ok', ...content(opened) };
    }
    if (!isFresh) {
      return { status: 'conflict' };
    }
    const wasDirty = opened.context.model.dirty;
    try {
      apply(opened, work);
    } catch (error) {
      if (error instanceof StaleEdit) {
        return { status: 'stale', ...content(opened) };
      }
      throw error;
    }
    const answer = content(opened);
    try {
      await this._open.unsaving(opened.context);
      await saveExisting(opened.context, this._contents);
    } catch (error) {
      if (error instanceof FileGone) {
        opened.context.model.dirty &&= wasDirty; // or JupyterLab would save it in a while, and the file be back
        throw error;
      }
      return { status: 'unsaved', message: String(error).slice(0, 1000) };
    }
    return { status: 'ok', ...answer };
  }

  /** What running cells have printed so far is no change: a clean document stays clean. */
  private _show({ edits }: DocumentWork, { type, context }: OpenTab): void {
    const { model } = context;
    const { dirty } = model;
    if (type === 'notebook') {
      const notebook = model.sharedModel as ISharedNotebook;
      edits.forEach(edit => edit.op === 'outputs' && showOutputs(notebook, edit));
      model.dirty = dirty;
    }
  }

  private _timer: ReturnType<typeof setTimeout> | null = null;
  private _isLive = false;
  private _wasLive = false;
  private _wasSaid = false;
  private readonly _wasKnown = new WeakSet<OpenTab['context']>();
}

function content({ type, context }: OpenTab): Pick<AnswerDocument, 'notebook' | 'text'> {
  const model = context.model.sharedModel as unknown;
  return type === 'notebook'
    ? { notebook: notebookContent(model as ISharedNotebook) }
    : { text: (model as ISharedFile).getSource() };
}

/** Raises Stale, and has changed nothing then. */
function apply({ type, context }: OpenTab, work: DocumentWork): void {
  const model = context.model.sharedModel as unknown;
  if (type === 'notebook') {
    applyEdits(model as ISharedNotebook, work.edits);
    return;
  }
  const file = model as ISharedFile;
  if (work.text === null || textVersion(file.getSource()) !== work.expected) {
    throw new StaleEdit();
  }
  const { text } = work;
  inOneUndoStep(file, () => splice(file, text));
}
