/** A prompt before the server has it. */
import type { Attached } from './attached';

/** A prompt on its way to the server. */
export interface Sending {
  readonly runId: string;
  readonly sessionId: string | null;
  readonly prompt: string;
  readonly labels: readonly string[];
}

/** What comes into the composer. */
export interface Composed {
  readonly text: string;
  readonly attached: readonly Attached[];
}
