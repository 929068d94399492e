/** The turns of the session that is shown, and the prompts on their way. */
import { useCallback, useMemo, useRef } from 'react';
import type { Asked } from '../session/model';
import { mayPrompt } from '../session/roles';
import { isOurReading } from '../session/tools';
import type { ICrush } from '../tokens';
import { Turns } from '../session/turns';
import type { Turn } from '../session/turns';
import { Announcer } from './Announcer';
import { Transcript } from './Transcript';
import { TurnView, Words } from './Turn';
import type { TurnDeeds } from './TurnMenu';

const NONE = {};
const NOTHING_ASKED: readonly Asked[] = [];

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
  const turns = grouping.current.of(opened?.transcript.messages ?? [], isOurReading);
  const isKnown = (runId: string): boolean => turns.some(turn => turn.runId === runId);
  const sending = conversation.sending.filter(one => !live.view.runs[one.runId] && !isKnown(one.runId));
  const started = useRef(onContinue);
  started.current = onContinue;
  const { asked: all } = live.view;
  const asked = useMemo(() => Object.values(all).filter(request => request.session_id === sessionId), [all, sessionId]);
  const goOn = useCallback(() => started.current(), []);
  const deeds = useMemo(
    (): TurnDeeds => ({
      onFork: turn => void crush.deeds.fork(turn.lastId),
      onEdit: turn => void crush.deeds.fork(turn.key, { before: true, draft: turn.words }),
      onRewind: turn => void crush.changes.rewind(turn.key)
    }),
    [crush.changes, crush.deeds]
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
      deeds={mayPrompt(live.config?.may) ? deeds : null}
    />
  );
  return (
    <>
      <Transcript
        key={sessionId}
        turns={turns}
        newest={opened?.transcript.messages.at(-1)}
        hasEarlier={opened?.hasEarlier ?? false}
        onEarlier={onEarlier}
        renderTurn={renderTurn}
      >
        {sending.map(one => (
          <Words key={one.runId} text={one.prompt} author={null} at={null} chips={one.labels} />
        ))}
      </Transcript>
      <Announcer key={`of ${sessionId}`} last={turns.at(-1)} isBusy={isBusy} />
    </>
  );
}
