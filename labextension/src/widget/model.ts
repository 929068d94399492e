/** The model of an anywidget, as far as the chat uses it: the traits of the Python side, and its comm. */
export interface WidgetModel {
  get(name: 'session_id' | 'workspace_id' | 'title'): string;
  get(name: 'transcript'): unknown[];
  on(name: string, callback: (content: never) => void): void;
  off(name: string, callback: (content: never) => void): void;
  send(content: object): void;
}
