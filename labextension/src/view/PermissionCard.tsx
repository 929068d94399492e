/**
 * Permission that a tool asks for. It shows exactly what will happen, to its end: Allow waits until the end was on screen, and no
 * single key presses it.
 */
import { useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { PermissionAction, PermissionRequest } from '../wire';
import { visible } from '../lib/visible';
import { Card, useEndSeen, useSettled } from './Card';
import { Diff } from './Diff';
import { FoldedCode, TextSize } from './Folded';
import { useTrans } from './trans';

interface PermissionCardProps {
  readonly request: PermissionRequest;
  readonly waiting: number;
  /** Who is asked, where it is not who looks. */
  readonly waitsFor: string | null;
  /** Whether the answer arrived. */
  readonly onAnswer: (action: PermissionAction, message: string | null) => Promise<boolean>;
}

const CHORD = /Mac|iP/.test(globalThis.navigator?.platform ?? '') ? '⌘⏎' : 'Ctrl+⏎';

export function PermissionCard({ request, waiting, waitsFor, onAnswer }: PermissionCardProps) {
  const trans = useTrans();
  const [isSent, setSent] = useState(false);
  const [end, isSeen] = useEndSeen();
  const isOpen = useSettled();
  const canAllow = isOpen && isSeen;
  const answer = (action: PermissionAction): void => {
    if (waitsFor === null && !isSent && (action === 'deny' ? isOpen : canAllow)) {
      setSent(true);
      void onAnswer(action, null).then(setSent);
    }
  };
  const onKey = (event: KeyboardEvent): boolean => {
    const isChord = event.ctrlKey || event.metaKey;
    if (event.key === 'Escape' && !isChord) {
      answer('deny');
    } else if (event.key === 'Enter' && isChord) {
      answer('allow');
    } else {
      return false;
    }
    return true;
  };
  // What was pressed keeps the focus while the answer is on its way: a disabled button would lose it.
  const usable = (can: boolean) => ({ disabled: !can, 'aria-disabled': isSent || undefined });
  return (
    <Card title={titleOf(request, trans)} waiting={waiting} onKey={onKey}>
      <div className="jcr-Card-shown" tabIndex={0} role="group" aria-label={trans.__('What would happen')}>
        <About request={request} />
        <RequestDetails request={request} />
        {request.scope && waitsFor === null && (
          <div className="jcr-Card-scope">{trans.__('“Allow for session” covers: %1', visible(request.scope))}</div>
        )}
        <div ref={end} className="jcr-Card-end" />
      </div>
      {waitsFor !== null ? (
        <div className="jcr-Card-waits">{waitsFor}</div>
      ) : (
        <div className="jcr-Card-actions">
          <button className="jcr-Button jcr-mod-accept" {...usable(canAllow)} onClick={() => answer('allow')}>
            {isSeen ? (
              <>
                {trans.__('Allow')} <kbd>{CHORD}</kbd>
              </>
            ) : (
              trans.__('Scroll to the end to allow')
            )}
          </button>
          {request.scope && (
            <button
              className="jcr-Button"
              {...usable(canAllow)}
              title={visible(request.scope)}
              onClick={() => answer('allow_session')}
            >
              {trans.__('Allow for session')}
            </button>
          )}
          <button className="jcr-Button jcr-Card-deny" {...usable(isOpen)} onClick={() => answer('deny')}>
            {trans.__('Deny')} <kbd>Esc</kbd>
          </button>
        </div>
      )}
    </Card>
  );
}

function titleOf(request: PermissionRequest, trans: ReturnType<typeof useTrans>): string {
  switch (request.action) {
    case 'edit':
      return request.path ? trans.__('Change %1?', visible(request.path)) : trans.__('Make this change?');
    case 'execute':
      return trans.__('Run this in your kernel?');
    case 'shell':
      return trans.__('Run this command?');
    case 'read':
      if (isForeign(request)) {
        return trans.__('Allow %1?', visible(request.tool_name));
      }
      return request.path ? trans.__('Read %1?', visible(request.path)) : trans.__('Read this?');
    default:
      return trans.__('Allow %1?', visible(request.tool_name));
  }
}

/** Whether the tool comes from another package, whose words the request then has. */
function isForeign(request: PermissionRequest): boolean {
  return (request.origin ?? 'builtin') !== 'builtin';
}

/** The server's words, and the agent's: those are attributed, for nobody has checked them. */
function About({ request }: { request: PermissionRequest }) {
  const trans = useTrans();
  return (
    <div className="jcr-Card-text">
      {isForeign(request) && (
        <div className="jcr-Card-from">
          {trans.__('With the tool %1 from %2', visible(request.tool_name), visible(request.origin ?? ''))}
        </div>
      )}
      {request.description && <div>{visible(request.description)}</div>}
      {request.says && (
        <div>
          {trans.__('The agent says:')} <q>{visible(request.says)}</q>
        </div>
      )}
    </div>
  );
}

/** Nothing is cut: what will happen stands in full and scrolls, and all else that was asked for is a click away. */
function RequestDetails({ request }: { request: PermissionRequest }) {
  const trans = useTrans();
  const { main, brief, rest } = sortParams(request.params);
  return (
    <>
      {main.map(([name, value]) =>
        name === 'diff' ? (
          <div key={name}>
            <TextSize text={value} />
            <Diff diff={value} />
          </div>
        ) : (
          <FoldedCode key={name} label={name} text={value} />
        )
      )}
      {brief.length > 0 && (
        <dl className="jcr-Card-brief">
          {brief.map(([name, value]) => (
            <div key={name}>
              <dt>{visible(name)}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {rest.length > 0 && (
        <details className="jcr-Card-rest">
          <summary>{trans.__('All parameters')}</summary>
          <pre className="jcr-Code" tabIndex={0}>
            {visible(JSON.stringify(Object.fromEntries(rest), null, 2))}
          </pre>
        </details>
      )}
    </>
  );
}

interface SortedParams {
  /** In the form in which they are to be seen. */
  main: [string, string][];
  brief: [string, string][];
  rest: [string, unknown][];
}

const MAIN = new Set(['diff', 'command', 'code', 'source', 'content']);
/** In the title, or in the diff; or the forms of the others. */
const SAID = new Set(['path', 'additions', 'deletions']);
const BRIEF_LENGTH = 60;

/** The server's own form of a text is drawn where there is one. */
function sortParams(params: PermissionRequest['params']): SortedParams {
  const parts: SortedParams = { main: [], brief: [], rest: [] };
  const { visible: spelled, ...exact } = params;
  const forms = (spelled ?? {}) as Record<string, string>;
  for (const [name, value] of Object.entries(exact)) {
    const text = forms[name] ?? visible(typeof value === 'string' ? value : String(value));
    if (MAIN.has(name) && typeof value === 'string') {
      parts.main.push([name, text]);
    } else if (value === null || value === '' || (SAID.has(name) && params['diff'] !== undefined)) {
      continue;
    } else if (typeof value !== 'object' && text.length <= BRIEF_LENGTH && !text.includes('\n')) {
      parts.brief.push([name, text]);
    } else {
      parts.rest.push([name, forms[name] ?? value]);
    }
  }
  return parts;
}
