/** The one card that is shown of all that waits for a person. */
import type { Conversation } from '../session/conversation';
import type { PendingRequest } from '../session/model';
import { PermissionCard } from './PermissionCard';
import { QuestionCard } from './QuestionCard';

interface AskedCardProps {
  readonly asked: readonly PendingRequest[];
  readonly conversation: Pick<Conversation, 'answer' | 'answerQuestion'>;
  /** Whom a request waits for, where it is not who looks. */
  readonly waitsFor: (request: PendingRequest) => string | null;
}

/** The oldest of what waits for a person. */
export function AskedCard({ asked, conversation, waitsFor }: AskedCardProps) {
  const request = asked[0];
  if (!request) {
    return null;
  }
  const waiting = asked.length - 1;
  const waits = waitsFor(request);
  return 'questions' in request ? (
    <QuestionCard
      waitsFor={waits}
      key={request.id}
      request={request}
      waiting={waiting}
      onAnswer={answers => conversation.answerQuestion(request.id, answers)}
    />
  ) : (
    <PermissionCard
      waitsFor={waits}
      key={request.id}
      request={request}
      waiting={waiting}
      onAnswer={(action, message) => conversation.answer(request.id, action, message)}
    />
  );
}
