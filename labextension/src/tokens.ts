/** What the plugins of this extension share. */
import { Token } from '@lumino/coreutils';
import type { Changes } from './changes';
import type { Conversation } from './conversation';
import type { SessionDeeds } from './deeds';
import type { Live } from './live';
import type { Attached, Mentions } from './mentions';
import type { Notebooks } from './notebooks';
import type { Settings } from './settings';

export interface ICrush {
  readonly live: Live;
  readonly conversation: Conversation;
  readonly deeds: SessionDeeds;
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
