/** Ways to what the agent changed: a line at the end of a turn, a button in the header. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Totals } from '../review/changes';
import { Counts } from './Counts';
import { useSignals } from './signals';
import { useUi } from './ui';

/** What a turn changed, as long as nobody decided on all of it. */
export function TurnChanges({ runId }: { runId: string }) {
  const { changes, trans } = useUi();
  useSignals(changes.changed);
  const totals = changes.totals(runId);
  if (!totals) {
    return null;
  }
  return (
    <button className="jcr-TurnChanges" title={trans.__('Review these changes')} onClick={() => changes.show(runId)}>
      <span>{filesChanged(totals, trans)}</span>
      <Counts {...totals} />
      <span className="jcr-TurnChanges-review">{trans.__('Review')}</span>
    </button>
  );
}

export function ChangesButton() {
  const { changes, trans } = useUi();
  useSignals(changes.changed);
  const totals = changes.totals(null);
  const isShown = changes.shownRun !== undefined;
  if (!totals && !isShown) {
    return null;
  }
  const label = totals ? trans.__('Review changes: %1', filesChanged(totals, trans)) : trans.__('Review changes');
  return (
    <button
      className="jcr-IconButton jcr-ChangesButton"
      title={label}
      aria-label={label}
      aria-pressed={isShown}
      onClick={() => (isShown ? changes.hide() : changes.show(null))}
    >
      ±{totals?.files ?? 0}
    </button>
  );
}

export function filesChanged({ files }: Totals, trans: TranslationBundle): string {
  return trans._n('%1 file changed', '%1 files changed', files);
}
