/** The transcript as people read it: turns, each with a person's words and what was done about them. */
import type { Call, ShownMessage } from './messages';
import type { Context, Finish, Image, Reasoning, Text, ToolResult } from '../wire';

export interface Tool {
  readonly call: Call;
  readonly result: ToolResult | null;
  readonly images: readonly Image[];
}

export type Item =
  | { readonly kind: 'text'; readonly key: string; readonly part: Text; readonly live: boolean }
  | { readonly kind: 'reasoning'; readonly key: string; readonly part: Reasoning; readonly live: boolean }
  | { readonly kind: 'tool'; readonly key: string; readonly tool: Tool }
  | { readonly kind: 'reads'; readonly key: string; readonly tools: readonly Tool[] }
  | { readonly kind: 'image'; readonly key: string; readonly image: Image }
  | { readonly kind: 'finish'; readonly key: string; readonly finish: Finish };

export type SummaryState = 'writing' | 'done' | 'failed';

export interface Turn {
  readonly key: string;
  readonly runId: string;
  readonly user: ShownMessage | null;
  readonly prompt: string;
  readonly contexts: readonly Context[];
  readonly pictures: readonly Image[];
  readonly items: readonly Item[];
  readonly model: string | null;
  /** Not null: it is no turn, but a summary of what came before, or was to be one. */
  readonly summary: SummaryState | null;
  /** Its last message. */
  readonly lastId: string;
}

/** Finish reasons that are no news. */
const SILENT = new Set(['end_turn', 'tool_use']);

/** A turn of hundreds of messages is several, so that no one of them is too large for the page. */
const SPAN = 100;

interface Group {
  readonly messages: readonly ShownMessage[];
  readonly turn: Turn;
}

/** Owner of the turns that were made last: one whose messages did not change is the same object as before. */
export class Turns {
  /** What happens, happens at the end: turns before the first change are not looked at again. */
  of(messages: readonly ShownMessage[], isReading: (tool: Tool) => boolean): readonly Turn[] {
    if (messages === this._messages) {
      return this._turns;
    }
    const same = sharedStart(this._messages, messages);
    let from = 0;
    let kept = 0;
    for (const group of this._groups) {
      if (from + group.messages.length >= same) {
        break;
      }
      from += group.messages.length;
      kept++;
    }
    const known = new Map(this._groups.slice(kept).map(group => [group.turn.key, group]));
    const rest = groupMessages(messages.slice(from)).map((group): Group => {
      const before = known.get(keyOf(group));
      return before && isSame(before.messages, group) ? before : { messages: group, turn: turnOf(group, isReading) };
    });
    this._messages = messages;
    this._groups = [...this._groups.slice(0, kept), ...rest];
    this._turns = this._groups.map(group => group.turn);
    return this._turns;
  }

  private _messages: readonly ShownMessage[] = [];
  private _groups: readonly Group[] = [];
  private _turns: readonly Turn[] = [];
}

function sharedStart(before: readonly ShownMessage[], now: readonly ShownMessage[]): number {
  const different = now.findIndex((message, index) => message !== before[index]);
  return different < 0 ? now.length : different;
}

function groupMessages(messages: readonly ShownMessage[]): ShownMessage[][] {
  const groups: ShownMessage[][] = [];
  for (const message of messages) {
    const last = groups.at(-1);
    if (last && !beginsTurn(message, last.at(-1))) {
      last.push(message);
    } else {
      groups.push([message]);
    }
  }
  return groups;
}

/** By nothing but the two messages, so that a page of earlier ones moves no border. */
function beginsTurn(message: ShownMessage, before: ShownMessage | undefined): boolean {
  const isFar = Math.floor(message.seq / SPAN) !== Math.floor((before?.seq ?? 0) / SPAN);
  const isNew = message.role === 'user' || message.is_summary || (before?.is_summary ?? false);
  return isNew || (message.role === 'assistant' && isFar);
}

function isSame(before: readonly ShownMessage[], now: readonly ShownMessage[]): boolean {
  return before.length === now.length && before.every((message, index) => message === now[index]);
}

function keyOf(group: readonly ShownMessage[]): string {
  return group[0]?.id ?? '';
}

function turnOf(group: readonly ShownMessage[], isReading: (tool: Tool) => boolean): Turn {
  const first = group[0];
  const user = first?.role === 'user' ? first : null;
  const replies = user ? group.slice(1) : group;
  const parts = user?.parts ?? [];
  return {
    key: keyOf(group),
    runId: first?.run_id ?? '',
    user,
    prompt: parts
      .filter(part => part.type === 'text')
      .map(part => part.text)
      .join('\n\n'),
    contexts: parts.filter(part => part.type === 'context'),
    pictures: parts.filter(part => part.type === 'image'),
    items: foldReads(itemsOf(replies), isReading),
    model: replies.find(message => message.model)?.model ?? null,
    summary: first?.is_summary ? summaryState(first) : null,
    lastId: group.at(-1)?.id ?? ''
  };
}

function summaryState(message: ShownMessage): SummaryState {
  const isFinished = message.parts.at(-1)?.type === 'finish';
  return !isFinished ? 'writing' : message.in_context ? 'done' : 'failed';
}

function itemsOf(messages: readonly ShownMessage[]): Item[] {
  const results = new Map<string, ToolResult>();
  const images = new Map<string, Image[]>();
  for (const part of messages.flatMap(message => message.parts)) {
    if (part.type === 'tool_result') {
      results.set(part.tool_call_id, part);
    } else if (part.type === 'image' && part.tool_call_id) {
      images.set(part.tool_call_id, [...(images.get(part.tool_call_id) ?? []), part]);
    }
  }
  return messages.flatMap(message =>
    message.parts.flatMap((part, index) => itemOf(message, part, index, { results, images }))
  );
}

function itemOf(
  message: ShownMessage,
  part: ShownMessage['parts'][number],
  index: number,
  found: { results: Map<string, ToolResult>; images: Map<string, Image[]> }
): Item[] {
  const key = `${message.id}:${index}`;
  const live = index === message.parts.length - 1;
  switch (part.type) {
    case 'text':
      return part.text.trim() ? [{ kind: 'text', key, part, live }] : [];
    case 'reasoning':
      return part.text.trim() || part.redacted ? [{ kind: 'reasoning', key, part, live }] : [];
    case 'tool_call': {
      const tool = { call: part, result: found.results.get(part.id) ?? null, images: found.images.get(part.id) ?? [] };
      return [{ kind: 'tool', key: part.id, tool }];
    }
    case 'image':
      return part.tool_call_id ? [] : [{ kind: 'image', key, image: part }];
    case 'finish':
      return SILENT.has(part.reason) ? [] : [{ kind: 'finish', key, finish: part }];
    default:
      return [];
  }
}

/** Consecutive reads that are done and went well become one line. */
function foldReads(items: readonly Item[], isReading: (tool: Tool) => boolean): Item[] {
  const folded: Item[] = [];
  for (const item of items) {
    const last = folded.at(-1);
    if (item.kind === 'tool' && item.tool.result && !item.tool.result.is_error && isReading(item.tool)) {
      if (last?.kind === 'reads') {
        folded[folded.length - 1] = { ...last, tools: [...last.tools, item.tool] };
      } else {
        folded.push({ kind: 'reads', key: item.key, tools: [item.tool] });
      }
    } else {
      folded.push(item);
    }
  }
  return folded.map(item => {
    const only = item.kind === 'reads' && item.tools.length === 1 ? item.tools[0] : undefined;
    return only ? { kind: 'tool', key: item.key, tool: only } : item;
  });
}
