/** How a tool call is said in one line: verb, object, size, time. Names the tools by what they do, so that new ones read well too. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Call } from './messages';
import type { Tool } from './turns';
import type { JsonObject } from '../wire';

export interface ToolLine {
  readonly verb: string;
  /** What the tool says of its result, or what it was called with. */
  readonly object: string;
  readonly additions: number | null;
  readonly deletions: number | null;
  readonly durationMs: number | null;
}

/** The number of a cell in a notebook that is open, as people count; null where it is not open. */
export type CellNumber = (path: string, cellId: string) => number | null;

type Doing =
  'list' | 'find' | 'search' | 'read' | 'write' | 'shell' | 'run' | 'edit' | 'fetch' | 'ask' | 'plan' | 'other';

/** The first that fits decides. */
const DOINGS: readonly [RegExp, Doing][] = [
  [/^ask_|question/, 'ask'],
  [/plan|todo/, 'plan'],
  [/shell|bash|command|terminal/, 'shell'],
  [/run|exec/, 'run'],
  [/fetch|download|http/, 'fetch'],
  [/edit|insert|replace|delete|move|patch/, 'edit'],
  [/write|create|save/, 'write'],
  [/grep|search/, 'search'],
  [/glob|find/, 'find'],
  [/^(list|ls)|_list$/, 'list'],
  [/read|view|open|inspect|variables|describe/, 'read']
];
/** Said beside it, in colour. */
const COUNTS = /\s*(· )?\+[\d,]+ [−-][\d,]+$/;
const READING = new Set<Doing>(['list', 'find', 'search', 'read']);

export function isReading(tool: Tool): boolean {
  return READING.has(doing(tool.call.name));
}

export function toolLine(tool: Tool, trans: TranslationBundle, cellNumber: CellNumber = () => null): ToolLine {
  const metadata = tool.result?.metadata ?? {};
  const object = objectOf(tool, trans, cellNumber);
  return {
    verb: verbOf(tool.call.name, trans),
    object: tool.result?.is_error ? failed(object, tool.result.content) : said(tool, metadata) || object,
    additions: count(metadata['additions']),
    deletions: count(metadata['deletions']),
    durationMs: count(metadata['duration_ms'])
  };
}

/** The cell or the file that a call works on, in a word or two. */
export function workedOn(call: Call, trans: TranslationBundle, cellNumber: CellNumber): string {
  const path = text(call.input['path']);
  const cell = text(call.input['cell_id']);
  const number = cell ? cellNumber(path, cell) : null;
  return number === null ? (path.split('/').at(-1) ?? '') : trans.__('cell %1', number);
}

/** Whether a tool of this name may change a file. */
export function changesFiles(name: string): boolean {
  return ['edit', 'write', 'run'].includes(doing(name));
}

/** What a call was about, in a word or two: a file's name, a pattern. */
export function target(tool: Tool): string {
  const { input } = tool.call;
  return (asked(input) || pathOf(tool) || text(input['cell_id'])).split('/').at(-1) ?? '';
}

/** The file that a call was about, from the server's root. */
export function pathOf({ call, result }: Tool): string {
  return text(result?.metadata['path']) || text(call.input['path']) || text(call.input['notebook']);
}

/** The cell that a call was about. */
export function cellOf({ call, result }: Tool): string {
  return text(result?.metadata['cell_id']) || text(call.input['cell_id']);
}

export function isFileRead(tool: Tool): boolean {
  return doing(tool.call.name) === 'read';
}

/** The text of an input that tells most: a command, code, new content. */
export function inputText(input: JsonObject): { text: string; isCode: boolean } {
  for (const key of ['command', 'code', 'source', 'content']) {
    const value = input[key];
    if (typeof value === 'string' && value) {
      return { text: value, isCode: true };
    }
  }
  return { text: Object.keys(input).length ? JSON.stringify(input, null, 2) : '', isCode: false };
}

function doing(name: string): Doing {
  return DOINGS.find(([pattern]) => pattern.test(name))?.[1] ?? 'other';
}

function verbOf(name: string, trans: TranslationBundle): string {
  const verbs: Record<Doing, string> = {
    list: trans.__('List'),
    find: trans.__('Find'),
    search: trans.__('Search'),
    read: trans.__('Read'),
    write: trans.__('Write'),
    shell: trans.__('Shell'),
    run: trans.__('Run'),
    edit: trans.__('Edit'),
    fetch: trans.__('Fetch'),
    ask: trans.__('Ask'),
    plan: trans.__('Plan'),
    other: name.replaceAll('_', ' ')
  };
  return verbs[doing(name)];
}

function objectOf(tool: Tool, trans: TranslationBundle, cellNumber: CellNumber): string {
  const { input } = tool.call;
  const [path, cell] = [pathOf(tool), text(input['cell_id'])];
  const number = cell ? cellNumber(path, cell) : null;
  const named = number === null ? trans.__('a cell') : trans.__('cell %1', number);
  const what = asked(input) || (cell ? named : firstLine(text(input['code'])));
  return [what, path].filter(Boolean).join(' · ');
}

/** What was looked for, or what the shell was given. */
function asked(input: JsonObject): string {
  const questions = input['questions'];
  const question = Array.isArray(questions) ? firstLine(text(questions[0]?.text)) : '';
  const command = firstLine(text(input['command']));
  return question || command || text(input['pattern']) || text(input['query']) || text(input['url']);
}

/** What runs says by its time that it went well. */
function said(tool: Tool, metadata: JsonObject): string {
  const runs = ['run', 'shell'].includes(doing(tool.call.name));
  return runs ? '' : text(metadata['summary']).replace(COUNTS, '');
}

function failed(object: string, content: string): string {
  return [object, firstLine(content)].filter(Boolean).join(' · ');
}

function firstLine(value: string): string {
  return value.trim().split('\n')[0] ?? '';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
