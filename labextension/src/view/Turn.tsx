/** One turn: a person's words in a quiet block, and under them what was done about it. */
import { memo } from 'react';
import type { ReactNode } from 'react';
import type { PendingRequest } from '../session/model';
import { callState } from '../session/callstate';
import type { Item, SummaryState, Turn } from '../session/turns';
import type { May, Run, ToolProgress } from '../wire';
import { clockTime, endingText } from '../lib/format';
import { TurnChanges } from './ChangesLine';
import { Markdown } from './Markdown';
import { Picture } from './Picture';
import { ReasoningLine } from './Reasoning';
import { Reads, ToolItem } from './Tool';
import { TurnMenu } from './TurnMenu';
import type { TurnActions } from './TurnMenu';
import { useUi } from './ui';

interface TurnProps {
  readonly turn: Turn;
  readonly run: Run | undefined;
  readonly isLast: boolean;
  readonly isBusy: boolean;
  readonly progress: Readonly<Record<string, ToolProgress>>;
  /** What waits for a person in this session. */
  readonly asked: readonly PendingRequest[];
  readonly may: May | null;
  readonly onContinue: () => void;
  /** Null: for who only watches. */
  readonly actions: TurnActions | null;
}

export const TurnView = memo(function TurnView(props: TurnProps) {
  const { turn, isLast, isBusy } = props;
  const { trans } = useUi();
  return (
    <article className="jcr-Turn" data-run={turn.runId} aria-label={trans.__('Turn')}>
      {turn.user && (
        <PromptBlock
          text={turn.prompt}
          author={turn.user.author}
          at={turn.user.created_at}
          chips={turn.contexts.map(context => context.label)}
          menu={props.actions && <TurnMenu turn={turn} {...props.actions} />}
        />
      )}
      {turn.pictures.map((image, index) => (
        <Picture key={index} image={image} />
      ))}
      {turn.summary && <SummaryHead state={turn.summary} />}
      {turn.items.map(item => (
        <ItemView key={item.key} item={item} {...props} />
      ))}
      {!(isLast && isBusy) && turn.items.length > 0 && <TurnChanges runId={turn.runId} />}
      {isLast && isBusy && isWaiting(turn.items.at(-1)) && (
        <div className="jcr-Line">
          <span className="jcr-Spinner" />
          {trans.__('Waiting for the model…')}
        </div>
      )}
    </article>
  );
});

function SummaryHead({ state }: { state: SummaryState }) {
  const { trans } = useUi();
  const words = {
    writing: trans.__('Summarizing what came before…'),
    done: trans.__('Summary: the agent reads this instead of what came before'),
    failed: trans.__('This summary was not finished; the agent continues with the full conversation')
  };
  return <div className="jcr-Line jcr-mod-quiet">{words[state]}</div>;
}

/** Whether nothing of the turn is being written or run. */
function isWaiting(item: Item | undefined): boolean {
  switch (item?.kind) {
    case 'text':
    case 'reasoning':
      return !item.live;
    case 'tool':
      return item.tool.result !== null;
    default:
      return true;
  }
}

/** What a server that knows no names calls everybody. */
const YOU = 'you';

interface PromptBlockProps {
  readonly text: string;
  readonly author: string | null;
  readonly at: number | null;
  readonly chips: readonly string[];
  readonly menu?: ReactNode;
}

export function PromptBlock({ text, author, at, chips, menu }: PromptBlockProps) {
  const { trans } = useUi();
  return (
    <div className="jcr-Words">
      <div className="jcr-Words-head">
        <span className="jcr-Words-author">{!author || author === YOU ? trans.__('You') : author}</span>
        {at === null ? (
          <span>{trans.__('sending…')}</span>
        ) : (
          <time dateTime={new Date(at).toISOString()} title={new Date(at).toLocaleString()}>
            {clockTime(at, Date.now())}
          </time>
        )}
        {menu}
      </div>
      {text !== '' && <div className="jcr-Words-text">{text}</div>}
      {chips.length > 0 && (
        <div className="jcr-Words-chips">
          {chips.map((chip, index) => (
            <span key={index} className="jcr-Chip">
              {chip}
            </span>
          ))}
        </div>
      )}
    </div>
  );
}

function ItemView({ item, run, isLast, isBusy, progress, asked, may, onContinue }: TurnProps & { item: Item }) {
  const { trans } = useUi();
  switch (item.kind) {
    case 'text':
      return <Markdown source={item.part.text} />;
    case 'reasoning':
      return <ReasoningLine id={item.key} text={item.part.text} live={item.live && isBusy} />;
    case 'tool': {
      const text = progress[item.tool.call.id]?.text ?? null;
      const isRunning = isLast && isBusy;
      return (
        <ToolItem tool={item.tool} progress={text} isRunning={isRunning} standing={callState(item.tool, asked, may)} />
      );
    }
    case 'reads':
      return <Reads tools={item.tools} />;
    case 'image':
      return <Picture image={item.image} />;
    case 'finish': {
      const isError = item.finish.reason === 'error';
      const canContinue = isLast && !isBusy && ['interrupted', 'max_tokens', 'budget'].includes(item.finish.reason);
      return (
        <div className={isError ? 'jcr-Ending jcr-mod-error' : 'jcr-Ending'} role={isError ? 'alert' : undefined}>
          <span>{endingText(item.finish, run, trans)}</span>
          {canContinue && (
            <button className="jcr-LinkButton" onClick={onContinue}>
              {trans.__('Continue')}
            </button>
          )}
        </div>
      );
    }
  }
}
