/** What every component may use: words, the markdown renderer, and ways out of the panel. */
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { createContext, useContext } from 'react';

export interface Ui {
  readonly trans: TranslationBundle;
  readonly rendermime: IRenderMimeRegistry;
  openPath(path: string): void;
  readonly isReasoningOpen: boolean;
}

const UiContext = createContext<Ui | null>(null);

export const UiProvider = UiContext.Provider;

export function useUi(): Ui {
  const ui = useContext(UiContext);
  if (!ui) {
    throw new Error('outside of UiProvider');
  }
  return ui;
}
