/** How a tool call is said in one line: verb, object, size, time. Names the tools by what they do, so that new ones read well too. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Tool } from './turns';
import type { JsonObject } from './wire';

export interface ToolLine {
  readonly verb: string;
  /** What the tool says of its result, or what it was called with. */
  readonly object: string;
  readonly additions: number | null;
  readonly deletions: number | null;
  readonly durationMs: number | null;
}

type Doing = 'list' | 'find' | 'search' | 'read' | 'write' | 'shell' | 'run' | 'edit' | 'fetch' | 'other';

/** The first that fits decides. */
const DOINGS: readonly [RegExp, Doing][] = [
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

export function toolLine(tool: Tool, trans: TranslationBundle): ToolLine {
  const metadata = tool.result?.metadata ?? {};
  return {
    verb: verbOf(tool.call.name, trans),
    object: tool.result?.is_error ? failed(tool, tool.result.content) : said(tool, metadata),
    additions: count(metadata['additions']),
    deletions: count(metadata['deletions']),
    durationMs: count(metadata['duration_ms'])
  };
}

/** Whether a tool of this name may change a file. */
export function changesFiles(name: string): boolean {
  return ['edit', 'write', 'run'].includes(doing(name));
}

/** What a call was about, in a word or two: a file's name, a pattern. */
export function target({ call, result }: Tool): string {
  return (
    objectOf(call.input, result?.metadata ?? {})
      .split('/')
      .at(-1) ?? ''
  );
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
    other: name.replaceAll('_', ' ')
  };
  return verbs[doing(name)];
}

function objectOf(input: JsonObject, metadata: JsonObject): string {
  const where = text(input['path']) || text(input['notebook']) || text(metadata['path']);
  const what = text(input['command']) || text(input['pattern']) || text(input['query']) || text(input['url']);
  const code = text(input['code']).trim().split('\n')[0] ?? '';
  return [what, where].filter(Boolean).join(' · ') || code || text(input['cell_id']);
}

function said(tool: Tool, metadata: JsonObject): string {
  return text(metadata['summary']).replace(COUNTS, '') || objectOf(tool.call.input, metadata);
}

function failed(tool: Tool, content: string): string {
  const why = content.trim().split('\n')[0] ?? '';
  return [objectOf(tool.call.input, {}), why].filter(Boolean).join(' · ');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
