/** What the agent does, in the status bar. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { activityOf, pendingRequests, runningCall } from '../session/activity';
import { Places } from '../notebook/places';
import { isAsked } from '../session/roles';
import { COMMANDS, ICrush } from '../tokens';
import { workTarget } from '../session/tools';
import type { CellNumber } from '../session/tools';
import { useSignals } from '../view/signals';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-crush/labextension:status',
  description: 'What the agent does, in the status bar.',
  autoStart: true,
  requires: [ICrush],
  optional: [IStatusBar, INotebookTracker, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    crush: ICrush,
    bar: IStatusBar | null,
    notebooks: INotebookTracker | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_crush');
    const open = (): void => void app.commands.execute(COMMANDS.focus);
    const { cellNumber } = new Places(null, notebooks);
    const props = { crush, trans, cellNumber, onOpen: open };
    const item = ReactWidget.create(<StatusItem {...props} />);
    item.addClass('jcr-StatusItem');
    bar?.registerStatusItem(plugin.id, { item, align: 'right', rank: 90 });
  }
};

interface StatusProps {
  readonly crush: ICrush;
  readonly trans: TranslationBundle;
  readonly cellNumber: CellNumber;
  readonly onOpen: () => void;
}

function StatusItem({ crush, trans, cellNumber, onOpen }: StatusProps) {
  const { conversation } = crush;
  useSignals(conversation.changed);
  const doing = activityOf(conversation);
  const may = conversation.live.config?.may;
  const isForMe = isAsked(pendingRequests(conversation)[0], may);
  const call = doing === 'working' ? runningCall(conversation) : null;
  const what = call && workTarget(call, trans, cellNumber);
  const working = what ? trans.__('Crush: working on %1', what) : trans.__('Crush: working');
  const words = {
    ready: trans.__('Crush'),
    working,
    asking: isForMe ? trans.__('Crush: asks you') : trans.__('Crush: waits for an answer')
  };
  return (
    <span className="jcr-Status">
      <button className="jcr-Status-button" title={trans.__('Go to Crush')} onClick={onOpen}>
        {doing !== 'ready' && <span className={`jcr-Dot jcr-mod-${doing}`} aria-hidden="true" />}
        <span className="jcr-Ellipsis">{words[doing]}</span>
      </button>
      {doing !== 'ready' && (may?.prompt ?? true) && (
        <button
          className="jcr-Stop jcr-mod-small"
          title={trans.__('Stop')}
          aria-label={trans.__('Stop')}
          onClick={() => void conversation.stop()}
        >
          <span aria-hidden="true" />
        </button>
      )}
    </span>
  );
}

export default plugin;
