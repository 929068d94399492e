/** What goes along with a prompt. */
import type { Attachment } from '../wire';

export interface Attached {
  /** What the chip says. */
  readonly label: string;
  readonly attachment: Attachment;
  /** Goes along with every prompt by itself: the notebook in front. */
  readonly isAmbient?: boolean;
}
