/** What goes wrong between this page and the server. */
import type { ChangedFile } from '../wire';

/** What the server refused and why, in its own words; `status` 0: it was not reached. */
export class CrushError extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
    readonly retryable = false,
    /** What somebody changed since, where that is why. */
    readonly changed: readonly ChangedFile[] = []
  ) {
    super(message);
    this.name = 'CrushError';
  }
}

export function asCrushError(error: unknown): CrushError {
  return error instanceof CrushError ? error : new CrushError(0, 'unexpected', String(error));
}
