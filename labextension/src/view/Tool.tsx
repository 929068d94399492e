/** A tool call: one line that opens to what went in and what came out. */
import { memo, useState } from 'react';
import { inputText, isFileRead, target, toolLine } from '../tools';
import type { Tool } from '../turns';
import { visible } from '../visible';
import { duration } from '../words';
import { Diff } from './Diff';
import { Picture } from './Picture';
import { useUi } from './ui';

/** Shorter times are no news. */
const SHOWN_MS = 100;

interface ToolProps {
  readonly tool: Tool;
  /** The end of what it printed so far, while it runs. */
  readonly progress: string | null;
  /** Whether its turn goes on: without it, a call that has no result is over. */
  readonly isRunning: boolean;
}

export const ToolItem = memo(function ToolItem({ tool, progress, isRunning }: ToolProps) {
  const { trans } = useUi();
  const [isOpen, setOpen] = useState(false);
  const line = toolLine(tool, trans);
  const waits = !tool.result && isRunning;
  const failed = tool.result?.is_error ?? false;
  return (
    <div className={failed ? 'jcr-Tool jcr-mod-failed' : 'jcr-Tool'} data-tool={tool.call.name}>
      <button className="jcr-Line" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)} title={visible(line.object)}>
        {waits ? (
          <span className="jcr-Spinner" aria-label={trans.__('running')} />
        ) : (
          <span className="jcr-Twisty" data-open={isOpen} />
        )}
        <span className="jcr-Line-verb">{line.verb}</span>
        <span className="jcr-Line-object">{visible(line.object)}</span>
        {failed && <span className="jcr-Line-failed">{trans.__('failed')}</span>}
        <Counts additions={line.additions} deletions={line.deletions} />
        {line.durationMs !== null && line.durationMs >= SHOWN_MS && (
          <span className="jcr-Line-time">{duration(line.durationMs)}</span>
        )}
      </button>
      {waits && !isOpen && progress && <pre className="jcr-Tail">{visible(lastLines(progress))}</pre>}
      {isOpen && <ToolDetails tool={tool} progress={progress} />}
      {tool.images.map((image, index) => (
        <Picture key={index} image={image} />
      ))}
    </div>
  );
});

function Counts({ additions, deletions }: { additions: number | null; deletions: number | null }) {
  if (!additions && !deletions) {
    return null;
  }
  return (
    <span className="jcr-Counts">
      <span className="jcr-mod-add">+{additions ?? 0}</span> <span className="jcr-mod-del">−{deletions ?? 0}</span>
    </span>
  );
}

function ToolDetails({ tool, progress }: { tool: Tool; progress: string | null }) {
  const { trans, openPath } = useUi();
  const input = inputText(tool.call.input);
  const metadata = tool.result?.metadata ?? {};
  const diff = typeof metadata['diff'] === 'string' ? metadata['diff'] : null;
  const path = typeof metadata['path'] === 'string' ? metadata['path'] : null;
  const output = tool.result?.content ?? progress ?? '';
  return (
    <div className="jcr-Tool-details">
      {diff !== null ? (
        <Diff diff={diff} />
      ) : (
        <Labelled label={trans.__('Input')} text={input.text || tool.call.text || ''} />
      )}
      {(diff === null || tool.result?.is_error) && <Labelled label={trans.__('Output')} text={output} />}
      {path && (
        <button className="jcr-LinkButton" onClick={() => openPath(path)}>
          {trans.__('Open %1', path)}
        </button>
      )}
    </div>
  );
}

function Labelled({ label, text }: { label: string; text: string }) {
  if (!text) {
    return null;
  }
  return (
    <>
      <div className="jcr-Label">{label}</div>
      <pre className="jcr-Code" tabIndex={0} aria-label={label}>
        {visible(text)}
      </pre>
    </>
  );
}

/** Several reads in a row. */
export const Reads = memo(function Reads({ tools }: { tools: readonly Tool[] }) {
  const { trans } = useUi();
  const [isOpen, setOpen] = useState(false);
  const names = tools.map(target).filter(Boolean);
  const count = tools.length;
  const verb = tools.every(isFileRead)
    ? trans._n('Read %1 file', 'Read %1 files', count)
    : trans._n('Looked at %1 thing', 'Looked at %1 things', count);
  const sum = tools.reduce((ms, tool) => ms + (toolLine(tool, trans).durationMs ?? 0), 0);
  return (
    <div className="jcr-Reads">
      <button className="jcr-Line" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
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
