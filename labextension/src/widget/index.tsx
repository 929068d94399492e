/**
 * The chat in a cell as an anywidget's module. Text of models, tools and files is hostile: it becomes text in nodes, nothing is ever
 * parsed as HTML, no address becomes a link, an image or a request. Opening a notebook runs nothing: the view shows the last
 * state, and only looks whether there is somebody to attach to.
 */
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { ChatView } from './ChatView';
import type { WidgetModel } from './model';

export { visible } from '../lib/visible';
export { markdown } from '../markdown/nodes';
export { SessionView } from './view';

export default {
  render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
    const root = createRoot(el);
    root.render(createElement(ChatView, { model }));
    return () => root.unmount();
  }
};
