/** Events that come while something is fetched wait until it is there: none is lost between the fetch's cursor and now. */
import type { Arrival } from './model';

/** Owner of the events that wait. */
export class Backlog {
  constructor(private readonly _take: (arrivals: readonly Arrival[]) => void) {}

  offer(arrivals: readonly Arrival[]): void {
    if (this._fetches) {
      this._held.push(...arrivals);
    } else {
      this._take(arrivals);
    }
  }

  async during(fetch: () => Promise<void>): Promise<void> {
    this._fetches++;
    try {
      await fetch();
    } finally {
      this._fetches--;
      if (!this._fetches) {
        this._take(this._held.splice(0));
      }
    }
  }

  private _fetches = 0;
  private readonly _held: Arrival[] = [];
}
