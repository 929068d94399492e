/** What the plugins of this extension share. */
import { Token } from '@lumino/coreutils';
import type { Changes } from './review/changes';
import type { Conversation } from './session/conversation';
import type { SessionActions } from './session/actions';
import type { Live } from './session/live';
import type { Mentions } from './context/mentions';
import type { Attached } from './session/attached';
import type { Notebooks } from './notebook/notebooks';
import type { Settings } from './session/settings';

export interface ICrush {
  readonly live: Live;
  readonly conversation: Conversation;
  readonly actions: SessionActions;
  readonly changes: Changes;
  readonly notebooks: Notebooks;
  readonly settings: Settings;
  readonly mentions: Mentions;
}

export const ICrush = new Token<ICrush>(
  '@jupyter-crush/labextension:ICrush',
  'The agent: its live view and the conversation.'
);

export interface ICrushPanel {
  /** Bring the panel to the front, with the cursor in the composer. */
  focus(): void;
  readonly hasFocus: boolean;
  /** Put the focus on what waits for a person. False: it is there, or nothing waits. */
  focusCard(): boolean;
  /** Put text into the composer and attach something, for the person to go on with. */
  compose(text: string, attached?: readonly Attached[]): void;
  /** Show the panel in the main area, or in the side area again. */
  toggleArea(): void;
}

export const ICrushPanel = new Token<ICrushPanel>('@jupyter-crush/labextension:ICrushPanel', "The agent's panel.");

export const COMMANDS = {
  focus: 'crush:focus',
  newSession: 'crush:new-session',
  stop: 'crush:stop',
  review: 'crush:review-changes',
  toMain: 'crush:to-main-area',
  copyLink: 'crush:copy-link',
  askCell: 'crush:ask-cell',
  askSelection: 'crush:ask-selection',
  explainCell: 'crush:explain-cell',
  fixCell: 'crush:fix-cell'
} as const;
