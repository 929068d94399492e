/** What the server publishes, simulated: messages that are written by facts and deltas, in any order it may use. */
import { countPoints } from '../../src/lib/codepoints';
import type { Arrival } from '../../src/session/model';
import type { CrushEvent, Message, MessageDelta, Part, Snapshot } from '../../src/wire';

export type Random = () => number;

/** Mulberry32: the same numbers for the same seed. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)] as T;
}

export function message(fields: Partial<Message> & { id: string }): Message {
  return {
    session_id: 's',
    run_id: 'r',
    seq: 1,
    role: 'assistant',
    parts: [],
    model: null,
    provider: null,
    author: null,
    created_at: 0,
    updated_at: 0,
    is_summary: false,
    in_context: true,
    ...fields
  };
}

export function delta(fields: Partial<MessageDelta>): MessageDelta {
  return { message_id: 'm', session_id: 's', part: 0, offset: 0, text: '', kind: 'text', ...fields };
}

type PayloadOf<T extends CrushEvent['type']> = Extract<CrushEvent, { type: T }>['payload']['payload'];

export function event<T extends CrushEvent['type']>(
  type: T,
  payload: PayloadOf<T>,
  change: 'created' | 'updated' | 'deleted' = 'updated'
): CrushEvent {
  return { type, payload: { type: change, payload } } as unknown as CrushEvent;
}

/** Owner of a log with one session in it. Facts have ids, deltas of a finished message are gone for those who come later. */
export class Server {
  log: (Arrival & { key: string | null })[] = [];
  rows = new Map<string, Message>();
  drafts = new Map<string, Message>();

  constructor(readonly epoch = 'e') {}

  get cursor(): string {
    return `${this.epoch}:${this._seq}`;
  }

  fact(row: Message): void {
    this.rows.set(row.id, row);
    this.log.push({ id: `${this.epoch}:${++this._seq}`, data: event('message', row), key: null });
    if (row.parts.at(-1)?.type === 'finish') {
      this.drafts.delete(row.id);
      this.log = this.log.filter(entry => entry.key !== row.id);
    }
  }

  say(said: MessageDelta): void {
    this.log.push({ id: null, data: event('message_delta', said), key: said.message_id });
  }

  snapshot(): Snapshot {
    return {
      messages: [...this.rows.values()],
      drafts: [...this.drafts.values()],
      cursor: this.cursor,
      has_more: false
    };
  }

  /** Everything after `cursor`. */
  after(cursor: string): Arrival[] {
    const index = this.log.findIndex(entry => entry.id === cursor);
    return this.log.slice(index + 1).map(({ id, data }) => ({ id, data }));
  }

  private _seq = 0;
}

const WORDS = ['Hallo ', 'über ', '😀 ', '𝒳², ', '\n\n', '# ', 'e\u0301', '👩‍👩‍👧', '`x` ', 'done. '];

/** One assistant message, written step by step: each call of the result is one step of the server. */
export function writing(server: Server, random: Random, id: string, seq: number): (() => void)[] {
  const parts: Part[] = [];
  const steps: (() => void)[] = [];
  const show = (): Message => message({ id, seq, parts: structuredClone(parts) });
  const keep = (): void => void server.drafts.set(id, show());
  steps.push(() => (keep(), server.fact(show())));
  const count = 1 + Math.floor(random() * 4);
  for (let index = 0; index < count; index++) {
    const kind = pick(random, ['text', 'reasoning', 'tool_call'] as const);
    const words = Array.from({ length: 1 + Math.floor(random() * 12) }, () => pick(random, WORDS));
    steps.push(() => {
      parts.push(
        kind === 'text'
          ? { type: 'text', text: '' }
          : kind === 'reasoning'
            ? { type: 'reasoning', text: '', signature: null, redacted: null }
            : {
                type: 'tool_call',
                id: `${id}-${index}`,
                name: 'read_file',
                input: {},
                finished: false,
                kind: 'read',
                origin: 'builtin'
              }
      );
      keep();
      if (kind === 'tool_call') {
        server.fact(show());
      }
    });
    let length = 0;
    for (const word of words) {
      steps.push(() => {
        const part = parts.at(-1);
        if (part?.type === 'text' || part?.type === 'reasoning') {
          parts[parts.length - 1] = { ...part, text: part.text + word };
        }
        keep();
        server.say(delta({ message_id: id, part: parts.length - 1, offset: length, text: word, kind }));
        length += countPoints(word);
      });
    }
    if (kind !== 'text') {
      steps.push(() => {
        const part = parts.at(-1);
        if (part?.type === 'tool_call') {
          parts[parts.length - 1] = { ...part, input: { words }, finished: true };
        }
        keep();
        server.fact(show());
      });
    }
  }
  steps.push(() => {
    parts.push({ type: 'finish', reason: 'end_turn', message: null, details: null });
    server.fact(show());
  });
  return steps;
}
