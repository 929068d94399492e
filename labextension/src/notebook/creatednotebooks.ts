/**
 * Which notebooks that the agent creates open here: when its turn is over. To open one while it is still written and its kernel
 * starts would make a second kernel, or unsaved changes that meet the agent's.
 */
import type { Arrival } from '../session/model';
import type { FileChange } from '../wire';

/** This page, at the moment at which a turn ends. */
export interface Here {
  /** The person wants it. */
  readonly isWanted: boolean;
  /** The page is not looked at. */
  readonly isHidden: boolean;
  /** The session that the panel shows. */
  readonly sessionId: string | null;
  readonly isOpen: (path: string) => boolean;
}

/** Owner of what the turns that go on have made. */
export class CreatedNotebooks {
  /** The notebooks that a turn has made, at its end. */
  madeBy({ data }: Arrival): FileChange[] {
    if (data.type === 'file' && data.payload.payload.created) {
      const change = data.payload.payload;
      this._made.set(claimOf(change), change);
    }
    if (data.type !== 'run_complete') {
      return [];
    }
    const runId = data.payload.payload.run_id;
    const made = [...this._made.values()].filter(change => change.run_id === runId);
    made.forEach(change => this._made.delete(claimOf(change)));
    return made.filter(({ path }) => path.toLowerCase().endsWith('.ipynb'));
  }

  private readonly _made = new Map<string, FileChange>();
}

export function shouldOpen({ session_id, path }: FileChange, here: Here): boolean {
  return here.isWanted && !here.isHidden && session_id === here.sessionId && !here.isOpen(path);
}

/** Of one notebook that one run made; a browser opens it once. */
export function claimOf({ run_id, path }: FileChange): string {
  return `open:${run_id}:${path}`;
}
