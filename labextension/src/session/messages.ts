/**
 * A session's messages, as facts and deltas make them.
 *
 * A fact holds a message whole, a delta one piece of text at an offset. Facts are published after they are committed and deltas
 * at once, so a delta may come before the fact that announces its part, or its message: such a delta waits in `early`. A
 * fact about a message that is still being written may be older than the text that is here already: text that only goes on
 * from the fact's is kept. What cannot be joined is a gap; a snapshot closes it.
 */
import { dropPoints, withLength, pointsOf, unitsOf } from '../lib/codepoints';
import type { Message, MessageDelta, Part, Reasoning, Text, ToolCall } from '../wire';

/** The JSON of a tool's input as far as it is written; `input` is empty until it is whole. */
export type Call = ToolCall & { readonly text?: string };
export type ShownPart = Exclude<Part, ToolCall> | Call;
export interface ShownMessage extends Omit<Message, 'parts'> {
  readonly parts: readonly ShownPart[];
}

export interface Transcript {
  /** In the order of `seq`. */
  readonly messages: readonly ShownMessage[];
  /** Deltas whose part is not announced yet. */
  readonly early: readonly MessageDelta[];
  /** Some text is missing: fetch the snapshot. */
  readonly gap: boolean;
}

/** What a snapshot shows: rows, and over them the texts in flight. Deltas that wait are tried again. */
export function fromSnapshot(
  rows: readonly Message[],
  drafts: readonly Message[],
  early: readonly MessageDelta[]
): Transcript {
  const byId = new Map<string, ShownMessage>();
  for (const message of [...rows, ...drafts]) {
    if (!isFinished(byId.get(message.id))) {
      byId.set(message.id, message);
    }
  }
  const messages = [...byId.values()].sort((a, b) => a.seq - b.seq);
  return applyEarly({ messages, early: [], gap: false }, early);
}

/** Earlier messages that were asked for afterwards. */
export function prepend(transcript: Transcript, rows: readonly Message[]): Transcript {
  const known = new Set(transcript.messages.map(message => message.id));
  const messages = [...rows.filter(row => !known.has(row.id)), ...transcript.messages].sort((a, b) => a.seq - b.seq);
  return { ...transcript, messages };
}

export function applyFact(transcript: Transcript, fact: Message): Transcript {
  const index = indexOf(transcript.messages, fact.id);
  const before = transcript.messages[index];
  if (before && isFinished(before) && !isFinished(fact)) {
    return transcript;
  }
  const message = before ? mergeFact(before, fact) : fact;
  const messages = before ? transcript.messages.with(index, message) : insertMessage(transcript.messages, message);
  const waiting = transcript.early.filter(delta => delta.message_id === fact.id);
  const early = waiting.length ? transcript.early.filter(delta => delta.message_id !== fact.id) : transcript.early;
  return applyEarly({ ...transcript, messages, early }, isFinished(message) ? [] : waiting);
}

export function removeMessage(transcript: Transcript, id: string): Transcript {
  return {
    ...transcript,
    messages: transcript.messages.filter(message => message.id !== id),
    early: transcript.early.filter(delta => delta.message_id !== id)
  };
}

export function applyDelta(transcript: Transcript, delta: MessageDelta): Transcript {
  const index = indexOf(transcript.messages, delta.message_id);
  const message = transcript.messages[index];
  if (!message) {
    return { ...transcript, early: [...transcript.early, delta] };
  }
  if (isFinished(message)) {
    return transcript;
  }
  const part = message.parts[delta.part] ?? newPart(message, delta);
  if (!part) {
    return { ...transcript, early: [...transcript.early, delta] };
  }
  const grown = grow(part, delta);
  if (grown === null) {
    return transcript.gap ? transcript : { ...transcript, gap: true };
  }
  if (grown === message.parts[delta.part]) {
    return transcript;
  }
  const parts = delta.part < message.parts.length ? message.parts.with(delta.part, grown) : [...message.parts, grown];
  return { ...transcript, messages: transcript.messages.with(index, { ...message, parts }) };
}

export function isFinished(message: ShownMessage | undefined): boolean {
  return message?.parts.at(-1)?.type === 'finish';
}

function applyEarly(transcript: Transcript, waiting: readonly MessageDelta[]): Transcript {
  return waiting.reduce(applyDelta, transcript);
}

/** The part that a delta begins, when it is the next one and needs no more than its text. */
function newPart(message: ShownMessage, delta: MessageDelta): Text | Reasoning | null {
  if (delta.part !== message.parts.length || delta.kind === 'tool_call') {
    return null;
  }
  return delta.kind === 'text'
    ? { type: 'text', text: '' }
    : { type: 'reasoning', text: '', signature: null, redacted: null };
}

/** The part with the delta's text; the same part when it has it; null when something is missing or different. */
function grow(part: ShownPart, delta: MessageDelta): ShownPart | null {
  if (part.type === 'tool_call') {
    return part.finished ? part : growInput(part, delta);
  }
  if (part.type !== delta.kind || (part.type !== 'text' && part.type !== 'reasoning')) {
    return null;
  }
  const after = joinDelta(part, delta);
  return after === null || after === part ? after && part : withLength({ ...part, text: after.text }, pointsOf(after));
}

/** A snapshot has no half-written input, so a gap in it is no harm: it is whole when the call is finished. */
function growInput(call: Call, delta: MessageDelta): Call {
  const before = { text: call.text ?? '' };
  const after = joinDelta(before, delta);
  return after === null || after === before ? call : withLength({ ...call, text: after.text }, pointsOf(after));
}

function joinDelta(holder: { readonly text: string }, delta: MessageDelta): { readonly text: string } | null {
  const have = pointsOf(holder);
  if (delta.offset > have) {
    return null;
  }
  const overlap = holder.text.slice(delta.offset === have ? holder.text.length : unitsOf(holder.text, delta.offset));
  if (overlap.startsWith(delta.text)) {
    return holder;
  }
  if (!delta.text.startsWith(overlap)) {
    return null;
  }
  const text = holder.text + dropPoints(delta.text, have - delta.offset);
  return withLength({ text }, delta.offset + pointsOf(delta));
}

/** A fact, with the text that is ahead of it. */
function mergeFact(before: ShownMessage, fact: Message): ShownMessage {
  if (isFinished(fact) || !fact.parts.length) {
    return fact;
  }
  const parts: ShownPart[] = fact.parts.map((part, index) => longerPart(before.parts[index], part));
  return { ...fact, parts: [...parts, ...before.parts.slice(parts.length).filter(isText)] };
}

function longerPart(before: ShownPart | undefined, part: Part): ShownPart {
  if (!before || before.type !== part.type) {
    return part;
  }
  if (part.type === 'tool_call') {
    const text = (before as Call).text;
    return part.finished || !text ? part : { ...part, text };
  }
  return isText(part) && isText(before) && before.text.length > part.text.length && before.text.startsWith(part.text)
    ? { ...part, text: before.text }
    : part;
}

function isText(part: ShownPart): part is Text | Reasoning {
  return part.type === 'text' || part.type === 'reasoning';
}

/** From the end: what happens, happens there. */
function indexOf(messages: readonly ShownMessage[], id: string): number {
  return messages.findLastIndex(message => message.id === id);
}

function insertMessage(messages: readonly ShownMessage[], message: ShownMessage): readonly ShownMessage[] {
  const after = messages.findLastIndex(other => other.seq < message.seq);
  return messages.toSpliced(after + 1, 0, message);
}
