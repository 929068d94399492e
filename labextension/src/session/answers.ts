/** Answers while they are made. Pure. */
import type { Question, QuestionAnswer } from '../wire';

export interface AnswerDraft {
  readonly choices: readonly string[];
  readonly text: string;
}

export const UNANSWERED: AnswerDraft = { choices: [], text: '' };

/** Choose, or take the choice back. Of a question that takes one, the other choice goes. */
export function toggle(question: Question, draft: AnswerDraft, label: string): AnswerDraft {
  if (draft.choices.includes(label)) {
    return { ...draft, choices: draft.choices.filter(one => one !== label) };
  }
  const chosen = question.multiple ? [...draft.choices, label] : [label];
  const labels = question.choices.map(choice => choice.label);
  return { ...draft, choices: labels.filter(one => chosen.includes(one)) };
}

export function isEmpty(draft: AnswerDraft): boolean {
  return !draft.choices.length && !draft.text.trim();
}

/** Whether it can be sent: none of several is an answer, too. */
export function isAnswered(question: Question, draft: AnswerDraft): boolean {
  return !isEmpty(draft) || (question.multiple && question.choices.length > 0);
}

export function takesText(question: Question): boolean {
  return question.free_text || question.choices.length === 0;
}

export function answersOf(drafts: readonly AnswerDraft[]): QuestionAnswer[] {
  return drafts.map(({ choices, text }) => ({ choices: [...choices], text: text.trim() || null }));
}
