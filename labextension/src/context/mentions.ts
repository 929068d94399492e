/** What can be named with `@`: files of the server, cells of the notebook in front, and what its kernel holds. */
import { PathExt } from '@jupyterlab/coreutils';
import type { Contents } from '@jupyterlab/services';
import type { Notebooks } from '../notebook/notebooks';
import type { Attached } from '../session/attached';
import type { Variable, Variables } from './variables';
import type { Session } from '../wire';

export interface Mention {
  readonly label: string;
  readonly hint: string;
  /** What stands in the text instead of what was typed. */
  readonly text: string;
  /** null: a folder, which is gone into. */
  readonly attached: Attached | null;
  /** Nothing is to be added: it is sent when it is chosen. */
  readonly isWhole?: boolean;
}

/** What is offered at once, and what takes its place later; null: that is all. */
export interface Found {
  readonly now: readonly Mention[];
  readonly later: Promise<readonly Mention[]> | null;
}

/** Sessions that can be named, and what is said beside each. */
export interface Others {
  readonly hint: string;
  readonly list: () => readonly Session[];
}

/** A mention being typed: from the `@` at `start` to the caret. */
export interface Typing {
  readonly start: number;
  readonly query: string;
}

const TYPING = /(?:^|[\s(])@([^\s@]*)$/;
const MOST = 8;

export function typingAt(text: string, caret: number): Typing | null {
  const match = TYPING.exec(text.slice(0, caret));
  return match ? { start: caret - (match[1] ?? '').length - 1, query: match[1] ?? '' } : null;
}

export class Mentions {
  constructor(
    private readonly _contents: Pick<Contents.IManager, 'get'>,
    private readonly _notebooks: Pick<Notebooks, 'path' | 'cells' | 'cellNamed'>,
    private readonly _variables: Pick<Variables, 'find'>,
    /** The other sessions. */
    private readonly _sessions: Others = { hint: '', list: () => [] }
  ) {}

  /** The best few for what is typed. */
  async find(query: string): Promise<Mention[]> {
    const wanted = (query.split('/').at(-1) ?? '').toLowerCase();
    const files = await this._files(query);
    const near = files.filter(file => file.label.toLowerCase().startsWith(wanted));
    const far = files.filter(file => !near.includes(file));
    const variables = (await this._variables.find(query)).map(variableMention).slice(0, MOST / 2);
    const first = near.slice(0, MOST - Math.min(variables.length, MOST / 2));
    const others = [...this._cells(query), ...this._named(query)];
    return [...first, ...variables, ...others, ...far].slice(0, MOST);
  }

  private _named(query: string): Mention[] {
    const wanted = query.toLowerCase();
    return wanted.length < 2
      ? []
      : this._sessions
          .list()
          .map(session => ({
            session,
            name: session.title
              .split(/[^\p{L}\p{N}]+/u)
              .filter(Boolean)
              .join('-')
          }))
          .filter(({ name }) => name.toLowerCase().includes(wanted))
          .slice(0, MOST / 4)
          .map(({ session, name }) => ({
            label: session.title,
            hint: this._sessions.hint,
            text: `@${name.slice(0, 40)} `,
            attached: { label: session.title, attachment: { session: session.id, label: session.title } }
          }));
  }

  private async _files(query: string): Promise<Mention[]> {
    const slash = query.lastIndexOf('/');
    const folder = slash < 0 ? '' : query.slice(0, slash);
    const wanted = query.slice(slash + 1).toLowerCase();
    const listed = await this._contents.get(folder, { content: true }).catch(() => null);
    const entries = (Array.isArray(listed?.content) ? listed.content : []) as Contents.IModel[];
    return entries
      .filter(entry => entry.name.toLowerCase().includes(wanted))
      .sort((a, b) => a.name.localeCompare(b.name))
      .map(entry => mentionOf(entry, PathExt.join(folder, entry.name)));
  }

  private _cells(query: string): Mention[] {
    const notebook = this._notebooks.path;
    const wanted = query.toLowerCase();
    if (notebook === null || wanted.length < 2) {
      return [];
    }
    return this._notebooks
      .cells()
      .map(({ id, source }, index) => ({ id, name: `cell-${index + 1}`, line: source.trim().split('\n')[0] ?? '' }))
      .filter(({ name, line }) => name.startsWith(wanted) || line.toLowerCase().includes(wanted))
      .slice(0, MOST / 2)
      .map(({ id, name, line }) => ({
        label: name,
        hint: line,
        text: `@${name} `,
        attached: this._notebooks.cellNamed(id)
      }));
  }
}

function variableMention({ notebook, name, summary }: Variable): Mention {
  const label = `${name} · ${PathExt.basename(notebook)}`;
  return {
    label: name,
    hint: summary,
    text: `@${name} `,
    attached: { label, attachment: { notebook, variables: [name], label } }
  };
}

function mentionOf(entry: Contents.IModel, path: string): Mention {
  if (entry.type === 'directory') {
    return { label: `${entry.name}/`, hint: '', text: `@${path}/`, attached: null };
  }
  const attachment = entry.type === 'notebook' ? { notebook: path } : { path };
  return {
    label: entry.name,
    hint: PathExt.dirname(path),
    text: `@${path} `,
    attached: { label: entry.name, attachment }
  };
}
