import { describe, expect, test } from 'vitest';
import { UNANSWERED, answersOf, isAnswered, takesText, toggle } from '../../src/session/answers';
import type { Question } from '../../src/wire';

function question(fields: Partial<Question> = {}): Question {
  const choices = ['a', 'b', 'c'].map(label => ({ label, description: null }));
  return { text: 'Which?', choices, multiple: false, free_text: true, ...fields };
}

describe('an answer', () => {
  test('has one choice where one is asked for, and none when it is taken back', () => {
    const chosen = toggle(question(), toggle(question(), UNANSWERED, 'a'), 'b');
    expect(chosen.choices).toEqual(['b']);
    expect(toggle(question(), chosen, 'b').choices).toEqual([]);
  });

  test('has several in the order in which they are offered', () => {
    const several = question({ multiple: true });
    const chosen = ['c', 'a', 'b', 'a'].reduce((draft, label) => toggle(several, draft, label), UNANSWERED);
    expect(chosen.choices).toEqual(['b', 'c']);
  });

  test('keeps what was written when a choice is made', () => {
    expect(toggle(question(), { ...UNANSWERED, text: 'this year' }, 'a')).toEqual({
      choices: ['a'],
      text: 'this year'
    });
  });

  test('can be sent once it says something, or nothing of several', () => {
    expect(isAnswered(question(), UNANSWERED)).toBe(false);
    expect(isAnswered(question(), { ...UNANSWERED, text: '  ' })).toBe(false);
    expect(isAnswered(question(), { ...UNANSWERED, text: 'x' })).toBe(true);
    expect(isAnswered(question({ multiple: true }), UNANSWERED)).toBe(true);
    expect(isAnswered(question({ multiple: true, choices: [] }), UNANSWERED)).toBe(false);
  });

  test('is written where there is nothing to choose, whatever the question says', () => {
    expect(takesText(question({ free_text: false }))).toBe(false);
    expect(takesText(question({ free_text: false, choices: [] }))).toBe(true);
  });

  test('is sent without blanks', () => {
    const drafts = [
      { choices: ['a'], text: ' ' },
      { choices: [], text: ' report ' }
    ];
    expect(answersOf(drafts)).toEqual([
      { choices: ['a'], text: null },
      { choices: [], text: 'report' }
    ]);
  });
});
