/** The panel: reads the conversation, hands its parts to the components, and their wishes back to it. */
import type { KeyboardEvent } from 'react';
import { useEffect, useMemo } from 'react';
import { activityOf, pendingRequests } from '../session/activity';
import { NEW } from '../session/conversation';
import type { Composed } from '../session/prompt';
import { planOf } from '../session/plan';
import { SlashCommands } from './slash';
import { isAsked, waitingNote, watchingNote } from '../session/roles';
import type { ICrush } from '../tokens';
import { suggestions } from '../context/suggestions';
import type { ModelInfo, Session } from '../wire';
import { AskedCard } from './AskedCard';
import { ChangesView } from './Changes';
import { Composer } from './Composer';
import { ConversationView } from './ConversationView';
import { EmptyState } from './EmptyState';
import { Grants } from './Grants';
import { Header } from './Header';
import { showKeys } from './Keys';
import { Notices } from './PanelNotices';
import { useRefusable } from './refusal';
import { PlanLine } from './PlanLine';
import { Queue } from './Queue';
import { troubleOf } from './trouble';
import { useContextChips } from './context';
import { StateLine } from './StateLine';
import { useNumbered, useSignals } from './signals';
import { useUi } from './ui';
import { WatchingNote } from './WatchingNote';

const NOTHING: Composed = { text: '', attached: [] };

interface PanelProps {
  readonly crush: ICrush;
  /** The panel is in the page. */
  readonly onRendered: () => void;
}

export function Panel({ crush, onRendered }: PanelProps) {
  const { changes, conversation, actions, live, notebooks, settings } = crush;
  const { trans } = useUi();
  useSignals(conversation.changed, notebooks.changed, settings.changed, changes.changed);
  useEffect(onRendered, [onRendered]);
  const slash = useMemo(() => new SlashCommands(crush, trans), [crush, trans]);
  const given = useNumbered(conversation.composed, NOTHING);
  const context = useContextChips(crush, given);
  const session = conversation.sessionId === null ? null : (live.view.sessions[conversation.sessionId] ?? null);
  const sid = session?.id;
  // Looked at seldom: the notebook may be large, and this renders with every event.
  const offered = useMemo(() => suggestions(notebooks.look(), trans), [notebooks, notebooks.version, sid, trans]); // eslint-disable-line react-hooks/exhaustive-deps
  const opened = session ? live.view.opened[session.id] : undefined;
  const doing = activityOf(conversation);
  const may = live.config?.may;
  const watches = watchingNote(may, trans);
  const asked = pendingRequests(conversation);
  const card = useRefusable(asked.filter(request => isAsked(request, may)));
  const plan = planOf(opened?.transcript.messages ?? [], live.view.runs, doing !== 'ready');
  const isEmpty = !conversation.sending.length && (session === null || opened?.transcript.messages.length === 0);
  const send = (prompt: string, to = conversation.sessionId): void => {
    const attached = context.take();
    const saved = attached.some(one => one.attachment.notebook === notebooks.path) ? notebooks.save() : null;
    void conversation.send(prompt, attached, settings.whileBusy, saved, to);
    changes.hide();
  };
  const sendOrRun = async (text: string): Promise<void> => {
    const to = conversation.sessionId; // it may take a while to know what the text is
    const refused = card.refused;
    const outcome = await slash.run(text);
    if (outcome === undefined && refused) {
      void conversation.refuse(refused.id, text);
    } else if (outcome === undefined) {
      send(text, to);
    } else if (outcome && 'send' in outcome) {
      send(outcome.send, to);
    } else if (outcome) {
      conversation.composed.emit({ text: outcome.compose, attached: [] });
    }
  };
  const trouble = troubleOf(live, trans);
  return (
    <div className="jcr-Panel-inner" onKeyDown={onKey}>
      <Header
        sessions={conversation.sessions}
        current={session}
        may={may ?? null}
        now={Date.now()}
        onShow={id => conversation.show(id)}
        onNew={() => conversation.show(null)}
        onRename={(id, title) => void conversation.rename(id, title)}
        onRemove={one => void actions.remove(one)}
        isUnread={one => conversation.isUnread(one)}
        notebook={notebooks.path}
        onFork={() => void actions.fork(null)}
        onSummarize={() => void actions.summarize()}
        onExport={format => void actions.export(format)}
      />
      <PanelState crush={crush} session={session} />
      {isEmpty ? (
        <EmptyState
          suggestions={watches === null ? offered : []}
          isDemo={modelOf(crush, session)?.is_demo ?? false}
          trouble={trouble}
          onChoose={prompt => send(prompt)}
          onAgain={() => void live.lookAgain()}
        />
      ) : changes.shownRun !== undefined ? (
        <ChangesView changes={changes} runId={changes.shownRun} />
      ) : (
        <ConversationView crush={crush} isBusy={doing !== 'ready'} onContinue={() => send(trans.__('Continue'))} />
      )}
      <Notices crush={crush} trouble={isEmpty ? null : (trouble?.text ?? null)} />
      {plan && <PlanLine plan={plan} />}
      <AskedCard asked={asked} conversation={conversation} waitsFor={one => waitingNote(one, may, trans)} />
      <Queue
        runs={conversation.queue()}
        onRemove={run => void conversation.removeQueued(run)}
        onSendNow={run => void conversation.sendNow(run)}
        onEdit={run => void conversation.editQueued(run)}
        onMove={(run, before) => void conversation.moveQueued(run, before)}
      />
      {watches !== null ? (
        <WatchingNote>{watches}</WatchingNote>
      ) : (
        <Composer
          draftKey={session?.id ?? NEW}
          draft={conversation.memory.draft(session?.id ?? NEW)}
          history={() => conversation.memory.history()}
          mentions={crush.mentions}
          commands={slash.find}
          chips={context.chips}
          isBusy={doing !== 'ready'}
          steers={settings.whileBusy === 'steer'}
          onSteers={steers => settings.setWhileBusy(steers ? 'steer' : 'queue')}
          isDisabled={trouble !== null || live.workspace === null}
          refuses={card.refused && { isOpen: card.isOpen }}
          returned={{ text: given.value.text, number: given.number }}
          onDraft={text => conversation.memory.setDraft(session?.id ?? NEW, text)}
          onSend={text => void sendOrRun(text)}
          onStop={() => void conversation.stop()}
          onAttach={context.attach}
          onFiles={files => void context.attachFiles(files)}
        />
      )}
    </div>
  );
}

function PanelState({ crush, session }: { crush: ICrush; session: Session | null }) {
  const { conversation, live } = crush;
  const config = live.config;
  const mode = session?.permission_mode ?? config?.permission_mode ?? 'ask';
  return (
    <StateLine
      connection={live.connection}
      activity={activityOf(conversation)}
      hasModel={live.status?.is_ready ?? true}
      session={session}
      model={modelOf(crush, session)}
      models={live.status?.models ?? []}
      mode={mode}
      grants={
        <Grants
          canRevoke={config?.may?.approve ?? true}
          load={() => conversation.grants()}
          onRevoke={grant => conversation.revoke(grant)}
        />
      }
      modes={config?.permission_modes ?? [mode]}
      canChoose={config?.may?.configure ?? true}
      isAsked={isAsked(pendingRequests(conversation)[0], config?.may)}
      onModel={model =>
        void (session ? conversation.patch(session.id, { model }) : conversation.patchConfig({ model }))
      }
      onMode={permission_mode =>
        void (session
          ? conversation.patch(session.id, { permission_mode })
          : conversation.patchConfig({ permission_mode }))
      }
    />
  );
}

function modelOf({ live }: ICrush, session: Session | null): ModelInfo | null {
  const own = live.status?.models.find(model => model.id === session?.model);
  return own ?? live.status?.model ?? null;
}

/** Alt+↑ and Alt+↓ go from turn to turn; ? lists the keys. */
function onKey(event: KeyboardEvent<HTMLDivElement>): void {
  const isWriting = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement;
  if (event.key === '?' && !isWriting) {
    showKeys(event.currentTarget);
    event.preventDefault();
  }
  if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) {
    return;
  }
  const box = event.currentTarget.querySelector('.jcr-Transcript');
  const turns = [...(box?.querySelectorAll('.jcr-Turn') ?? [])];
  const top = box?.getBoundingClientRect().top ?? 0;
  const above = turns.filter(turn => turn.getBoundingClientRect().top < top - 4).at(-1);
  const below = turns.find(turn => turn.getBoundingClientRect().top > top + 4);
  (event.key === 'ArrowUp' ? above : below)?.scrollIntoView({ block: 'start' });
  event.preventDefault();
}
