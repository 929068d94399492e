/** A tool call: one line that opens to what went in and what came out. */
import { launchIcon } from '@jupyterlab/ui-components';
import { memo } from 'react';
import { cellOf, inputText, isFileRead, pathOf, target, toolLine } from '../session/tools';
import type { CallState } from '../session/callstate';
import type { Tool } from '../session/turns';
import { readable, visible } from '../lib/visible';
import { duration } from '../lib/format';
import { Counts } from './Counts';
import { Diff } from './Diff';
import { ElapsedTime } from './ElapsedTime';
import { useFold } from './fold';
import { Picture } from './Picture';
import { Proposal, ToolDecision } from './ToolDecision';
import { useUi } from './ui';

/** Shorter times are no news. */
const SHOWN_MS = 100;

interface ToolProps {
  readonly tool: Tool;
  /** The end of what it printed so far, while it runs. */
  readonly progress: string | null;
  /** Whether its turn goes on: without it, a call that has no result is over. */
  readonly isRunning: boolean;
  readonly standing?: CallState;
}

export const ToolItem = memo(function ToolItem({ tool, progress, isRunning, standing = 'runs' }: ToolProps) {
  const { trans, cellNumber } = useUi();
  const [isOpen, toggle] = useFold(tool.call.id);
  const line = toolLine(tool, trans, cellNumber);
  const isUnfinished = !tool.result && isRunning;
  const waits = isUnfinished && standing === 'runs';
  const failed = tool.result?.is_error ?? false;
  return (
    <div className={failed ? 'jcr-Tool jcr-mod-failed' : 'jcr-Tool'} data-tool={tool.call.name}>
      <div className="jcr-Tool-head">
        <button className="jcr-Line" aria-expanded={isOpen} onClick={toggle} title={visible(line.object)}>
          {waits ? (
            <span className="jcr-Spinner" role="img" aria-label={trans.__('running')} />
          ) : (
            <span className="jcr-Twisty" data-open={isOpen} />
          )}
          <span className="jcr-Line-verb">{visible(line.verb)}</span>
          {line.from !== null && (
            <span className="jcr-Line-from" title={visible(line.from)}>
              {trans.__('from %1', visible(line.from))}
            </span>
          )}
          <span className="jcr-Line-object">{visible(line.object)}</span>
          {failed && <span className="jcr-Line-failed">{trans.__('failed')}</span>}
          <Counts additions={line.additions} deletions={line.deletions} />
          {waits && <ElapsedTime callId={tool.call.id} />}
          {isUnfinished && !waits && <Held standing={standing} />}
          {line.durationMs !== null && line.durationMs >= SHOWN_MS && (
            <span className="jcr-Line-time">{duration(line.durationMs)}</span>
          )}
        </button>
        <Jump tool={tool} />
      </div>
      {waits && !isOpen && progress && <pre className="jcr-Tail">{readable(lastLines(progress))}</pre>}
      {isOpen && <ToolDetails tool={tool} progress={progress} isRunning={isRunning} />}
      {tool.images.map((image, index) => (
        <Picture key={index} image={image} />
      ))}
    </div>
  );
});

/** Why a call has not begun. */
function Held({ standing }: { standing: CallState }) {
  const { trans } = useUi();
  return standing !== 'held' ? (
    <span className="jcr-Line-held">
      {standing === 'asks' ? trans.__('asks you') : trans.__('waits for an answer')}
    </span>
  ) : (
    <span
      className="jcr-Line-held"
      title={trans.__('It starts once every command and code request of this answer is decided.')}
    >
      {trans.__('waits for your answers')}
    </span>
  );
}

/** To the cell or the file that the call was about. */
function Jump({ tool }: { tool: Tool }) {
  const { trans, openPath, openCell } = useUi();
  const path = pathOf(tool);
  const cell = cellOf(tool);
  if (!path) {
    return null;
  }
  const title = cell ? trans.__('Go to the cell') : trans.__('Open %1', visible(path));
  return (
    <button
      className="jcr-IconButton jcr-Jump"
      title={title}
      aria-label={title}
      onClick={() => (cell ? void openCell(path, cell) : openPath(path))}
    >
      <launchIcon.react tag="span" className="jcr-Icon jcr-mod-small" />
    </button>
  );
}

function ToolDetails({ tool, progress, isRunning }: ToolProps) {
  const { trans } = useUi();
  const metadata = tool.result?.metadata ?? {};
  const diff = typeof metadata['diff'] === 'string' ? metadata['diff'] : null;
  const code = typeof metadata['code'] === 'string' ? metadata['code'] : null;
  const input = code ?? (inputText(tool.call.input).text || tool.call.text || '');
  const output = tool.result?.content ?? progress ?? '';
  return (
    <div className="jcr-Tool-details">
      {diff !== null ? <Diff diff={diff} /> : <LabelledText label={trans.__('Input')} text={input} />}
      {diff !== null && !tool.result?.is_error && <ToolDecision tool={tool} />}
      {(diff === null || tool.result?.is_error) && <LabelledText label={trans.__('Output')} text={output} />}
      {diff !== null && tool.result?.is_error && !isRunning && <Proposal tool={tool} />}
    </div>
  );
}

function LabelledText({ label, text }: { label: string; text: string }) {
  if (!text) {
    return null;
  }
  return (
    <>
      <div className="jcr-Label">{label}</div>
      <pre className="jcr-Code" tabIndex={0} aria-label={label}>
        {readable(text)}
      </pre>
    </>
  );
}

/** Several reads in a row. */
export const Reads = memo(function Reads({ tools }: { tools: readonly Tool[] }) {
  const { trans, cellNumber } = useUi();
  const [isOpen, toggle] = useFold(`reads ${tools[0]?.call.id}`);
  const names = tools.map(target).filter(Boolean);
  const count = tools.length;
  const verb = tools.every(isFileRead)
    ? trans._n('Read %1 file', 'Read %1 files', count)
    : trans._n('Looked at %1 thing', 'Looked at %1 things', count);
  const sum = tools.reduce((ms, tool) => ms + (toolLine(tool, trans, cellNumber).durationMs ?? 0), 0);
  return (
    <div className="jcr-Reads">
      <button className="jcr-Line" aria-expanded={isOpen} onClick={toggle}>
        <span className="jcr-Twisty" data-open={isOpen} />
        <span className="jcr-Line-verb">{verb}</span>
        <span className="jcr-Line-object">{visible([...new Set(names)].join(', '))}</span>
        {sum >= SHOWN_MS && <span className="jcr-Line-time">{duration(sum)}</span>}
      </button>
      {isOpen && (
        <div className="jcr-Reads-list">
          {tools.map(tool => (
            <ToolItem key={tool.call.id} tool={tool} progress={null} isRunning={false} />
          ))}
        </div>
      )}
    </div>
  );
});

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-4).join('\n');
}
