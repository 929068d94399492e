/** Leave that a tool asks for. It shows exactly what will happen, and takes Enter, S and Escape. */
import { useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { PermissionAction, PermissionRequest } from '../wire';
import { visible } from '../visible';
import { Card } from './Card';
import { Diff } from './Diff';
import { useUi } from './ui';

interface PermissionCardProps {
  readonly request: PermissionRequest;
  readonly waiting: number;
  /** Whether the answer arrived. */
  readonly onAnswer: (action: PermissionAction, message: string | null) => Promise<boolean>;
}

/** What Enter does. */
const ACCENT = 'jcr-mod-accept';

export function PermissionCard({ request, waiting, onAnswer }: PermissionCardProps) {
  const { trans } = useUi();
  const [isSent, setSent] = useState(false);
  const [reason, setReason] = useState<string | null>(null);
  const isReasoned = reason !== null;
  const answer = (action: PermissionAction): void => {
    if (!isSent) {
      setSent(true);
      const message = action === 'deny' ? reason?.trim() || null : null;
      void onAnswer(action, message).then(setSent);
    }
  };
  const onKey = (event: KeyboardEvent): boolean => {
    const isReason = event.target instanceof HTMLInputElement;
    if (event.key === 'Escape' || (event.key === 'Enter' && isReason)) {
      answer('deny');
    } else if (event.key === 'Enter' && !(event.target instanceof HTMLButtonElement)) {
      answer('allow');
    } else if (event.key.toLowerCase() === 's' && request.scope && !isReason) {
      answer('allow_session');
    } else {
      return false;
    }
    return true;
  };
  return (
    <Card id={request.id} title={titleOf(request, trans)} waiting={waiting} onKey={onKey}>
      {request.description && <div className="jcr-Card-text">{visible(request.description)}</div>}
      {request.says && <div className="jcr-Card-text">{trans.__('The agent says: “%1”', visible(request.says))}</div>}
      <Shown request={request} />
      {isReasoned && (
        <input
          className="jcr-Card-reason"
          autoFocus
          value={reason}
          maxLength={4000}
          placeholder={trans.__('Say what to do instead; Enter denies')}
          aria-label={trans.__('Reason')}
          onChange={event => setReason(event.target.value)}
        />
      )}
      <div className="jcr-Card-actions">
        <button className={`jcr-Button ${isReasoned ? '' : ACCENT}`} disabled={isSent} onClick={() => answer('allow')}>
          {trans.__('Allow')} {!isReasoned && <kbd>⏎</kbd>}
        </button>
        {request.scope && (
          <button
            className="jcr-Button"
            disabled={isSent}
            title={request.scope}
            onClick={() => answer('allow_session')}
          >
            {trans.__('Allow for session')} <kbd>S</kbd>
          </button>
        )}
        <button className={`jcr-Button ${isReasoned ? ACCENT : ''}`} disabled={isSent} onClick={() => answer('deny')}>
          {trans.__('Deny')} <kbd>{isReasoned ? '⏎' : 'Esc'}</kbd>
        </button>
        {!isReasoned && (
          <button className="jcr-LinkButton" disabled={isSent} onClick={() => setReason('')}>
            {trans.__('Deny, and say why')}
          </button>
        )}
      </div>
      {request.scope && <div className="jcr-Card-scope">{trans.__('For the session: %1', visible(request.scope))}</div>}
    </Card>
  );
}

function titleOf(request: PermissionRequest, trans: ReturnType<typeof useUi>['trans']): string {
  switch (request.action) {
    case 'edit':
      return request.path ? trans.__('Change %1?', visible(request.path)) : trans.__('Make this change?');
    case 'execute':
      return trans.__('Run this in your kernel?');
    case 'shell':
      return trans.__('Run this command?');
    case 'read':
      return request.path ? trans.__('Read %1?', visible(request.path)) : trans.__('Read this?');
    default:
      return trans.__('Allow %1?', visible(request.tool_name));
  }
}

/** Nothing is cut: what will happen stands in full and scrolls, and all else that was asked for is a click away. */
function Shown({ request }: { request: PermissionRequest }) {
  const { trans } = useUi();
  const { main, brief, rest } = sorted(request.params);
  return (
    <div className="jcr-Card-shown">
      {main.map(([name, value]) =>
        name === 'diff' ? (
          <Diff key={name} diff={value} />
        ) : (
          <pre key={name} className="jcr-Code" tabIndex={0} aria-label={name}>
            {visible(value)}
          </pre>
        )
      )}
      {brief.length > 0 && (
        <dl className="jcr-Card-brief">
          {brief.map(([name, value]) => (
            <div key={name}>
              <dt>{visible(name)}</dt>
              <dd>{visible(value)}</dd>
            </div>
          ))}
        </dl>
      )}
      {rest.length > 0 && (
        <details className="jcr-Card-rest">
          <summary>{trans.__('All that was asked for')}</summary>
          <pre className="jcr-Code" tabIndex={0}>
            {visible(JSON.stringify(Object.fromEntries(rest), null, 2))}
          </pre>
        </details>
      )}
    </div>
  );
}

interface Sorted {
  main: [string, string][];
  brief: [string, string][];
  rest: [string, unknown][];
}

const MAIN = new Set(['diff', 'command', 'code', 'source', 'content', 'input']);
/** In the title, or in the diff. */
const SAID = new Set(['path', 'additions', 'deletions']);
const BRIEF_LENGTH = 60;

function sorted(params: PermissionRequest['params']): Sorted {
  const parts: Sorted = { main: [], brief: [], rest: [] };
  const forms = (params['visible'] ?? {}) as Record<string, string>;
  for (const [name, exact] of Object.entries(params)) {
    if (name === 'visible') {
      continue;
    }
    const value = forms[name] ?? exact;
    const text = typeof value === 'string' ? value : String(value);
    if (MAIN.has(name) && typeof value === 'string') {
      parts.main.push([name, value]);
    } else if (value === null || value === '' || (SAID.has(name) && params['diff'] !== undefined)) {
      continue;
    } else if (typeof value !== 'object' && text.length <= BRIEF_LENGTH && !text.includes('\n')) {
      parts.brief.push([name, text]);
    } else {
      parts.rest.push([name, value]);
    }
  }
  return parts;
}
