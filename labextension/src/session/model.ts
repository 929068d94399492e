/**
 * What the panel knows, and how an event changes it. Pure: no fetch, no clock, no React.
 *
 * Facts are numbered (`<epoch>:<seq>`), so a fact that was applied once is skipped when a reconnect repeats it, and a fact that a
 * snapshot covers is skipped for that snapshot's session. Deltas have no number; their offset makes them idempotent. A type
 * that is not known here is ignored: a newer server may say more.
 */
import { applyDelta, applyFact, fromSnapshot, prepend, removeMessage } from './messages';
import type { Transcript } from './messages';
import type { AgentEvent, CrushEvent, FileChange, PermissionRequest, QuestionRequest, Run, RunComplete } from '../wire';
import type { PermissionNotification, QuestionNotification, Session, Snapshot, ToolProgress } from '../wire';

type CrushEventOf<T extends CrushEvent['type']> = Extract<CrushEvent, { type: T }>;

/** One event of the stream, with its SSE id where it is a fact. */
export interface Arrival {
  readonly id: string | null;
  readonly data: CrushEvent;
}

/** What waits for a person: permission for a tool, or a question. */
export type PendingRequest = PermissionRequest | QuestionRequest;
export type Settled = PermissionNotification | QuestionNotification;

/** A session that was opened: its messages, and the cursor up to which its snapshot covers them. */
export interface Opened {
  readonly transcript: Transcript;
  readonly floor: string;
  readonly hasEarlier: boolean;
}

export interface View {
  /** The last fact applied. */
  readonly cursor: string | null;
  readonly sessions: Readonly<Record<string, Session>>;
  readonly opened: Readonly<Record<string, Opened>>;
  readonly runs: Readonly<Record<string, Run>>;
  /** What waits for a person, by its id. */
  readonly pending: Readonly<Record<string, PendingRequest>>;
  /** By session: how the last of these was settled. */
  readonly settled: Readonly<Record<string, Settled>>;
  /** By tool call: the end of what it printed so far. */
  readonly progress: Readonly<Record<string, ToolProgress>>;
  /** By session: what the agent says about its turn (a retry, a failure), until the turn goes on or ends. */
  readonly notices: Readonly<Record<string, AgentEvent>>;
  readonly files: Readonly<Record<string, readonly FileChange[]>>;
  /** Everything must be fetched anew. */
  readonly stale: boolean;
  /** Counts changes of the server's configuration. */
  readonly configVersion: number;
}

export const NOTHING: View = {
  cursor: null,
  sessions: {},
  opened: {},
  runs: {},
  pending: {},
  settled: {},
  progress: {},
  notices: {},
  files: {},
  stale: false,
  configVersion: 0
};

export function reduce(view: View, { id, data }: Arrival): View {
  if (id !== null && isCovered(id, view.cursor)) {
    return view;
  }
  const next = applyEvent(view, id, data);
  return id === null || next.cursor === id ? next : { ...next, cursor: id };
}

/** Whether fact `id` is at or before `cursor`. Another epoch's fact is not. */
export function isCovered(id: string, cursor: string | null): boolean {
  if (cursor === null) {
    return false;
  }
  const [epoch, seq] = split(id);
  const [otherEpoch, otherSeq] = split(cursor);
  return epoch === otherEpoch && seq <= otherSeq;
}

export function applySnapshot(view: View, sessionId: string, snapshot: Snapshot, hasEarlier: boolean): View {
  const early = view.opened[sessionId]?.transcript.early ?? [];
  const transcript = fromSnapshot(snapshot.messages, snapshot.drafts, early);
  return { ...view, opened: put(view.opened, sessionId, { transcript, floor: snapshot.cursor, hasEarlier }) };
}

export function applyEarlier(view: View, sessionId: string, snapshot: Snapshot, hasEarlier: boolean): View {
  const opened = view.opened[sessionId];
  if (!opened) {
    return view;
  }
  const transcript = prepend(opened.transcript, snapshot.messages);
  const isMore = transcript.messages.length > opened.transcript.messages.length;
  return { ...view, opened: put(view.opened, sessionId, { ...opened, transcript, hasEarlier: hasEarlier && isMore }) };
}

/** What GET answered: it replaces all there was of the kind. */
export function applyLists(view: View, lists: { sessions: Session[]; asked: PendingRequest[] }): View {
  return {
    ...view,
    stale: false,
    sessions: Object.fromEntries(lists.sessions.map(session => [session.id, session])),
    pending: Object.fromEntries(lists.asked.map(request => [request.id, request]))
  };
}

/** The queue of a session as GET answered it: runs of that session that are not in it are not queued any more. */
export function applyQueue(view: View, sessionId: string, queue: Run[]): View {
  const others = Object.entries(view.runs).filter(([, run]) => run.session_id !== sessionId);
  return { ...view, runs: Object.fromEntries([...others, ...queue.map(run => [run.run_id, run] as const)]) };
}

function applyEvent(view: View, id: string | null, event: CrushEvent): View {
  switch (event.type) {
    case 'message':
    case 'message_delta':
      return applyToTranscript(view, id, event);
    case 'tool_progress':
      return applyProgress(view, event.payload.payload);
    case 'session':
      return applySession(view, event.payload);
    case 'run':
      return applyRun(view, event.payload.payload);
    case 'run_complete':
      return applyEnd(view, event.payload.payload);
    case 'agent_event':
      return { ...view, notices: put(view.notices, event.payload.payload.session_id, event.payload.payload) };
    case 'permission_request':
    case 'question_request':
      return applyRequest(view, event.payload.payload);
    case 'permission_notification':
    case 'question_notification':
      return settle(view, event.payload.payload);
    case 'file':
      return applyFile(view, event.payload.payload);
    case 'config_changed':
      return { ...view, configVersion: view.configVersion + 1 };
    case 'resync':
      return { ...view, stale: true };
    default:
      return view;
  }
}

function applyToTranscript(view: View, id: string | null, event: CrushEventOf<'message' | 'message_delta'>): View {
  const sessionId = event.payload.payload.session_id;
  const opened = view.opened[sessionId];
  if (!opened || (id !== null && isCovered(id, opened.floor))) {
    return view;
  }
  const transcript = toTranscript(opened.transcript, event);
  const notices = event.type === 'message_delta' ? drop(view.notices, sessionId) : view.notices;
  if (transcript === opened.transcript && notices === view.notices) {
    return view;
  }
  return { ...view, notices, opened: put(view.opened, sessionId, { ...opened, transcript }) };
}

function toTranscript(transcript: Transcript, event: CrushEventOf<'message' | 'message_delta'>): Transcript {
  if (event.type === 'message_delta') {
    return applyDelta(transcript, event.payload.payload);
  }
  const { type, payload } = event.payload;
  return type === 'deleted' ? removeMessage(transcript, payload.id) : applyFact(transcript, payload);
}

function applyProgress(view: View, progress: ToolProgress): View {
  return { ...view, progress: put(view.progress, progress.tool_call_id, progress) };
}

function applySession(view: View, { type, payload }: CrushEventOf<'session'>['payload']): View {
  if (type !== 'deleted') {
    return { ...view, sessions: put(view.sessions, payload.id, payload) };
  }
  const runs = Object.fromEntries(Object.entries(view.runs).filter(([, run]) => run.session_id !== payload.id));
  return { ...view, runs, sessions: drop(view.sessions, payload.id), opened: drop(view.opened, payload.id) };
}

function applyRun(view: View, run: Run): View {
  const begins = run.state === 'queued' || run.state === 'active';
  const ended = view.runs[run.run_id]?.ended_at;
  if (begins && ended != null) {
    return view;
  }
  const isNew = run.state === 'active';
  const notices = isNew ? drop(view.notices, run.session_id) : view.notices;
  const settled = isNew ? drop(view.settled, run.session_id) : view.settled;
  return { ...view, notices, settled, runs: put(view.runs, run.run_id, run) };
}

function applyEnd(view: View, end: RunComplete): View {
  const run = view.runs[end.run_id];
  const notice = view.notices[end.session_id];
  const notices = notice?.type === 'retry' ? drop(view.notices, end.session_id) : view.notices;
  const progress = Object.fromEntries(Object.entries(view.progress).filter(([, one]) => one.run_id !== end.run_id));
  if (!run) {
    return { ...view, notices, progress };
  }
  const { state, message_id, error, reason, cancelled, folded_into, usage } = end;
  const ended = { ...run, state, message_id, error, reason, cancelled, folded_into, usage };
  return { ...view, notices, progress, runs: put(view.runs, end.run_id, ended) };
}

function applyRequest(view: View, request: PendingRequest): View {
  if (request.state !== 'pending') {
    return { ...view, pending: drop(view.pending, request.id) };
  }
  return { ...view, pending: put(view.pending, request.id, request), settled: drop(view.settled, request.session_id) };
}

function settle(view: View, end: Settled): View {
  const settled = put(view.settled, end.session_id, end);
  return { ...view, settled, pending: drop(view.pending, end.id) };
}

function applyFile(view: View, change: FileChange): View {
  const others = (view.files[change.session_id] ?? []).filter(file => file.path !== change.path);
  return { ...view, files: put(view.files, change.session_id, [...others, change]) };
}

function split(id: string): [string, number] {
  const colon = id.lastIndexOf(':');
  return [id.slice(0, colon), Number(id.slice(colon + 1))];
}

function put<T>(record: Readonly<Record<string, T>>, key: string, value: T): Readonly<Record<string, T>> {
  return { ...record, [key]: value };
}

function drop<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  if (!(key in record)) {
    return record;
  }
  return Object.fromEntries(Object.entries(record).filter(([other]) => other !== key));
}
