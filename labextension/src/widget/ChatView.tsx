/** What is seen of the chat in a cell. */
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { visible } from '../lib/visible';
import { isAsked, waitingNote, watchingNote } from '../session/roles';
import { AskedCard } from '../view/AskedCard';
import { useRefusable } from '../view/refusal';
import { TransProvider } from '../view/trans';
import type { Run } from '../wire';
import { Chat } from './chat';
import { english } from './english';
import { Messages } from './Messages';
import type { WidgetModel } from './model';

/** So near to its end the transcript follows what is written, in pixels. */
const NEAR_PX = 8;

export function ChatView({ model }: { model: WidgetModel }) {
  const chat = useChat(model);
  const { view, may } = chat;
  const watches = watchingNote(may, english);
  const card = useRefusable(view.asked.filter(request => isAsked(request, may)));
  const log = useFollowedEnd();
  const canStop = chat.isLoaded && watches === null && (view.isBusy || view.asked.length > 0);
  return (
    <TransProvider value={english}>
      <div className="crush-chat" onKeyDown={event => onKey(event, canStop, chat)}>
        <div className="crush-head">
          <span className="crush-title">{visible(chat.title)}</span>
          <span className="crush-state">{stateOf(chat)}</span>
          {canStop && (
            <button className="jcr-Button" onClick={() => void chat.stop()}>
              Stop
            </button>
          )}
        </div>
        <div className="crush-log" role="log" ref={log}>
          <Messages messages={view.messages} run={id => view.run(id)} />
        </div>
        <AskedCard asked={view.asked} conversation={chat} waitsFor={one => waitingNote(one, may, english)} />
        {view.queue.map((run, index) => (
          <QueuedPrompt key={run.run_id} run={run} isNext={index === 0} isFixed={watches !== null} chat={chat} />
        ))}
        {chat.failure && (
          <div className="crush-note" role="alert">
            {visible(chat.failure)}
          </div>
        )}
        <Composer chat={chat} watches={watches} card={card} />
      </div>
    </TransProvider>
  );
}

/** The chat of a model, followed while it is in the page; it is drawn once a frame at most. */
function useChat(model: WidgetModel): Chat {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const frame = useRef<number | null>(null);
  const [chat] = useState(
    () =>
      new Chat(model, () => {
        frame.current ??= requestAnimationFrame(() => {
          frame.current = null;
          draw();
        });
      })
  );
  useEffect(() => {
    void chat.start();
    return () => chat.dispose();
  }, [chat]);
  return chat;
}

/** Keeps the end of the transcript in sight for whoever reads there. */
function useFollowedEnd(): React.RefObject<HTMLDivElement> {
  const log = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const node = log.current;
    const look = (): void => {
      isAtEnd.current = node !== null && node.scrollTop + node.clientHeight >= node.scrollHeight - NEAR_PX;
    };
    node?.addEventListener('scroll', look);
    return () => node?.removeEventListener('scroll', look);
  }, []);
  useLayoutEffect(() => {
    if (log.current && isAtEnd.current) {
      log.current.scrollTop = log.current.scrollHeight;
    }
  });
  return log;
}

/** The notebook has shortcuts of its own, which must not see what is pressed here. */
function onKey(event: KeyboardEvent, canStop: boolean, chat: Chat): void {
  event.stopPropagation();
  if (event.key === 'Escape' && canStop && event.target instanceof HTMLTextAreaElement) {
    void chat.stop();
  }
}

function stateOf(chat: Chat): string {
  if (chat.isWaiting) {
    return 'reconnecting';
  }
  if (chat.view.asked.length) {
    return 'asking';
  }
  return !chat.isLoaded ? 'not connected' : chat.view.isBusy ? 'working' : '';
}

interface QueuedProps {
  readonly run: Run;
  readonly isNext: boolean;
  readonly isFixed: boolean;
  readonly chat: Chat;
}

function QueuedPrompt({ run, isNext, isFixed, chat }: QueuedProps) {
  return (
    <div className="crush-queued">
      <span>
        {isNext ? 'Next: ' : ''}
        {visible(run.prompt).slice(0, 200) || 'what was attached'}
      </span>
      {!isFixed && (
        <button className="jcr-Button" aria-label="Remove" onClick={() => void chat.removeQueued(run)}>
          ✕
        </button>
      )}
    </div>
  );
}

interface ComposerProps {
  readonly chat: Chat;
  /** What stands here for who only watches. */
  readonly watches: string | null;
  readonly card: ReturnType<typeof useRefusable>;
}

function Composer({ chat, watches, card }: ComposerProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const { refused, isOpen } = card;
  const send = async (): Promise<void> => {
    const input = field.current;
    const text = input?.value.trim();
    if (!input || !text || (refused && !isOpen)) {
      return;
    }
    input.value = '';
    if (!(await (refused ? chat.refuse(refused.id, text) : chat.prompt(text)))) {
      input.value = [text, input.value].filter(Boolean).join('\n\n');
    }
  };
  const onEnter = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      if (!event.repeat) {
        void send();
      }
    }
  };
  const isDisabled = !chat.isLoaded || watches !== null;
  const hint = refused ? 'Or say what to do instead; Enter refuses with these words' : 'Ask, or tell it what to do…';
  return (
    <div className="crush-compose">
      <textarea
        className="crush-input jcr-Composer-text"
        ref={field}
        rows={2}
        aria-label="Prompt"
        placeholder={watches ?? hint}
        disabled={isDisabled}
        onKeyDown={onEnter}
      />
      {watches === null && (
        <button
          className="jcr-Button jcr-mod-accept"
          title={refused ? 'Refuse with these words' : ''}
          disabled={isDisabled}
          onClick={() => void send()}
        >
          {refused ? 'Refuse' : 'Send'}
        </button>
      )}
    </div>
  );
}
