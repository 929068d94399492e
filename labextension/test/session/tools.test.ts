import { describe, expect, test } from 'vitest';
import { nullTranslator } from '@jupyterlab/translation';
import { cellOf, changesFiles, isOurReading, isReading, pathOf, toolLine } from '../../src/session/tools';
import type { Tool } from '../../src/session/turns';
import type { ToolResult } from '../../src/wire';

const trans = nullTranslator.load('');

function tool(name: string, input: object, result: Partial<ToolResult> | null = {}): Tool {
  const whole = {
    type: 'tool_result',
    tool_call_id: 'c',
    name,
    content: '',
    is_error: false,
    metadata: {},
    kind: null
  } as const;
  return {
    call: { type: 'tool_call', id: 'c', name, input: input as never, finished: true, kind: null, origin: null },
    result: result && { ...whole, ...result },
    images: []
  };
}

describe('a tool in one line', () => {
  test.each([
    ['list_files', 'List'],
    ['find_files', 'Find'],
    ['search_text', 'Search'],
    ['read_file', 'Read'],
    ['read_notebook', 'Read'],
    ['write_file', 'Write'],
    ['edit_file', 'Edit'],
    ['edit_notebook', 'Edit'],
    ['run_cell', 'Run'],
    ['run_code', 'Run'],
    ['run_command', 'Shell'],
    ['ask_user', 'Ask'],
    ['update_plan', 'Plan'],
    ['do_magic', 'do_magic']
  ])('%s is said as %s', (name, verb) => {
    expect(toolLine(tool(name, {}), trans).verb).toBe(verb);
  });

  test('says what the tool says of its result, and the counts once', () => {
    const metadata = { summary: 'clean.py +3 −1', additions: 3, deletions: 1, duration_ms: 120 };
    expect(toolLine(tool('edit_file', { path: 'x' }, { metadata }), trans)).toEqual({
      ...{ verb: 'Edit', from: null, object: 'clean.py', additions: 3, deletions: 1, durationMs: 120 }
    });
  });

  test('says which cell ran, by its number where its notebook is open', () => {
    const metadata = { summary: 'cell ab12 in a.ipynb · ok in 0.3 s', path: 'a.ipynb', cell_id: 'ab12' };
    const ran = tool('run_cell', { path: 'a.ipynb', cell_id: 'ab12' }, { metadata });
    expect(toolLine(ran, trans, (path, id) => (path === 'a.ipynb' && id === 'ab12' ? 5 : null)).object).toBe(
      'cell 5 · a.ipynb'
    );
    expect(toolLine(ran, trans).object).toBe('a cell · a.ipynb');
    expect([pathOf(ran), cellOf(ran)]).toEqual(['a.ipynb', 'ab12']);
    expect(toolLine(tool('run_code', { path: 'a.ipynb', code: 'x = 1\nprint(x)' }), trans).object).toBe(
      'x = 1 · a.ipynb'
    );
  });

  test('says what the shell was given, and that it went wrong', () => {
    const given = { command: 'ls -l\necho done' };
    expect(toolLine(tool('run_command', given, { metadata: { summary: 'ls -l · exit code 0' } }), trans).object).toBe(
      'ls -l'
    );
    expect(toolLine(tool('run_command', given, { is_error: true, content: 'exit code 2\n' }), trans).object).toBe(
      'ls -l · exit code 2'
    );
  });

  test('says why it failed', () => {
    const line = toolLine(
      tool('edit_file', { path: 'a.py' }, { is_error: true, content: 'Not read yet.\nmore' }),
      trans
    );
    expect(line.object).toBe('a.py · Not read yet.');
  });

  test('tells reading from changing', () => {
    expect(['read_file', 'list_files', 'search_text'].every(name => isReading(tool(name, {})))).toBe(true);
    const changed = (name: string, kind: string | null): boolean =>
      changesFiles({ type: 'tool_result', tool_call_id: 'c', name, content: '', is_error: false, metadata: {}, kind });
    expect(['edit_notebook', 'write_file', 'run_cell'].every(name => changed(name, null))).toBe(true);
    expect(['read_file', 'run_command'].some(name => changed(name, null))).toBe(false);
    expect(changed('weather', 'edit') && changed('weather', 'execute')).toBe(true);
    expect(changed('edit_everything', 'read') || changed('edit_everything', null)).toBe(false);
  });

  test('a tool of another package is said by its own name and kind, whatever it is called', () => {
    const of = (name: string, kind: string | null, origin: string | null): Tool => {
      const made = tool(name, { path: 'a.txt' });
      return { ...made, call: { ...made.call, kind, origin } };
    };
    const foreign = of('read_file', 'edit', 'acme-tools');
    expect(toolLine(foreign, trans)).toMatchObject({ verb: 'read_file', from: 'acme-tools', object: 'a.txt' });
    expect([isReading(foreign), isOurReading(foreign)]).toEqual([false, false]);
    expect([isReading(of('write', 'read', 'acme')), isOurReading(of('write', 'read', 'acme'))]).toEqual([true, false]);
    expect([isReading(of('read_file', 'read', 'builtin')), isOurReading(of('read_file', null, null))]).toEqual([
      true,
      true
    ]);
  });
});
