import { describe, expect, test } from 'vitest';
import { nullTranslator } from '@jupyterlab/translation';
import { actorName, isAsked, mayDelete, mayPrompt, people, waitingNote, watchingNote } from '../../src/session/roles';
import type { May, PermissionRequest, QuestionRequest, Session } from '../../src/wire';

const trans = nullTranslator.load('');

function may(fields: Partial<May>): May {
  const all = { view: true, prompt: true, approve: true, configure: true, delete_any: true };
  return { ...all, user: 'ana', prompters: [], approvers: [], origin: 'panel', ...fields };
}

const permission = { id: 'p', state: 'pending' } as PermissionRequest;
const question = { id: 'q', state: 'pending', questions: [] as QuestionRequest['questions'] } as QuestionRequest;

describe('what somebody may not do', () => {
  test('names whom to ask, and nobody where nobody is known', () => {
    expect(people([], trans)).toBe('the owner of this server');
    expect(people(['ana'], trans)).toBe('ana');
    expect(people(['ana', 'ben', 'cleo'], trans)).toBe('ana, ben or cleo');
    expect(people(['ana', 'ben', 'cleo', 'dan'], trans)).toBe('ana, ben, cleo or somebody else who may');
    expect(people(['a\u202eb'], trans)).not.toContain('\u202e');
  });

  test('is not offered: the sessions of others are deleted by the owner only', () => {
    const of = (author_id: string | null): Session => ({ author_id }) as Session;
    const prompter = may({ user: 'cleo', delete_any: false });
    expect([of('cleo'), of('ana'), of(null)].map(one => mayDelete(one, prompter))).toEqual([true, false, false]);
    expect(mayDelete(of('cleo'), may({}))).toBe(true);
    expect(mayDelete(of('ben'), may({ user: 'ben', prompt: false, delete_any: false }))).toBe(false);
    expect([mayPrompt(null), mayDelete(of('ana'), null)]).toEqual([true, true]);
    expect(mayDelete(of('ana'), may({ user: null, delete_any: false }))).toBe(true);
  });

  test('is said to who watches, and to nobody else', () => {
    expect(watchingNote(may({ prompt: false, prompters: ['ana'] }), trans)).toBe(
      'You are watching. Ask ana to let you prompt.'
    );
    expect([watchingNote(may({}), trans), watchingNote(null, trans), watchingNote(undefined, trans)]).toEqual([
      null,
      null,
      null
    ]);
  });

  test('stands on a card that is asked of others', () => {
    const prompter = may({ approve: false, approvers: ['ana'] });
    expect(waitingNote(permission, prompter, trans)).toBe('This waits for ana.');
    expect(waitingNote(question, prompter, trans)).toBe(null);
    expect(waitingNote(question, may({ prompt: false, prompters: ['ana'] }), trans)).toBe('This waits for ana.');
    expect(waitingNote(permission, null, trans)).toBe(null);
    expect([isAsked(permission, prompter), isAsked(question, prompter), isAsked(undefined, prompter)]).toEqual([
      false,
      true,
      true
    ]);
  });

  test('code in a kernel answers nothing, and says where a person can', () => {
    const kernel = may({ approve: false, origin: 'kernel' });
    for (const request of [permission, question]) {
      expect(waitingNote(request, kernel, trans)).toMatch(/^Answer in the Crush panel or in a terminal\. /);
    }
  });

  test('an act says who did it and where', () => {
    expect(actorName('ana', 'terminal', trans)).toBe('ana in a terminal');
    expect(actorName('ana', 'widget', trans)).toBe('ana in a notebook');
    expect([actorName('ana', 'api', trans), actorName('ana', null, trans), actorName(null, undefined, trans)]).toEqual([
      'ana',
      'ana',
      'Somebody'
    ]);
  });
});
