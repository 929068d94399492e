/**
 * In open notebooks: a thin bar at the left of each cell that the agent's last turn changed, with Keep and Revert when it is pointed
 * at. The bars go with the next turn, with a click, and when somebody decided.
 */
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Changes } from './changes';

type CellWidget = NotebookPanel['content']['widgets'][number];

/** Owner of the bars, and of which of them were clicked away. */
export class ChangeBars {
  constructor(
    private readonly _tracker: INotebookTracker,
    private readonly _changes: Changes,
    /** Whether who looks may keep and revert; they can see what changed in any case. */
    private readonly _mayDecide: () => boolean,
    private readonly _trans: TranslationBundle
  ) {
    _tracker.forEach(panel => this._watch(panel));
    _tracker.widgetAdded.connect((_, panel) => this._watch(panel));
    _changes.changed.connect(this._draw, this);
    _changes.turned.connect(this._draw, this);
  }

  private _watch(panel: NotebookPanel): void {
    const { content } = panel;
    const follow = (): void => {
      content.model?.cells.changed.connect(() => void Promise.resolve().then(() => this._draw()));
      this._draw();
    };
    content.modelChanged.connect(follow);
    panel.context.pathChanged.connect(() => this._draw());
    follow();
  }

  private _draw(): void {
    const runId = this._changes.lastRun;
    if (runId !== this._runId) {
      this._runId = runId;
      this._hidden.clear();
    }
    const files = new Map(this._changes.of(runId ?? '').map(file => [file.path, file]));
    this._tracker.forEach(({ content, context }) => {
      const path = context.localPath;
      const cells = files.get(path)?.cells.filter(cell => runId !== null && cell.run_ids.includes(runId)) ?? [];
      const marked = new Map(
        cells
          .map(cell => [cell.shown_as ?? cell.cell_id, cell.cell_id] as const)
          .filter(([id]) => !this._hidden.has(id))
      );
      content.widgets.forEach(cell => this._mark(cell, path, marked.get(cell.model.id)));
    });
  }

  private _mark(cell: CellWidget, path: string, cellId: string | undefined): void {
    const bar = this._bars.get(cell);
    if (cellId !== undefined && !bar) {
      const made = this._bar(cell, path, cellId);
      this._bars.set(cell, made);
      cell.node.append(made);
    } else if (cellId === undefined && bar) {
      bar.remove();
      this._bars.delete(cell);
    }
    const decide = this._bars.get(cell)?.querySelector<HTMLElement>('.jcr-ChangeBar-decide');
    if (decide) {
      decide.style.display = this._mayDecide() ? '' : 'none';
    }
  }

  private _bar(cell: CellWidget, path: string, cellId: string): HTMLElement {
    const trans = this._trans;
    const scope = { path, cell_id: cellId };
    const bar = document.createElement('div');
    bar.className = 'jcr-ChangeBar';
    bar.setAttribute('role', 'group');
    bar.setAttribute('aria-label', trans.__('The agent changed this cell'));
    const line = button('jcr-ChangeBar-line', '', trans.__('The agent changed this cell: hide the mark'), () => {
      this._hidden.add(cell.model.id);
      this._draw();
    });
    const decide = document.createElement('div');
    decide.className = 'jcr-ChangeBar-decide';
    decide.append(
      button('jcr-ChangeBar-button', trans.__('Keep'), trans.__('Keep what the agent changed in this cell'), () => {
        void this._changes.keep(scope);
      }),
      button('jcr-ChangeBar-button', trans.__('Revert'), trans.__('Restore what was in this cell before'), () => {
        void this._changes.revert(scope);
      })
    );
    bar.append(line, decide);
    return bar;
  }

  private readonly _bars = new WeakMap<CellWidget, HTMLElement>();
  private readonly _hidden = new Set<string>();
  private _runId: string | null = null;
}

function button(className: string, label: string, title: string, press: () => void): HTMLButtonElement {
  const node = document.createElement('button');
  node.className = className;
  node.textContent = label;
  node.title = title;
  if (!label) {
    node.setAttribute('aria-label', title);
  }
  node.addEventListener('click', event => {
    event.stopPropagation();
    press();
  });
  return node;
}
