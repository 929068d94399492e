/** Under a cell that ended with an error: quiet buttons. They come and go with the error. */
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { PanelLayout, Widget } from '@lumino/widgets';
import { hasError } from './notebooks';

type Action = 'explainError' | 'fixError';
type Press = (action: Action, notebook: NotebookPanel['content'], cellId: string) => void;
type CellWidget = NotebookPanel['content']['widgets'][number];

/** As much of a code cell's model as is watched. */
interface Watched {
  readonly outputs?: { readonly changed: { connect(slot: () => void, owner: object): boolean } };
}

/** Owner of which cells have the buttons. */
export class ErrorButtons {
  constructor(
    tracker: INotebookTracker,
    private readonly _trans: TranslationBundle,
    private readonly _press: Press
  ) {
    tracker.forEach(panel => this._watch(panel));
    tracker.widgetAdded.connect((_, panel) => this._watch(panel));
  }

  private _watch({ content }: NotebookPanel): void {
    const look = (): void => content.widgets.forEach(cell => this._furnish(content, cell));
    const follow = (): void => {
      content.model?.cells.changed.connect(() => void Promise.resolve().then(look));
      look();
    };
    content.modelChanged.connect(follow);
    follow();
  }

  /** A cell far away has no inside yet: it gets its buttons with it. */
  private _furnish(notebook: NotebookPanel['content'], cell: CellWidget): void {
    if (cell.model.type !== 'code' || this._known.has(cell)) {
      return;
    }
    this._known.add(cell);
    void cell.ready.then(() => {
      const { layout } = cell;
      if (!cell.isDisposed && layout instanceof PanelLayout) {
        const buttons = new Buttons(cell, this._trans, action => this._press(action, notebook, cell.model.id));
        layout.insertWidget(layout.widgets.length - 1, buttons);
      }
    });
  }

  private readonly _known = new WeakSet<CellWidget>();
}

class Buttons extends Widget {
  constructor(
    private readonly _cell: CellWidget,
    trans: TranslationBundle,
    press: (action: Action) => void
  ) {
    super();
    this.addClass('jcr-ErrorButtons');
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', trans.__('Ask Crush about this error'));
    this.node.append(
      button(trans.__('Explain'), trans.__('Have Crush explain this error'), () => press('explainError')),
      button(trans.__('Fix'), trans.__('Have Crush fix this error'), () => press('fixError'))
    );
    (_cell.model as Watched).outputs?.changed.connect(this._look, this);
    this._look();
  }

  private _look(): void {
    this.setHidden(!hasError(this._cell.model));
  }
}

function button(label: string, title: string, press: () => void): HTMLButtonElement {
  const node = document.createElement('button');
  node.className = 'jcr-ErrorButton';
  node.textContent = label;
  node.title = title;
  node.addEventListener('click', press);
  return node;
}
