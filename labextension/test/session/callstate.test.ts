import { expect, test } from 'vitest';
import { callState } from '../../src/session/callstate';
import type { Tool } from '../../src/session/turns';
import type { May, PermissionRequest, QuestionRequest } from '../../src/wire';

function call(name: string, id: string): Tool {
  return {
    call: { type: 'tool_call', id, name, input: {}, finished: true, kind: null, origin: null },
    result: null,
    images: []
  };
}

const asks = (action: string, id: string): PermissionRequest => ({ tool_call_id: id, action }) as PermissionRequest;
const question = { tool_call_id: 'q', questions: [] as QuestionRequest['questions'] } as QuestionRequest;

test('a call that a person is asked about does not run', () => {
  expect(callState(call('run_command', 'a'), [asks('shell', 'a')])).toBe('asks');
  expect(callState(call('edit_file', 'a'), [asks('edit', 'a')])).toBe('asks');
  expect(callState(call('ask_user', 'q'), [question])).toBe('asks');
});

test.each(['shell', 'execute'])('while %s waits for an answer only reads run beside it', action => {
  expect(callState(call('run_command', 'b'), [asks(action, 'a')])).toBe('held');
  expect(callState(call('edit_notebook', 'b'), [asks(action, 'a')])).toBe('held');
  expect(callState(call('read_file', 'b'), [asks(action, 'a')])).toBe('runs');
});

test('who may not answer is not said to be asked', () => {
  const watches = { prompt: false, approve: false } as May;
  expect(callState(call('run_command', 'a'), [asks('shell', 'a')], watches)).toBe('waits');
  expect(callState(call('run_command', 'b'), [asks('shell', 'a')], watches)).toBe('waits');
  expect(callState(call('run_command', 'a'), [asks('shell', 'a')], { ...watches, approve: true })).toBe('asks');
});

test('an edit or a question that waits holds nothing else', () => {
  expect(callState(call('run_command', 'b'), [asks('edit', 'a'), question])).toBe('runs');
  expect(callState(call('run_command', 'b'), [])).toBe('runs');
});
