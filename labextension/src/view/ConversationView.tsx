/** The turns of the session that is shown, and the prompts on their way. */
import { useCallback, useMemo, useRef } from 'react';
import type { PendingRequest } from '../session/model';
import { mayPrompt } from '../session/roles';
import { isOurReading } from '../session/tools';
import type { ICrush } from '../tokens';
import { Turns } from '../session/turns';
import type { Turn } from '../session/turns';
import { Announcer } from './Announcer';
import { TranscriptView } from './TranscriptView';
import { TurnView, PromptBlock } from './Turn';
import type { TurnActions } from './TurnMenu';

const NONE = {};
const NOTHING_ASKED: readonly PendingRequest[] = [];

interface ConversedProps {
  readonly crush: ICrush;
  readonly isBusy: boolean;
  readonly onContinue: () => void;
}

export function ConversationView({ crush, isBusy, onContinue }: ConversedProps) {
  const { conversation, live } = crush;
  const grouping = useRef(new Turns());
  const sessionId = conversation.sessionId;
  const opened = sessionId === null ? undefined : live.view.opened[sessionId];
  const turns = grouping.current.of(opened?.transcript.messages ?? [], isOurReading);
  const isKnown = (runId: string): boolean => turns.some(turn => turn.runId === runId);
  const sending = conversation.sending.filter(one => !live.view.runs[one.runId] && !isKnown(one.runId));
  const started = useRef(onContinue);
  started.current = onContinue;
  const { pending: all } = live.view;
  const asked = useMemo(() => Object.values(all).filter(request => request.session_id === sessionId), [all, sessionId]);
  const goOn = useCallback(() => started.current(), []);
  const actions = useMemo(
    (): TurnActions => ({
      onFork: turn => void crush.actions.fork(turn.lastId),
      onEdit: turn => void crush.actions.fork(turn.key, { before: true, draft: turn.prompt }),
      onRewind: turn => void crush.changes.rewind(turn.key)
    }),
    [crush.changes, crush.actions]
  );
  const onEarlier = useCallback(() => {
    if (sessionId !== null && live.view.opened[sessionId]?.hasEarlier) {
      void live.fetchEarlier(sessionId);
    }
  }, [sessionId, live]);
  const renderTurn = (turn: Turn, isLast: boolean): JSX.Element => (
    <TurnView
      key={turn.key}
      turn={turn}
      run={live.view.runs[turn.runId]}
      isLast={isLast}
      isBusy={isLast && isBusy}
      progress={isLast ? live.view.progress : NONE}
      asked={isLast ? asked : NOTHING_ASKED}
      may={live.config?.may ?? null}
      onContinue={goOn}
      actions={mayPrompt(live.config?.may) ? actions : null}
    />
  );
  return (
    <>
      <TranscriptView
        key={sessionId}
        turns={turns}
        newest={opened?.transcript.messages.at(-1)}
        hasEarlier={opened?.hasEarlier ?? false}
        onEarlier={onEarlier}
        renderTurn={renderTurn}
      >
        {sending.map(one => (
          <PromptBlock key={one.runId} text={one.prompt} author={null} at={null} chips={one.labels} />
        ))}
      </TranscriptView>
      <Announcer key={`of ${sessionId}`} last={turns.at(-1)} isBusy={isBusy} />
    </>
  );
}
