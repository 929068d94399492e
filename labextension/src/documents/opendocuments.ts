/**
 * Documents that are open here follow what the agent does to their files: a clean one shows the change at once, so that
 * JupyterLab never asks about a changed file; one with unsaved changes is left alone, and its person is told.
 */
import { Notification } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import { runExclusively, isBehind } from './fresh';
import { reload } from './reload';
import { isMissing } from './inturn';
import type { Arrival } from '../session/model';
import { changesFiles } from '../session/tools';

/** Changes that come together are shown together. */
const SETTLE_MS = 150;

/** The paths that an event says were changed. */
export function changedPaths({ data }: Arrival): string[] {
  if (data.type === 'file') {
    return [data.payload.payload.path];
  }
  if (data.type !== 'message') {
    return [];
  }
  return data.payload.payload.parts.flatMap(part => {
    const path = part.type === 'tool_result' && changesFiles(part) ? part.metadata['path'] : null;
    return typeof path === 'string' && path !== '' ? [path] : [];
  });
}

/** Owner of which paths wait to be shown, and of who was told of a conflict. */
export class OpenDocuments {
  constructor(
    private readonly _manager: IDocumentManager,
    private readonly _trans: TranslationBundle
  ) {}

  /** The file behind `path` was changed. */
  changed(path: string): void {
    if (!this._waiting.has(path) && this._context(path)) {
      this._waiting.add(path);
      setTimeout(() => {
        this._waiting.delete(path);
        const context = this._context(path);
        void (context && runExclusively(context, () => this._show(path)));
      }, SETTLE_MS);
    }
  }

  private async _show(path: string): Promise<void> {
    const context = this._context(path);
    if (!context || (context.model as { collaborative?: boolean }).collaborative) {
      return;
    }
    if (await isMissing(path, this._manager.services.contents)) {
      if (!context.model.dirty) {
        await this._manager.closeFile(path); // the agent made it, and that was reverted
      }
      return;
    }
    if (!(await isBehind(context, this._manager.services.contents))) {
      return; // it was changed here
    }
    if (context.model.dirty) {
      this._tell(path, context);
      return;
    }
    await reload(context);
  }

  private _tell(path: string, context: DocumentRegistry.Context): void {
    if (this._told.has(path)) {
      return;
    }
    this._told.add(path);
    const forget = (): void => void this._told.delete(path);
    const words = this._trans.__('The agent changed %1, which has unsaved changes here.', path);
    Notification.warning(words, {
      autoClose: false,
      actions: [
        {
          label: this._trans.__('Show the agent’s'),
          caption: this._trans.__('Reload from disk; unsaved changes here are lost'),
          callback: () => void context.revert().then(forget)
        },
        { label: this._trans.__('Keep mine for now'), callback: forget }
      ]
    });
  }

  private _context(path: string): DocumentRegistry.Context | null {
    const widget = this._manager.findWidget(path, null);
    return (widget && this._manager.contextForWidget(widget)) ?? null;
  }

  private readonly _waiting = new Set<string>();
  private readonly _told = new Set<string>();
}
