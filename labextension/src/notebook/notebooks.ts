/** The notebook in front, as far as the agent is told of it. */
import { PathExt } from '@jupyterlab/coreutils';
import { NotebookActions } from '@jupyterlab/notebook';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import type { Attached } from '../session/attached';
import { selectedIn, selectedText } from './selection';

/** What is known of the notebook in front. */
export interface OpenNotebook {
  readonly path: string;
  readonly sources: readonly string[];
  readonly hasError: boolean;
}

/** Owner of nothing: it reads JupyterLab's tracker, and says when another notebook is in front. */
export class Notebooks {
  constructor(
    private readonly _tracker: INotebookTracker | null,
    private readonly _trans: TranslationBundle
  ) {
    _tracker?.currentChanged.connect(this._onCurrent, this);
    this._onCurrent();
  }

  readonly changed = new Signal<this, void>(this);

  /** Counts what `changed` says. */
  get version(): number {
    return this._version;
  }

  get path(): string | null {
    return this._tracker?.currentWidget?.context.localPath ?? null;
  }

  /** The agent reads files: what it is told of is saved first, so that it sees what its person sees. */
  async save(): Promise<void> {
    const context = this._tracker?.currentWidget?.context;
    if (context?.model.dirty && !context.model.readOnly) {
      await context.save();
    }
  }

  /** Put code below the active cell of the notebook in front; whether there is one. */
  insert(code: string): boolean {
    const notebook = this._tracker?.currentWidget?.content;
    if (!notebook) {
      return false;
    }
    NotebookActions.insertBelow(notebook);
    notebook.activeCell?.model.sharedModel.setSource(code);
    void notebook.scrollToItem(notebook.activeCellIndex, 'smart');
    return true;
  }

  replace(code: string): boolean {
    const cell = this._tracker?.currentWidget?.content.activeCell;
    cell?.model.sharedModel.setSource(code);
    return cell !== undefined && cell !== null;
  }

  async run(code: string): Promise<boolean> {
    const panel = this._tracker?.currentWidget;
    if (!panel || !this.insert(code)) {
      return false;
    }
    await panel.sessionContext.ready;
    await NotebookActions.run(panel.content, panel.sessionContext);
    return true;
  }

  cells(): { id: string; source: string }[] {
    const cells = this._tracker?.currentWidget?.model?.cells ?? [];
    return [...cells].map(cell => ({ id: cell.id, source: cell.sharedModel.getSource() }));
  }

  /** The cell that shows `node`, or the active one, of the notebook in front, as something to attach. */
  cellAt(node: HTMLElement | null): { attached: Attached; hasError: boolean } | null {
    const panel = this._tracker?.currentWidget;
    const shown = panel?.content.widgets.findIndex(cell => cell.node === node) ?? -1;
    const index = shown < 0 ? (panel?.content.activeCellIndex ?? -1) : shown;
    const model = panel?.content.widgets[index]?.model;
    if (!panel || !model) {
      return null;
    }
    return { attached: this._cell(panel, model.id, index), hasError: hasError(model) };
  }

  /** A cell of the notebook in front. */
  cellNamed(id: string): Attached | null {
    return this.cellsOf(this._tracker?.currentWidget?.content, [id])?.[0] ?? null;
  }

  /** Cells that were dragged out of a notebook, by their ids; null: no notebook that is known here. */
  cellsOf(notebook: unknown, ids: readonly string[]): Attached[] | null {
    const panel = this._tracker?.find(one => one.content === notebook);
    const places = new Map([...(panel?.model?.cells ?? [])].map((cell, index) => [cell.id, index]));
    return panel ? ids.map(id => this._cell(panel, id, places.get(id) ?? 0)) : null;
  }

  /** What is selected in the active cell's source, or anywhere in the notebook in front. */
  selection(): Attached | null {
    const panel = this._tracker?.currentWidget;
    const cell = panel?.content.activeCell;
    if (!panel || !cell) {
      return null;
    }
    const name = this._cellName(panel.content.activeCellIndex);
    const where = `cell ${cell.model.id} of ${panel.context.localPath}`;
    return (
      selectedIn(cell.editor, where, `${name} · ${baseName(panel)}`, this._trans) ??
      selectedText(panel.node, panel.context.localPath, baseName(panel), this._trans)
    );
  }

  /** Whether the notebook in front has a kernel that can be asked something now. */
  get isIdle(): boolean {
    return this._tracker?.currentWidget?.sessionContext.session?.kernel?.status === 'idle';
  }

  private _cell(panel: NotebookPanel, id: string, index: number): Attached {
    const label = `${this._cellName(index)} · ${baseName(panel)}`;
    return { label, attachment: { notebook: panel.context.localPath, cell_ids: [id], label } };
  }

  private _cellName(index: number): string {
    return this._trans.__('cell %1', index + 1);
  }

  /** What suggestions are made from. */
  look(): OpenNotebook | null {
    const panel = this._tracker?.currentWidget;
    if (!panel?.model) {
      return null;
    }
    const cells = [...panel.model.cells];
    const sources = cells.map(cell => cell.sharedModel.getSource());
    return { path: panel.context.localPath, sources, hasError: cells.some(hasError) };
  }

  private _onCurrent(): void {
    const panel = this._tracker?.currentWidget ?? null;
    if (panel !== this._panel) {
      this._panel?.context.pathChanged.disconnect(this._emit, this);
      this._panel = panel;
      panel?.context.pathChanged.connect(this._emit, this);
      void panel?.context.ready.then(() => this._emit());
      this._emit();
    }
  }

  private _emit(): void {
    this._version++;
    this.changed.emit();
  }

  private _panel: NotebookPanel | null = null;
  private _version = 0;
}

/** As much of a cell's model as is looked at; only code cells have outputs. */
interface Cell {
  readonly outputs?: { readonly length: number; get(at: number): { readonly type: string } };
}

function baseName(panel: NotebookPanel): string {
  return PathExt.basename(panel.context.localPath);
}

export function hasError(cell: object): boolean {
  const { outputs } = cell as Cell;
  return (
    outputs !== undefined && Array.from({ length: outputs.length }, (_, at) => outputs.get(at).type).includes('error')
  );
}
