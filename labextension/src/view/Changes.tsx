/** What the agent changed in a turn or in the session, file by file and cell by cell; each can be kept or reverted. */
import { closeIcon } from '@jupyterlab/ui-components';
import { useEffect, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import type { Changes } from '../review/changes';
import { ChangedFileView } from './ChangedFile';
import { filesChanged } from './ChangesLine';
import { Counts } from './Counts';
import { Decision } from './Decision';
import { useUi } from './ui';

interface ChangesViewProps {
  readonly changes: Changes;
  /** What is looked at: a run's, or the session's (null). */
  readonly runId: string | null;
}

export function ChangesView({ changes, runId }: ChangesViewProps) {
  const { trans } = useUi();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    heading.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) {
        before.focus();
      }
    };
  }, []);
  const files = changes.shown;
  useEffect(() => {
    if (document.activeElement === document.body) {
      heading.current?.focus(); // the button that had the focus went with what it was about
    }
  }, [files]);
  const totals = { files: files.length, additions: sum(files, 'additions'), deletions: sum(files, 'deletions') };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      changes.hide();
    }
  };
  return (
    <section className="jcr-Changes" aria-label={trans.__('Changes')} onKeyDown={onKeyDown}>
      <div className="jcr-Changes-head">
        <h2 ref={heading} tabIndex={-1}>
          {runId === null ? trans.__('Changes in this session') : trans.__('Changes of this turn')}
        </h2>
        {runId !== null && (
          <button className="jcr-LinkButton" onClick={() => changes.show(null)}>
            {trans.__('Whole session')}
          </button>
        )}
        <button className="jcr-IconButton" title={trans.__('Back to the conversation')} onClick={() => changes.hide()}>
          <closeIcon.react tag="span" className="jcr-Icon" />
        </button>
      </div>
      {files.length === 0 ? (
        <p className="jcr-Changes-none">{trans.__('Nothing to review: everything was kept or reverted.')}</p>
      ) : (
        <>
          <div className="jcr-Changes-all">
            <span>{filesChanged(totals, trans)}</span>
            <Counts {...totals} />
            <Decision scope={runId === null ? {} : { run_id: runId }} what={trans.__('all')} isAll />
          </div>
          <ul className="jcr-Changes-files">
            {files.map(file => (
              <ChangedFileView key={file.path} file={file} runId={runId} />
            ))}
          </ul>
          <p className="jcr-Changes-note">
            {trans.__('Files written by commands and running code are not listed here.')}
          </p>
        </>
      )}
    </section>
  );
}

function sum<K extends string>(files: readonly Record<K, number>[], key: K): number {
  return files.reduce((all, file) => all + file[key], 0);
}
