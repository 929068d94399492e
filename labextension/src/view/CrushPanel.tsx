/** The panel as a widget of JupyterLab's side area. */
import { Clipboard, Notification } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { activityOf } from '../session/activity';
import { crushIcon } from '../lib/icons';
import type { Attached } from '../session/attached';
import { codePress } from '../markdown/code';
import { untrustedRenderMime } from '../markdown/view';
import { saveFile } from '../lib/saving';
import type { Places } from '../notebook/places';
import { mayPrompt } from '../session/roles';
import type { ICrush, ICrushPanel } from '../tokens';
import { Panel } from './Panel';
import { UiProvider } from './ui';

export interface PanelOptions {
  readonly crush: ICrush;
  readonly rendermime: IRenderMimeRegistry;
  readonly trans: TranslationBundle;
  readonly places: Places;
  /** Put the widget into an area. */
  readonly place: (widget: CrushPanel, area: 'main' | 'right') => void;
  /** Bring the widget to the front of its area. */
  readonly activate: (id: string) => void;
}

export class CrushPanel extends ReactWidget implements ICrushPanel {
  constructor(private readonly _options: PanelOptions) {
    super();
    this._rendermime = untrustedRenderMime(_options.rendermime);
    this.id = 'jupyter-crush';
    this.addClass('jcr-Panel');
    this.title.icon = crushIcon;
    this.title.caption = _options.trans.__('Crush');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', _options.trans.__('Crush'));
    _options.crush.conversation.changed.connect(this._showActivity, this);
    _options.crush.actions.exported.connect((_, { name, content }) => saveFile(name, content));
  }

  get hasFocus(): boolean {
    return this.node.contains(document.activeElement);
  }

  focus(): void {
    this._options.activate(this.id);
    this._focusComposer();
  }

  focusCard(): boolean {
    const card = this.node.querySelector<HTMLElement>('.jcr-Card');
    if (!card || card.contains(document.activeElement)) {
      return false;
    }
    card.focus();
    return true;
  }

  compose(text: string, attached: readonly Attached[] = []): void {
    this.focus();
    this._options.crush.conversation.composed.emit({ text, attached });
  }

  toggleArea(): void {
    this._options.place(this, this._isMain ? 'right' : 'main');
    this.focus();
  }

  /** Also where JupyterLab restores its layout. */
  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this.title.label = this._isMain ? this._options.trans.__('Crush') : '';
    this.title.closable = false;
  }

  private get _isMain(): boolean {
    return this.node.closest('#jp-main-dock-panel') !== null;
  }

  protected override render(): JSX.Element {
    const { crush, trans, places } = this._options;
    const { openPath, openCell, cellNumber } = places;
    const { _rendermime: rendermime, _folds: folds, _since: since } = this;
    const { changes, settings } = crush;
    const isReasoningOpen = settings.showReasoning;
    const proposeAgain = (path: string): void => {
      const prompt = trans.__('Make the edit of %1 that was refused, on what is there now.', path);
      void crush.conversation.send(prompt, [], settings.whileBusy, crush.notebooks.save());
    };
    const navigation = {
      openPath,
      openCell,
      cellNumber,
      proposeAgain,
      mayPrompt: () => mayPrompt(crush.live.config?.may)
    };
    return (
      <UiProvider value={{ trans, ...navigation, rendermime, changes, isReasoningOpen, folds, since }}>
        <div
          className="jcr-Panel-root"
          onClick={event => this._onPress(event)}
          onKeyDown={event => event.key === 'Enter' && openTarget(event, openPath)}
        >
          <Panel crush={crush} onRendered={this._onRendered} />
        </div>
      </UiProvider>
    );
  }

  /** The agent is looked for when somebody looks at it. */
  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._options.crush.live.startOnce();
    this._onRendered();
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this._focusComposer();
  }

  /** What stands in an answer and can be pressed: a path opens, code goes where its button says. */
  private _onPress(event: React.SyntheticEvent): void {
    const { crush, trans, places } = this._options;
    openTarget(event, places.openPath);
    const press = codePress(event.target);
    if (press?.action === 'copy') {
      Clipboard.copyToSystem(press.code);
    } else if (press) {
      void Promise.resolve(crush.notebooks[press.action](press.code)).then(isDone => {
        if (!isDone) {
          Notification.info(trans.__('Open a notebook first.'));
        }
      });
    }
  }

  /** Now, or as soon as there is a composer: a panel that was never open has none yet. */
  private _focusComposer(): void {
    const target = this.node.querySelector<HTMLElement>('.jcr-Composer-text');
    target?.focus();
    this._wantsFocus = !target || document.activeElement !== target;
  }

  private readonly _onRendered = (): void => {
    if (this._wantsFocus) {
      this._focusComposer();
    }
  };

  private _showActivity(): void {
    const doing = activityOf(this._options.crush.conversation);
    this.title.className = doing === 'ready' ? '' : `jcr-Tab-${doing}`;
  }

  private readonly _rendermime: IRenderMimeRegistry;
  private readonly _folds = new Map<string, boolean>();
  private readonly _since = new Map<string, number>();
  private _wantsFocus = false;
}

/** A path that the agent names opens in JupyterLab. */
function openTarget(event: React.SyntheticEvent, openPath: (path: string) => void): void {
  const path =
    event.target instanceof Element ? event.target.closest('[data-crush-path]')?.getAttribute('data-crush-path') : null;
  if (path) {
    event.preventDefault();
    openPath(path);
  }
}
