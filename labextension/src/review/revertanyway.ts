/** Before a revert takes what a person wrote: they are asked. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { visible } from '../lib/visible';
import type { ChangedFile } from '../wire';

export async function revertAnyway(changed: readonly ChangedFile[], trans: TranslationBundle): Promise<boolean> {
  const { button } = await showDialog({
    title: trans.__('Revert later changes, too?'),
    body: trans.__(
      'This was changed again after the agent changed it, and reverting loses that: %1',
      changed.map(file => named(file, trans)).join(', ')
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Revert anyway') })
    ],
    defaultButton: 0
  });
  return button.accept;
}

function named(file: ChangedFile, trans: TranslationBundle): string {
  const cells = file.cells.filter(cell => cell.changed_since && cell.index !== null);
  const numbers = cells.map(cell => (cell.index ?? 0) + 1).join(', ');
  const path = visible(file.path);
  return numbers ? trans.__('%1 (cell %2)', path, numbers) : path;
}
