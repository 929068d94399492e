/** The turns of the session that is shown, and the prompts on their way. */
import { useCallback, useRef } from 'react';
import { isReading } from '../tools';
import type { ICrush } from '../tokens';
import { Turns } from '../turns';
import type { Turn } from '../turns';
import { Transcript } from './Transcript';
import { TurnView, Words } from './Turn';

const NONE = {};

interface ConversedProps {
  readonly crush: ICrush;
  readonly isBusy: boolean;
  readonly onContinue: () => void;
}

export function Conversed({ crush, isBusy, onContinue }: ConversedProps) {
  const { conversation, live } = crush;
  const grouping = useRef(new Turns());
  const sessionId = conversation.sessionId;
  const opened = sessionId === null ? undefined : live.view.opened[sessionId];
  const turns = grouping.current.of(opened?.transcript.messages ?? [], isReading);
  const known = new Set(turns.map(turn => turn.runId));
  const sending = conversation.sending.filter(one => !known.has(one.runId) && !live.view.runs[one.runId]);
  const started = useRef(onContinue);
  started.current = onContinue;
  const goOn = useCallback(() => started.current(), []);
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
      onContinue={goOn}
    />
  );
  return (
    <Transcript
      sessionId={sessionId}
      turns={turns}
      version={opened?.transcript}
      hasEarlier={opened?.hasEarlier ?? false}
      onEarlier={onEarlier}
      renderTurn={renderTurn}
    >
      {sending.map(one => (
        <Words key={one.runId} text={one.prompt} author={null} at={null} chips={[]} />
      ))}
    </Transcript>
  );
}
