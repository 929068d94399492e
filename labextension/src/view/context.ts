/** What goes along with the next prompt: the notebook in front unless it is turned off, and what was attached. */
import { Notification } from '@jupyterlab/apputils';
import { useEffect, useState } from 'react';
import type { Composed } from '../session/prompt';
import type { Attached } from '../session/attached';
import type { ICrush } from '../tokens';
import { readFiles } from '../context/uploads';
import type { ChipsProps } from './Chips';
import { useUi } from './ui';

interface ContextChips {
  readonly chips: ChipsProps;
  attach(attached: Attached): void;
  attachFiles(files: File[]): Promise<void>;
  /** All of it, for a prompt that is sent now; the attached ones are used up. */
  take(): readonly Attached[];
}

export function useContextChips(
  { notebooks, settings }: ICrush,
  given: { readonly value: Composed; readonly number: number }
): ContextChips {
  const { trans } = useUi();
  const [off, setOff] = useState<string | null>(null);
  const [attached, setAttached] = useState<readonly Attached[]>([]);
  const path = settings.attachNotebook ? notebooks.path : null;
  const isOff = path !== null && path === off;
  const attach = (...more: Attached[]): void =>
    setAttached(all => [...all.filter(one => !more.some(other => other.label === one.label)), ...more]);
  useEffect(() => attach(...given.value.attached), [given.number]); // eslint-disable-line react-hooks/exhaustive-deps -- each is taken once
  return {
    chips: {
      notebook: path?.split('/').at(-1) ?? null,
      isNotebookOff: isOff,
      onToggleNotebook: () => setOff(isOff ? null : path),
      attached,
      onDetach: gone => setAttached(all => all.filter(one => one !== gone))
    },
    attach,
    attachFiles: async files => {
      const read = await readFiles(files);
      attach(...read.attached);
      if (read.tooLarge.length) {
        Notification.warning(trans.__('Too large to attach (14 MB in all): %1', read.tooLarge.join(', ')));
      }
    },
    take: () => {
      setAttached([]);
      const isNamed = attached.some(one => isWhole(one, path));
      const ambient = path !== null && !isOff && !isNamed;
      return ambient ? [{ label: path, attachment: { notebook: path }, isAmbient: true }, ...attached] : attached;
    }
  };
}

/** Whether it is all of that notebook: its cells, not some of them, and not its variables. */
function isWhole({ attachment }: Attached, notebook: string | null): boolean {
  return attachment.notebook === notebook && !attachment.cell_ids && !attachment.variables;
}
