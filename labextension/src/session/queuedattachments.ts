/** What was attached here to prompts that wait: the server does not send it back. */
import type { Attached } from './attached';
import type { Run } from '../wire';

/** Owner of the attachments of queued prompts, by run. */
export class QueuedAttachments {
  keep(run: Run, attached: readonly Attached[]): void {
    this._byRun.set(
      run.run_id,
      attached.filter(one => !one.isAmbient)
    );
  }

  of(...runs: readonly Run[]): Attached[] {
    return runs.flatMap(run => this._byRun.get(run.run_id) ?? []);
  }

  /** Let go of those whose prompt waits no more. */
  prune(runs: Readonly<Record<string, Run>>): void {
    for (const id of this._byRun.keys()) {
      if (runs[id]?.state !== 'queued') {
        this._byRun.delete(id);
      }
    }
  }

  private readonly _byRun = new Map<string, readonly Attached[]>();
}
