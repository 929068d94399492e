/** Keep or revert, for one thing or for all. */
import { useState } from 'react';
import type { Scope } from '../review/changes';
import { useUi } from './ui';

interface DecisionProps {
  readonly scope: Scope;
  /** What it is about, for those who hear it. */
  readonly what: string;
  readonly isAll?: boolean;
  readonly canRevert?: boolean;
}

export function Decision({ scope, what, isAll = false, canRevert = true }: DecisionProps) {
  const { changes, mayPrompt, trans } = useUi();
  const [isBusy, setBusy] = useState(false);
  const decide = (act: () => Promise<void>): void => {
    setBusy(true);
    void act().finally(() => setBusy(false));
  };
  if (!mayPrompt()) {
    return null;
  }
  return (
    <span className="jcr-Decision">
      <button
        className="jcr-LinkButton"
        aria-label={trans.__('Keep %1', what)}
        disabled={isBusy}
        onClick={() => decide(() => changes.keep(scope))}
      >
        {isAll ? trans.__('Keep all') : trans.__('Keep')}
      </button>
      <button
        className="jcr-LinkButton"
        aria-label={trans.__('Revert %1', what)}
        disabled={isBusy || !canRevert}
        onClick={() => decide(() => changes.revert(scope))}
      >
        {isAll ? trans.__('Revert all') : trans.__('Revert')}
      </button>
    </span>
  );
}
