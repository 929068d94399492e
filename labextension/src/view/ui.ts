/** What every component may use: words, the markdown renderer, and ways out of the panel. */
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { createContext, createElement, useContext } from 'react';
import type { ReactElement, ReactNode } from 'react';
import type { Changes } from '../review/changes';
import { TransProvider } from './trans';

export interface Ui {
  readonly trans: TranslationBundle;
  readonly rendermime: IRenderMimeRegistry;
  openPath(path: string): void;
  /** Show a cell of a notebook, which is opened for it. */
  openCell(path: string, cellId: string): Promise<void>;
  /** The number of a cell in a notebook that is open here, as people count. */
  cellNumber(path: string, cellId: string): number | null;
  /** Have the agent make an edit that was refused. */
  proposeAgain(path: string): void;
  /** Whether who looks directs the agent, and not only watches. */
  mayPrompt(): boolean;
  readonly changes: Changes;
  readonly isReasoningOpen: boolean;
  /** What was unfolded or folded, by key: a line that was scrolled away comes back as it was. */
  readonly folds: Map<string, boolean>;
  /** When a tool was first seen running, by call. */
  readonly since: Map<string, number>;
}

const UiContext = createContext<Ui | null>(null);

export function UiProvider({ value, children }: { value: Ui; children: ReactNode }): ReactElement {
  const inside = createElement(UiContext.Provider, { value }, children);
  return createElement(TransProvider, { value: value.trans }, inside);
}

export function useUi(): Ui {
  const ui = useContext(UiContext);
  if (!ui) {
    throw new Error('outside of UiProvider');
  }
  return ui;
}
