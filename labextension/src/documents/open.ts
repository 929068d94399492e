/** The documents that this tab has open: notebooks, and files in editors. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IWidgetTracker } from '@jupyterlab/apputils';
import type { DocumentRegistry, IDocumentWidget } from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import type { OpenDocument } from '../wire';
import { serializeSaves } from './inturn';

export interface OpenTab {
  readonly type: OpenDocument['type'];
  readonly path: string;
  readonly context: DocumentRegistry.Context;
}

/** Owner of who is open, and of which of them is being saved. `changed`: opened, closed, renamed, became dirty or clean, got the focus. */
export class OpenDocumentTracker {
  constructor(
    private readonly _shell: JupyterFrontEnd.IShell,
    private readonly _contents: Contents.IManager
  ) {
    this._shell.currentChanged?.connect(this._emit, this);
    window.addEventListener('focus', this._emit);
    window.addEventListener('blur', this._emit);
  }

  readonly changed = new Signal<this, void>(this);

  track(tracker: IWidgetTracker<IDocumentWidget>, type: OpenDocument['type']): void {
    const add = (widget: IDocumentWidget): void => void widget.context.ready.then(() => this._add(widget, type));
    tracker.forEach(add);
    tracker.widgetAdded.connect((_, widget) => add(widget));
  }

  get all(): OpenTab[] {
    return [...this._open.entries()].map(([context, { type }]) => ({
      type,
      context,
      path: this._contents.localPath(context.path)
    }));
  }

  find(path: string): OpenTab | undefined {
    return this.all.find(one => one.path === path);
  }

  presence(): OpenDocument[] {
    const current = document.hasFocus() ? this._shell.currentWidget : null;
    return this.all.map(({ type, path, context }) => {
      const focused = this._open.get(context)?.widgets.has(current as IDocumentWidget) ?? false;
      return { path, type, dirty: context.model.dirty, focused };
    });
  }

  /** Resolves when no save of this document is on its way: two at once make JupyterLab see a changed file. */
  async unsaving(context: DocumentRegistry.Context): Promise<void> {
    while (this._saving.has(context) && !context.isDisposed) {
      await new Promise<void>(resolve => {
        const done = (): void => {
          context.saveState.disconnect(done);
          context.disposed.disconnect(done);
          resolve();
        };
        context.saveState.connect(done);
        context.disposed.connect(done);
      });
    }
  }

  private _add(widget: IDocumentWidget, type: OpenDocument['type']): void {
    const { context } = widget;
    if (widget.isDisposed || this._contents.driveName(context.path) !== '') {
      return; // another drive's documents are not the server's files; those of a shared room are edited there
    }
    const known = this._open.get(context);
    if (!known) {
      serializeSaves(context);
      context.pathChanged.connect(this._emit, this);
      context.model.stateChanged.connect(this._emit, this);
      context.saveState.connect(this._onSave, this);
      context.model.contentChanged.connect(() => this._saving.has(context) && this._changedMeanwhile.add(context));
    }
    const widgets = (known?.widgets ?? new Set()).add(widget);
    this._open.set(context, { type, widgets });
    widget.disposed.connect(() => {
      widgets.delete(widget);
      if (!widgets.size) {
        this._open.delete(context);
      }
      this._emit();
    });
    this._emit();
  }

  private _onSave(context: DocumentRegistry.Context, state: DocumentRegistry.SaveState): void {
    if (state === 'started') {
      this._saving.add(context);
      // Others that hear of it may still add to the document (ipywidgets its widgets' state); then its content is taken, all at once.
      queueMicrotask(() => this._changedMeanwhile.delete(context));
    } else {
      this._saving.delete(context);
      if (this._changedMeanwhile.delete(context)) {
        context.model.dirty = true; // JupyterLab calls it clean; what was typed during the save is not in the file
      }
    }
  }

  private readonly _emit = (): void => this.changed.emit();
  private readonly _open = new Map<
    DocumentRegistry.Context,
    { readonly type: OpenDocument['type']; readonly widgets: Set<IDocumentWidget> }
  >();
  private readonly _changedMeanwhile = new WeakSet<DocumentRegistry.Context>();
  private readonly _saving = new WeakSet<DocumentRegistry.Context>();
}
