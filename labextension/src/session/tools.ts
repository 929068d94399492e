/**
 * How a tool call is said in one line: verb, object, size, time. Tools of other packages are said by their own names, and where they
 * come from; what a call does to the world is its kind.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Call } from './messages';
import type { Tool } from './turns';
import type { JsonObject, ToolResult } from '../wire';

export interface ToolLine {
  readonly verb: string;
  /** The package that the tool comes from; null: it is built in. */
  readonly from: string | null;
  /** What the tool says of its result, or what it was called with. */
  readonly object: string;
  readonly additions: number | null;
  readonly deletions: number | null;
  readonly durationMs: number | null;
}

/** The number of a cell in a notebook that is open, as people count; null where it is not open. */
export type CellNumber = (path: string, cellId: string) => number | null;

type Category = 'list' | 'find' | 'search' | 'read' | 'write' | 'shell' | 'run' | 'edit' | 'ask' | 'plan';

/** How each built-in tool is said. */
const OURS: ReadonlyMap<string, Category> = new Map([
  ['list_files', 'list'],
  ['find_files', 'find'],
  ['search_text', 'search'],
  ['read_file', 'read'],
  ['read_notebook', 'read'],
  ['read_variables', 'read'],
  ['write_file', 'write'],
  ['edit_file', 'edit'],
  ['edit_notebook', 'edit'],
  ['run_cell', 'run'],
  ['run_code', 'run'],
  ['run_command', 'shell'],
  ['ask_user', 'ask'],
  ['update_plan', 'plan']
]);
/** Said beside it, in colour. */
const COUNTS = /\s*(· )?\+[\d,]+ [−-][\d,]+$/;
const READING = new Set<Category | null>(['list', 'find', 'search', 'read']);

/** Older servers say no kind; then it is known of our own tools alone. */
export function isReading({ call }: Tool): boolean {
  return call.kind === null || call.kind === undefined ? READING.has(categoryOf(call)) : call.kind === 'read';
}

/** A look by a tool of ours: several in a row are one line. Those of others keep their names. */
export function isOurReading(tool: Tool): boolean {
  return isReading(tool) && origin(tool.call) === null;
}

export function toolLine(tool: Tool, trans: TranslationBundle, cellNumber: CellNumber = () => null): ToolLine {
  const metadata = tool.result?.metadata ?? {};
  const object = objectOf(tool, trans, cellNumber);
  return {
    verb: verbOf(tool.call, trans),
    from: origin(tool.call),
    object: tool.result?.is_error ? failureText(object, tool.result.content) : resultSummary(tool, metadata) || object,
    additions: count(metadata['additions']),
    deletions: count(metadata['deletions']),
    durationMs: count(metadata['duration_ms'])
  };
}

/** The cell or the file that a call works on, in a word or two. */
export function workTarget(call: Call, trans: TranslationBundle, cellNumber: CellNumber): string {
  const path = text(call.input['path']);
  const cell = text(call.input['cell_id']);
  const number = cell ? cellNumber(path, cell) : null;
  return number === null ? (path.split('/').at(-1) ?? '') : trans.__('cell %1', number);
}

/** Whether what came of a call may have changed a file that is open. A shell says no file. */
export function changesFiles({ kind, name }: ToolResult): boolean {
  return kind === null || kind === undefined
    ? ['edit', 'write', 'run'].includes(OURS.get(name) ?? '')
    : kind === 'edit' || kind === 'execute';
}

/** What a call was about, in a word or two: a file's name, a pattern. */
export function target(tool: Tool): string {
  const { input } = tool.call;
  return (subjectOf(input) || pathOf(tool) || text(input['cell_id'])).split('/').at(-1) ?? '';
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
  return categoryOf(tool.call) === 'read';
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

/** The package that a tool comes from; null: it is built in. */
function origin(call: Call): string | null {
  return call.origin === 'builtin' ? null : (call.origin ?? null);
}

/** What a tool of ours does; null: it is somebody else's, or of another version. */
function categoryOf(call: Call): Category | null {
  return origin(call) === null ? (OURS.get(call.name) ?? null) : null;
}

function verbOf(call: Call, trans: TranslationBundle): string {
  const verbs: Record<Category, string> = {
    list: trans.__('List'),
    find: trans.__('Find'),
    search: trans.__('Search'),
    read: trans.__('Read'),
    write: trans.__('Write'),
    shell: trans.__('Shell'),
    run: trans.__('Run'),
    edit: trans.__('Edit'),
    ask: trans.__('Ask'),
    plan: trans.__('Plan')
  };
  const known = categoryOf(call);
  return known === null ? call.name : verbs[known];
}

function objectOf(tool: Tool, trans: TranslationBundle, cellNumber: CellNumber): string {
  const { input } = tool.call;
  const [path, cell] = [pathOf(tool), text(input['cell_id'])];
  const number = cell ? cellNumber(path, cell) : null;
  const named = number === null ? trans.__('a cell') : trans.__('cell %1', number);
  const what = subjectOf(input) || (cell ? named : firstLine(text(input['code'])));
  return [what, path].filter(Boolean).join(' · ');
}

/** What was looked for, or what the shell was given. */
function subjectOf(input: JsonObject): string {
  const questions = input['questions'];
  const question = Array.isArray(questions) ? firstLine(text(questions[0]?.text)) : '';
  const command = firstLine(text(input['command']));
  return question || command || text(input['pattern']) || text(input['query']) || text(input['url']);
}

/** What runs says by its time that it went well. */
function resultSummary(tool: Tool, metadata: JsonObject): string {
  const runs = ['run', 'shell'].includes(categoryOf(tool.call) ?? '');
  return runs ? '' : text(metadata['summary']).replace(COUNTS, '');
}

function failureText(object: string, content: string): string {
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
