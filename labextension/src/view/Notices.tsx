/** What needs a word: a failure, a retry, a deletion that can be undone, how a question was settled elsewhere. */
import { closeIcon } from '@jupyterlab/ui-components';
import type { ReactNode } from 'react';
import { useUi } from './ui';

interface NoticeProps {
  readonly kind: 'error' | 'quiet';
  readonly children: ReactNode;
  readonly action?: { readonly name: string; readonly onClick: () => void } | undefined;
  readonly onDismiss?: () => void;
}

export function Notice({ kind, children, action, onDismiss }: NoticeProps) {
  const { trans } = useUi();
  return (
    <div className={`jcr-Notice jcr-mod-${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      <span className="jcr-Notice-text">{children}</span>
      {action && (
        <button className="jcr-LinkButton" onClick={action.onClick}>
          {action.name}
        </button>
      )}
      {onDismiss && (
        <button className="jcr-IconButton" title={trans.__('Dismiss')} onClick={onDismiss}>
          <closeIcon.react tag="span" className="jcr-Icon" />
        </button>
      )}
    </div>
  );
}
