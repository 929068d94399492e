/** What a tab and the one holder of the browser's stream say to each other. */
import type { Frame } from './sse';

/** What a tab asks for: the stream at `url`, with `headers` beside its own. */
export interface Attach {
  readonly type: 'attach';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type FromTab = Attach | { readonly type: 'ping' } | { readonly type: 'bye' };

/**
 * `live`: connected. `fresh` says that events may have been missed, so everything must be fetched anew.
 * `waiting`: not connected, tries again by itself. `refused`: the server does not let us (401, 403); tries again slowly.
 * `gone`: there is no such workspace (404); the tab opens it again and attaches anew.
 */
export type StreamState =
  | { readonly type: 'state'; readonly state: 'connecting' | 'waiting' | 'refused' | 'gone' }
  | { readonly type: 'state'; readonly state: 'live'; readonly fresh: boolean };

/** `unknown` answers a ping of a tab that was given up: it attaches again. */
export type FromHolder =
  StreamState | { readonly type: 'frames'; readonly frames: Frame[] } | { readonly type: 'unknown' };

export interface Port {
  post(message: FromHolder): void;
}

export const PING_MS = 20_000;
/** Hidden tabs may run a timer only once a minute. */
export const SILENCE_MS = 150_000;
