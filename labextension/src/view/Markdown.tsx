/** Text of the model, rendered as it grows. */
import { memo, useEffect, useLayoutEffect, useRef } from 'react';
import { MarkdownView } from '../markdown/view';
import { useUi } from './ui';

export const Markdown = memo(function Markdown({ source }: { source: string }) {
  const { rendermime, trans } = useUi();
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<MarkdownView | null>(null);
  // Before React takes the host out of the page: widgets are detached from where they stand.
  useLayoutEffect(() => {
    if (host.current) {
      const created = new MarkdownView(host.current, rendermime, trans);
      view.current = created;
      return () => created.dispose();
    }
    return undefined;
  }, [rendermime, trans]);
  useEffect(() => view.current?.update(source), [source, rendermime, trans]);
  return <div className="jcr-Markdown" ref={host} />;
});
