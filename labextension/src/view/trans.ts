/** The words of components that need nothing else: the panel's and those of the chat in a cell. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { createContext, useContext } from 'react';

const TransContext = createContext<TranslationBundle | null>(null);

export const TransProvider = TransContext.Provider;

export function useTrans(): TranslationBundle {
  const trans = useContext(TransContext);
  if (!trans) {
    throw new Error('outside of TransProvider');
  }
  return trans;
}
