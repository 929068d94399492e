import { describe, expect, test } from 'vitest';
import { planOf } from '../../src/session/plan';
import type { Message, Run } from '../../src/wire';
import { message } from '../support/server';

function steps(...states: string[]): object[] {
  return states.map((state, index) => ({ text: `step ${index + 1}`, state }));
}

function user(id: string, runId = 'r'): Message {
  return message({ id, role: 'user', run_id: runId, parts: [{ type: 'text', text: 'Do it' }] });
}

function planned(id: string, plan: unknown, name = 'update_plan'): Message {
  const result = { type: 'tool_result', tool_call_id: id, name, content: '', is_error: false, kind: null } as const;
  return message({ id, role: 'tool', parts: [{ ...result, metadata: { plan } as never }] });
}

describe('the plan', () => {
  test('is what was said last, with what is done now', () => {
    const said = [user('u'), planned('1', steps('pending', 'pending')), planned('2', steps('done', 'in_progress'))];
    expect(planOf(said, {}, true)).toMatchObject({ done: 1, current: 'step 2', steps: { length: 2 } });
  });

  test('names what comes next where nothing is in progress', () => {
    expect(planOf([user('u'), planned('1', steps('done', 'pending'))], {}, true)?.current).toBe('step 2');
  });

  test('stays when its turn ends before it does, and goes when all of it is done', () => {
    expect(planOf([user('u'), planned('1', steps('done', 'pending'))], {}, false)?.done).toBe(1);
    expect(planOf([user('u'), planned('1', steps('done'))], {}, false)).toBeNull();
    expect(planOf([user('u'), planned('1', steps('done'))], {}, true)?.done).toBe(1);
  });

  test('is of its turn: the next prompt has none yet, one that joins the turn has it', () => {
    const said = [user('u'), planned('1', steps('pending')), user('v', 'joined')];
    expect(planOf(said, {}, true)).toBeNull();
    const joined = { joined: { folded_into: 'r' } as Run };
    expect(planOf(said, joined, true)?.steps).toHaveLength(1);
  });

  test('is of no other tool, and what is no plan is none', () => {
    expect(planOf([user('u'), planned('1', steps('pending'), 'read_file')], {}, true)).toBeNull();
    expect(planOf([user('u'), planned('1', [{ state: 'done' }, 7, null])], {}, true)).toBeNull();
    expect(planOf([user('u'), planned('1', 'later')], {}, true)).toBeNull();
  });
});
