/** The names that the kernel of the notebook in front knows, as far as it can be asked. */
import type { Live } from '../session/live';
import type { Notebooks } from '../notebook/notebooks';
import type { VariableInfo } from '../wire';

export interface Variable extends VariableInfo {
  readonly notebook: string;
}

/** While a name is typed the kernel is asked once. */
const FRESH_MS = 5_000;

/** Owner of what the kernel said last. */
export class Variables {
  constructor(
    private readonly _live: Pick<Live, 'call' | 'client'>,
    private readonly _notebooks: Pick<Notebooks, 'path' | 'isIdle'>,
    private readonly _now: () => number = Date.now
  ) {}

  /** Data and values whose names begin with what is typed; none while the kernel is busy, or where there is none. */
  async find(query: string): Promise<Variable[]> {
    const notebook = this._notebooks.path;
    if (notebook === null) {
      return [];
    }
    const isFresh = this._said?.notebook === notebook && this._now() - this._said.at < FRESH_MS;
    if (!isFresh && !this._notebooks.isIdle) {
      return [];
    }
    if (!isFresh) {
      this._said = { notebook, at: this._now(), variables: this._ask(notebook) };
    }
    const variables = (await this._said?.variables) ?? [];
    const wanted = query.toLowerCase();
    return variables
      .filter(({ name, kind }) => (kind === 'data' || kind === 'value') && name.toLowerCase().startsWith(wanted))
      .map(variable => ({ ...variable, notebook }));
  }

  private _ask(notebook: string): Promise<VariableInfo[]> {
    const { client } = this._live;
    return this._live.call(wid => client.variables(wid, { notebook })).catch(() => []);
  }

  private _said: { notebook: string; at: number; variables: Promise<VariableInfo[]> } | null = null;
}
