/** Streams of the real server, and what it answers to GET after their end: the view must say the same. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NOTHING, applySnapshot, reduce } from '../../src/session/model';
import type { Arrival, View } from '../../src/session/model';
import type { Message, Run } from '../../src/wire';
import { seeded } from '../support/server';

interface Expected {
  session_id: string;
  title: string;
  messages: Message[];
  runs: Record<string, Pick<Run, 'state' | 'cancelled' | 'folded_into' | 'reason'>>;
  asked: unknown[];
}

const FOLDER = join(__dirname, '../../../tests/data/streams');
const NAMES = readdirSync(FOLDER)
  .filter(name => name.endsWith('.jsonl'))
  .map(name => name.replace('.jsonl', ''));

function load(name: string): { arrivals: Arrival[]; expected: Expected } {
  const lines = readFileSync(join(FOLDER, `${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n');
  const expected = JSON.parse(readFileSync(join(FOLDER, `${name}.expected.json`), 'utf8')) as Expected;
  return { arrivals: lines.map(line => JSON.parse(line) as Arrival), expected };
}

function begun(arrivals: Arrival[], sessionId: string): View {
  const epoch = arrivals.find(one => one.id !== null)?.id?.split(':')[0] ?? '';
  return applySnapshot(NOTHING, sessionId, { messages: [], drafts: [], cursor: `${epoch}:0`, has_more: false }, false);
}

function check(view: View, expected: Expected): void {
  const transcript = view.opened[expected.session_id]?.transcript;
  expect(transcript?.gap).toBe(false);
  expect(transcript?.early).toEqual([]);
  expect(transcript?.messages).toEqual(expected.messages);
  expect(view.sessions[expected.session_id]).toMatchObject({ title: expected.title, is_busy: false, queued: 0 });
  expect(Object.values(view.pending)).toEqual(expected.asked);
  for (const [id, run] of Object.entries(expected.runs)) {
    expect(view.runs[id]).toMatchObject(run);
  }
}

/** The same stream to a client that is cut off, comes back to its last fact, and is sent all after it again. */
function droppedAnywhere(arrivals: Arrival[], seed: number): Arrival[] {
  const random = seeded(seed);
  const sent: Arrival[] = [];
  for (let at = 0; at < arrivals.length; at++) {
    sent.push(arrivals[at] as Arrival);
    if (random() < 0.05) {
      at = arrivals.slice(0, at + 1).findLastIndex(one => one.id !== null);
    }
  }
  return sent;
}

describe.each(NAMES)('the recorded stream %s', name => {
  const { arrivals, expected } = load(name);

  test('gives what the server has', () => {
    check(arrivals.reduce(reduce, begun(arrivals, expected.session_id)), expected);
  });

  test('gives the same however often it is cut', () => {
    for (let seed = 0; seed < 50; seed++) {
      check(droppedAnywhere(arrivals, seed).reduce(reduce, begun(arrivals, expected.session_id)), expected);
    }
  });

  test('gives the same when each event comes twice', () => {
    const twice = arrivals.flatMap(one => [one, one]);
    check(twice.reduce(reduce, begun(arrivals, expected.session_id)), expected);
  });
});
