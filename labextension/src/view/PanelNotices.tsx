/** The words between the transcript and the composer: what failed, what is tried again, what can be undone. */
import { activityOf } from '../session/activity';
import type { Conversation } from '../session/conversation';
import type { ICrush } from '../tokens';
import type { Settled } from '../session/model';
import { actorName } from '../session/roles';
import { Countdown } from './Countdown';
import { Notice } from './Notices';
import { useUi } from './ui';

interface NoticesProps {
  readonly crush: ICrush;
  /** Why the agent cannot work, where the empty panel does not say it. */
  readonly trouble: string | null;
}

export function Notices({ crush, trouble }: NoticesProps) {
  const { conversation, actions, live } = crush;
  const { trans } = useUi();
  const said = conversation.sessionId === null ? undefined : live.view.notices[conversation.sessionId];
  const { failure } = conversation;
  const { removed } = actions;
  const settled = conversation.sessionId === null ? undefined : live.view.settled[conversation.sessionId];
  const isNews = settled && !conversation.wasAnsweredHere(settled.id) && activityOf(conversation) === 'working';
  return (
    <>
      {live.failure && live.workspace && live.connection !== 'reconnecting' && (
        <Notice kind="error">{live.failure.message}</Notice>
      )}
      {trouble !== null && <Notice kind="error">{trouble}</Notice>}
      {live.connection === 'refused' && (
        <Notice kind="error">
          {trans.__('The server does not know you any more. Sign in again: reload this page.')}
        </Notice>
      )}
      {live.connection === 'reconnecting' && <Notice kind="quiet">{offline(conversation, trans)}</Notice>}
      {said && said.type !== 'error' && (
        <Notice
          kind="quiet"
          action={
            said.type === 'retry' ? { name: trans.__('Stop'), onClick: () => void conversation.stop() } : undefined
          }
        >
          {said.message}
          {said.retry_in_ms !== null && <Countdown key={said.message} ms={said.retry_in_ms} />}
        </Notice>
      )}
      {isNews && <Notice kind="quiet">{settlement(settled, trans)}</Notice>}
      {failure && (
        <Notice kind="error" onDismiss={() => conversation.dismissFailure()}>
          {failure.message}
        </Notice>
      )}
      {removed && (
        <Notice kind="quiet" action={{ name: trans.__('Undo'), onClick: () => void actions.undoRemove() }}>
          {trans.__('“%1” is deleted.', removed.title || trans.__('New session'))}
        </Notice>
      )}
    </>
  );
}

/** What goes on without this browser, as far as it was known when the connection was lost. */
function offline(conversation: Conversation, trans: ReturnType<typeof useUi>['trans']): string {
  const waiting = conversation.queue().length;
  const back = trans.__('This panel catches up when it is back.');
  if (activityOf(conversation) === 'ready') {
    return trans.__('No connection. %1', back);
  }
  return waiting
    ? trans._n(
        'No connection. The agent goes on, and then with the prompt that waits. %2',
        'No connection. The agent goes on, and then with the %1 prompts that wait. %2',
        waiting,
        back
      )
    : trans.__('No connection. The agent keeps working. %1', back);
}

/** How a question was settled by somebody else, or by nobody. */
function settlement(settled: Settled, trans: ReturnType<typeof useUi>['trans']): string {
  if (settled.withdrawn) {
    return trans.__('The question was withdrawn; no answer is needed any more.');
  }
  const who = actorName(settled.by, settled.origin, trans);
  if ('granted' in settled) {
    return settled.granted ? trans.__('Allowed by %1.', who) : trans.__('Denied by %1.', who);
  }
  return settled.answered ? trans.__('Answered by %1.', who) : trans.__('%1 chose not to answer.', who);
}
