/** What the agent does, in the status bar. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { activity } from '../activity';
import { COMMANDS, ICrush } from '../tokens';
import { useSignals } from '../view/signals';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-crush/labextension:status',
  description: 'What the agent does, in the status bar.',
  autoStart: true,
  requires: [ICrush],
  optional: [IStatusBar, ITranslator],
  activate: (app: JupyterFrontEnd, crush: ICrush, bar: IStatusBar | null, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load('jupyter_crush');
    const open = (): void => void app.commands.execute(COMMANDS.focus);
    const item = ReactWidget.create(<StatusItem crush={crush} trans={trans} onOpen={open} />);
    item.addClass('jcr-StatusItem');
    bar?.registerStatusItem(plugin.id, { item, align: 'right', rank: 90 });
  }
};

function StatusItem({ crush, trans, onOpen }: { crush: ICrush; trans: TranslationBundle; onOpen: () => void }) {
  const { conversation } = crush;
  useSignals(conversation.changed);
  const doing = activity(conversation);
  const words = { ready: trans.__('Crush'), working: trans.__('Crush: working'), asking: trans.__('Crush: asks you') };
  return (
    <span className="jcr-Status">
      <button className="jcr-Status-button" title={trans.__('Go to Crush')} onClick={onOpen}>
        {doing !== 'ready' && <span className={`jcr-Dot jcr-mod-${doing}`} aria-hidden="true" />}
        {words[doing]}
      </button>
      {doing !== 'ready' && (
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
