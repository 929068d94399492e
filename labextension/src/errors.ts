/** What goes wrong between this page and the server. */

/** What the server refused and why, in its own words; `status` 0: it was not reached. */
export class CrushError extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
    readonly retryable = false
  ) {
    super(message);
    this.name = 'CrushError';
  }
}

export function asCrushError(error: unknown): CrushError {
  return error instanceof CrushError ? error : new CrushError(0, 'unexpected', String(error));
}
