/** What this browser remembers between visits. A browser that refuses storage forgets, and nothing else breaks. */

const PREFIX = 'jupyter-crush:';
const HISTORY_SIZE = 50;
const CLAIMS = 50;

export class Memory {
  constructor(private readonly _storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {}

  /** The name of this browser towards the server; one for all its tabs, for they share one stream. */
  clientId(mint: () => string): string {
    const known = this._get('client');
    if (known) {
      return known;
    }
    const id = mint();
    this._put('client', id);
    return id;
  }

  /** Whether the agent was ever asked anything from here. */
  get wasUsed(): boolean {
    return this._get('history') !== null;
  }

  /** Where the panel was put: the main area, or the side. */
  get area(): 'main' | 'right' {
    return this._get('area') === 'main' ? 'main' : 'right';
  }

  setArea(area: 'main' | 'right'): void {
    this._put('area', area);
  }

  lastSession(workspaceId: string): string | null {
    return this._get(`session:${workspaceId}`);
  }

  setLastSession(workspaceId: string, sessionId: string): void {
    this._put(`session:${workspaceId}`, sessionId);
  }

  /** How much of a session was there when it was last shown here; null: it never was. */
  seen(sessionId: string): number | null {
    const count = this._get(`seen:${sessionId}`);
    return count === null ? null : Number(count);
  }

  setSeen(sessionId: string, count: number): void {
    if (this.seen(sessionId) !== count) {
      this._put(`seen:${sessionId}`, String(count));
    }
  }

  /** What was written into a session's composer and not sent. */
  draft(sessionId: string): string {
    return this._get(`draft:${sessionId}`) ?? '';
  }

  setDraft(sessionId: string, text: string): void {
    this._put(`draft:${sessionId}`, text || null);
  }

  moveDraft(from: string, to: string): void {
    this.setDraft(to, this.draft(from));
    this.setDraft(from, '');
  }

  /** What was sent from here, newest last. */
  history(): string[] {
    return this._list('history');
  }

  remember(prompt: string): void {
    const entries = [...this.history().filter(entry => entry !== prompt), prompt];
    this._put('history', JSON.stringify(entries.slice(-HISTORY_SIZE)));
  }

  /** Whether this is the first time that this browser is asked; only the first of its tabs does what is done once. */
  claim(what: string): boolean {
    const claims = this._list('claims');
    if (claims.includes(what)) {
      return false;
    }
    this._put('claims', JSON.stringify([...claims, what].slice(-CLAIMS)));
    return true;
  }

  private _list(key: string): string[] {
    try {
      const entries: unknown = JSON.parse(this._get(key) ?? '[]');
      return Array.isArray(entries) ? entries.filter(entry => typeof entry === 'string') : [];
    } catch {
      return [];
    }
  }

  private _get(key: string): string | null {
    try {
      return this._storage.getItem(PREFIX + key);
    } catch {
      return null;
    }
  }

  private _put(key: string, value: string | null): void {
    try {
      if (value === null) {
        this._storage.removeItem(PREFIX + key);
      } else {
        this._storage.setItem(PREFIX + key, value);
      }
    } catch {
      // Full, or forbidden: forget it.
    }
  }
}
