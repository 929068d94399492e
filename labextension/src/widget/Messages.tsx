/** The transcript of the chat in a cell: the panel's turns, in the panel's words, each tool a line that opens. */
import { memo, useLayoutEffect, useMemo, useRef } from 'react';
import { endingText } from '../lib/format';
import { readable, visible } from '../lib/visible';
import { markdown } from '../markdown/nodes';
import type { ShownMessage } from '../session/messages';
import { inputText, isOurReading, toolLine } from '../session/tools';
import { Turns } from '../session/turns';
import type { Item, Tool, Turn } from '../session/turns';
import type { Run } from '../wire';
import { useTrans } from '../view/trans';

interface MessagesProps {
  readonly messages: readonly ShownMessage[];
  readonly run: (id: string) => Run | undefined;
}

export function Messages({ messages, run }: MessagesProps) {
  const turns = useMemo(() => new Turns(), []);
  return (
    <>
      {turns.of(messages, isOurReading).map(turn => (
        <OneTurn key={turn.key} turn={turn} run={run(turn.runId)} />
      ))}
    </>
  );
}

const OneTurn = memo(function OneTurn({ turn, run }: { turn: Turn; run: Run | undefined }) {
  const trans = useTrans();
  return (
    <>
      {turn.prompt && <div className="crush-said">{readable(turn.prompt)}</div>}
      {turn.contexts.map(({ label, text }, index) => (
        <Folded key={index} label={trans.__('Attached: %1', label)} text={text} />
      ))}
      {turn.items.map(item => (
        <OneItem key={item.key} item={item} run={run} />
      ))}
    </>
  );
});

function OneItem({ item, run }: { item: Item; run: Run | undefined }) {
  const trans = useTrans();
  switch (item.kind) {
    case 'text':
      return <Answer text={item.part.text} />;
    case 'reasoning':
      return item.part.text ? <Folded label={trans.__('Thought')} text={item.part.text} /> : null;
    case 'tool':
      return <ToolItem tool={item.tool} />;
    case 'reads':
      return (
        <>
          {item.tools.map(tool => (
            <ToolItem key={tool.call.id} tool={tool} />
          ))}
        </>
      );
    case 'finish':
      return <div className="crush-ending">{visible(endingText(item.finish, run, trans))}</div>;
    default:
      return null;
  }
}

function ToolItem({ tool }: { tool: Tool }) {
  const trans = useTrans();
  const { verb, from, object } = toolLine(tool, trans);
  const mark = tool.result ? (tool.result.is_error ? '✗' : '✓') : tool.call.finished ? '…' : '';
  const text = tool.result?.content ?? inputText(tool.call.input).text;
  return (
    <Folded label={[verb, from && trans.__('from %1', from), object, mark].filter(Boolean).join(' ')} text={text} />
  );
}

function Folded({ label, text }: { label: string; text: string }) {
  return (
    <details>
      <summary>{visible(label)}</summary>
      <pre>{readable(text)}</pre>
    </details>
  );
}

const Answer = memo(function Answer({ text }: { text: string }) {
  const host = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => host.current?.replaceChildren(markdown(text)), [text]);
  return <div ref={host} />;
});
