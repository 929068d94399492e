// GENERATED from jupyter_crush/wire by labextension/generate_wire.py. Do not edit: change the Python and run it again.
/* eslint-disable */

/** A JSON object of a foreign shape: a tool's input as the model wrote it. */
export type JsonObject = { [key: string]: unknown };

export const PROTOCOL = 1;

export type Role = 'user' | 'assistant' | 'tool';

export type RunState = 'queued' | 'active' | 'done' | 'error' | 'cancelled' | 'interrupted';

export type RunMode = 'queue' | 'steer';

export type RunKind = 'prompt' | 'summary';

export type PermissionMode = 'ask' | 'accept-edits' | 'plan' | 'auto';

export type PermissionAction = 'allow' | 'allow_session' | 'deny';

export type FinishReason = 'end_turn' | 'max_tokens' | 'tool_use' | 'canceled' | 'error' | 'refusal' | 'interrupted' | 'loop' | 'budget';

export type Origin = 'panel' | 'widget' | 'kernel' | 'terminal' | 'command' | 'api' | 'agent' | 'schedule';

export type ChangeType = 'created' | 'updated' | 'deleted';

/** Tokens of one run or one session, as the model's API counts them, and their price where it is known. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  /** How much of the context window the last request filled. */
  context_tokens: number;
  cost_usd: number | null;
}

export interface Text {
  type: 'text';
  text: string;
}

/**
 * The model's thinking. `signature` and `redacted` are kept verbatim: the API wants them back
 * unchanged.
 */
export interface Reasoning {
  type: 'reasoning';
  text: string;
  signature: string | null;
  redacted: string | null;
}

/** A call the model asked for. `input` is complete, and valid JSON, once `finished`. */
export interface ToolCall {
  type: 'tool_call';
  id: string;
  name: string;
  input: JsonObject;
  finished: boolean;
  /**
   * What the tool does: read, talk, edit, execute, or shell. null: there is no such tool, or an older
   * server wrote it.
   */
  kind: string | null;
  /** Where the tool comes from: `builtin`, or the name of what added it. null: as for `kind`. */
  origin: string | null;
}

/**
 * The one result of one call. `content` is what the model reads; `metadata` is for people (a diff,
 * counts).
 */
export interface ToolResult {
  type: 'tool_result';
  tool_call_id: string;
  name: string;
  content: string;
  is_error: boolean;
  metadata: JsonObject;
  /** As in its call. */
  kind: string | null;
}

/** A picture, base64. `tool_call_id` says which result it belongs to. */
export interface Image {
  type: 'image';
  mime_type: string;
  content: string;
  name: string | null;
  tool_call_id: string | null;
}

/**
 * Text that a person attached to a prompt: a file, a cell, a selection. Shown as a chip, read whole by
 * the model.
 */
export interface Context {
  type: 'context';
  label: string;
  text: string;
  path: string | null;
}

/** Why an assistant message ended; always its last part, and always there. */
export interface Finish {
  type: 'finish';
  reason: FinishReason;
  message: string | null;
  details: string | null;
}

export interface Message {
  id: string;
  session_id: string;
  run_id: string;
  /** Monotonic in the session. */
  seq: number;
  role: Role;
  parts: Part[];
  model: string | null;
  provider: string | null;
  author: string | null;
  created_at: number;
  updated_at: number;
  /** It stands for everything before it: the model reads no more of that. */
  is_summary: boolean;
  /**
   * False: shown to people and not sent to the model again (a prompt cancelled before it started, a
   * summary that failed).
   */
  in_context: boolean;
}

export interface Session {
  id: string;
  title: string;
  model: string | null;
  /** null: the workspace's default. */
  permission_mode: PermissionMode | null;
  /** Who chose the mode, and `mode_from` where. */
  mode_by: string | null;
  mode_from: Origin | null;
  /** The name to show. */
  author: string | null;
  /**
   * The username behind it; the session is theirs to delete. null: it was made before usernames were
   * kept.
   */
  author_id: string | null;
  created_at: number;
  updated_at: number;
  /** It is erased a while later (`retention.undo`), unless it is brought back before. */
  deleted_at: number | null;
  /** The session whose runs start runs here. null: it is nobody's; people and programs prompt in it. */
  parent: string | null;
  /** Those that prompts brought along and tools worked in, the last one first. */
  notebooks: string[];
  usage: Usage;
  message_count: number;
  is_busy: boolean;
  queued: number;
  /** The ids of the runs that wait, in the order in which they will be worked on. */
  queue: string[];
  attached_clients: number;
}

/**
 * One accepted prompt, or one summary of what was said. It ends exactly once: `state` is one of
 * TERMINAL then, and stays.
 */
export interface Run {
  run_id: string;
  session_id: string;
  kind: RunKind;
  state: RunState;
  mode: RunMode;
  /**
   * Its first PROMPT_CHARS characters. All of it is in the user's message, and in `GET run` while it
   * waits.
   */
  prompt: string;
  /** `prompt` is not all of it. */
  is_shortened: boolean;
  /** Whose login it came with. From a `kernel` that is the server's owner, whoever started the kernel. */
  author: string | null;
  /** Who or what started it. null: the server itself, or an older one wrote it. */
  origin: Origin | null;
  /** The run that started this one, in the session's `parent`. It does not end before this one has. */
  parent: string | null;
  error: string | null;
  /** The error's snake_case code, or the finish reason of the last message. */
  reason: string | null;
  cancelled: boolean;
  cancelled_by: string | null;
  message_id: string | null;
  text: string | null;
  folded_into: string | null;
  permission_mode: PermissionMode | null;
  model: string | null;
  /** With that of the runs that it started; `context_tokens` are its own. */
  usage: Usage | null;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
}

export interface Workspace {
  id: string;
  path: string;
  created_at: number;
  clients: number;
  model: string | null;
  state: 'closing' | 'open' | 'opening';
}

/**
 * Leave that a tool asks for: exactly what will happen. `params` is what a person is shown (command,
 * diff, code).
 */
export interface PermissionRequest {
  id: string;
  session_id: string;
  run_id: string;
  tool_call_id: string;
  tool_name: string;
  /** The tool's kind: read, talk, edit, execute, or shell. */
  action: string;
  /** What would happen, in the server's own words. */
  description: string;
  /**
   * What the agent says about it: its words, nobody checked them. One line of at most 300 characters in
   * their visible form; clients attribute and quote it.
   */
  says: string | null;
  params: JsonObject;
  path: string | null;
  /** What `allow_session` would allow from now on, in words; null: it cannot be widened. */
  scope: string | null;
  created_at: number;
  state: 'allowed' | 'denied' | 'pending' | 'withdrawn';
  answered_by: string | null;
  answered_from: Origin | null;
  /**
   * Where the tool comes from, as in its call. What a tool that is not `builtin` says of a call is its
   * author's word.
   */
  origin: string | null;
}

/** A request is settled: answered, or withdrawn because its waiter is gone. Clients dismiss it. */
export interface PermissionNotification {
  id: string;
  session_id: string;
  granted: boolean;
  by: string | null;
  origin: Origin | null;
  withdrawn: boolean;
}

/** A standing permission of one session, keyed from the request it was given on. */
export interface Grant {
  id: string;
  session_id: string;
  tool_name: string;
  key: string;
  scope: string;
  created_by: string | null;
  origin: Origin | null;
  created_at: number;
}

/**
 * A file or notebook that the agent changed in a session. `version` counts its changes there; lines
 * are those of the run that changed it last.
 */
export interface FileChange {
  session_id: string;
  path: string;
  version: number;
  additions: number;
  deletions: number;
  run_id: string | null;
  /** In an event: the run that tells it made the file. */
  created: boolean;
}

export interface ErrorBody {
  message: string;
  reason: string;
  retryable: boolean;
}

export interface Health {
  status: 'ok';
  version: string;
  protocol: number;
}

export interface Cancelled {
  cancelled: string[];
}

export interface Resolved {
  resolved: boolean;
}

/** A session's messages, the texts in flight, and the cursor from which the stream completes them. */
export interface Snapshot {
  messages: Message[];
  drafts: Message[];
  cursor: string;
  has_more: boolean;
}

export interface ModelInfo {
  id: string;
  name: string;
  provider: string;
  is_demo: boolean;
  context_window: number | null;
}

/** A toolset or a provider of models that another package or the administrator added. */
export interface PluginStatus {
  /** Its entry point, or its dotted name in the configuration. */
  name: string;
  origin: string;
  provides: 'provider' | 'toolset';
  /** Names of its tools, as they were listed last. */
  tools: string[];
  /** Why it, or a part of it, cannot be used. */
  problem: string | null;
}

export interface AgentStatus {
  is_busy: boolean;
  is_ready: boolean;
  model: ModelInfo | null;
  models: ModelInfo[];
  /** Why it is not ready, and what to set. */
  reason: string | null;
  plugins: PluginStatus[];
}

/** What who asks may do here, and whom they would ask for the rest. */
export interface May {
  /**
   * Their own username, as in a session's `author_id`: with `prompt`, a session of theirs is theirs to
   * delete.
   */
  user: string | null;
  view: boolean;
  /** Direct the agent: prompts, cancels, sessions, reverts. */
  prompt: boolean;
  /** Answer permission requests, and choose a mode that asks less. */
  approve: boolean;
  /** Choose the model, or a mode that does not ask less. */
  configure: boolean;
  /** Delete sessions of others; one's own goes with `prompt`. */
  delete_any: boolean;
  /** Usernames of those who may prompt; empty: everybody, or nobody in particular. */
  prompters: string[];
  approvers: string[];
  /**
   * What the server takes the client for; `kernel` and `command` may prompt, and neither approve nor
   * configure.
   */
  origin: Origin;
}

/** What a client may see and choose. Never a secret. */
export interface ConfigView {
  model: string | null;
  models: ModelInfo[];
  permission_mode: PermissionMode;
  permission_modes: PermissionMode[];
  limits: { [key: string]: number };
  /** The same as `tools`, for clients that know only this name. */
  features: string[];
  demo: boolean;
  /** Names of the tools that the agent has here. */
  tools: string[];
  /** null: an older server, which says it only when it refuses. */
  may: May | null;
}

/**
 * A prompt of the workspace's own, offered as `/name`. `$ARGUMENTS` in it stands for what follows the
 * name.
 */
export interface PromptCommand {
  name: string;
  description: string;
  prompt: string;
}

export interface OpenWorkspace {
  path?: string | null;
  client_id?: string | null;
}

export interface CreateSession {
  title?: string | null;
}

/** Where the fork ends: with `message_id`, or `before` it; null: with the last message. */
export interface ForkSession {
  message_id?: string | null;
  before?: boolean;
}

export interface PatchSession {
  title?: string;
  model?: string | null;
  permission_mode?: PermissionMode | null;
}

/**
 * One of: `path` (a file of the workspace); `notebook` and optional `cell_ids` or `variables` (names
 * in its kernel); `text` with `label`; or `name`, `mime_type` and `content` (base64); `session`, of
 * which its summary and last answer are told.
 */
export interface Attachment {
  path?: string | null;
  name?: string | null;
  mime_type?: string | null;
  content?: string | null;
  notebook?: string | null;
  cell_ids?: string[] | null;
  variables?: string[] | null;
  text?: string | null;
  label?: string | null;
  session?: string | null;
}

export interface PromptRequest {
  session_id: string;
  prompt: string;
  run_id?: string | null;
  /** null: `queue` when the caller names a `run_id`, `steer` otherwise. */
  mode?: RunMode | null;
  attachments?: Attachment[];
  permission_mode?: PermissionMode | null;
}

/** An empty object. */
export interface CancelRequest {
}

/** `wishes`: what the summary is to look at, in a person's words. */
export interface SummarizeSession {
  wishes?: string;
}

/** What is left out stays as it is. */
export interface MovePrompt {
  before?: string | null;
  /** `steer`: it is heard at the running turn's next step. */
  mode?: RunMode;
}

export interface AnswerPermission {
  action: PermissionAction;
  message?: string | null;
}

/** Either `answers`, one for each question in their order, or `cancel`: no answer will come. */
export interface AnswerQuestion {
  answers?: QuestionAnswer[] | null;
  cancel?: boolean;
}

export interface PatchConfig {
  model?: string | null;
  permission_mode?: PermissionMode;
}

/**
 * Put a new cell after `after` (a cell id; null: at the top). The caller chooses `id`, so it is known
 * beforehand.
 */
export interface InsertCell {
  op: 'insert';
  id: string;
  cell_type: 'code' | 'markdown' | 'raw';
  source: string;
  after: string | null;
}

/** Write a cell's source anew. `expected` is the hash of the source that the caller saw. */
export interface ReplaceCell {
  op: 'replace';
  id: string;
  expected: string;
  source: string;
}

export interface DeleteCell {
  op: 'delete';
  id: string;
  expected: string;
}

export interface MoveCell {
  op: 'move';
  id: string;
  expected: string;
  after: string | null;
}

/**
 * What a real execution printed. `expected`: the source that ran; outputs never land beside other
 * code. `running`: more is to come.
 */
export interface SetOutputs {
  op: 'outputs';
  id: string;
  expected: string;
  outputs: JsonObject[];
  execution_count: number | null;
  running: boolean;
}

/** A document that a tab has open. `path` is relative to the server's root. */
export interface OpenDocument {
  path: string;
  type: 'file' | 'notebook';
  dirty?: boolean;
  focused?: boolean;
}

/**
 * All that one tab has open now. `client_id` is that of the stream that the tab listens to; tabs may
 * share it.
 */
export interface PutPresence {
  client_id: string;
  tab_id: string;
  documents: OpenDocument[];
}

/**
 * Something to do with an open document, for the one tab that is named. It claims the request before
 * it acts. `show`: put what a running cell has printed so far where people see it; the document stays
 * as clean or as unsaved as it was, and nothing is saved. `reload` is no request but a hint: the file
 * was written by somebody else; show it, if nothing is unsaved.
 */
export interface DocumentRequest {
  id: string;
  tab_id: string;
  path: string;
  action: 'edit' | 'read' | 'reload' | 'show' | 'write';
}

export interface ClaimDocument {
  tab_id: string;
}

/** What the tab that claimed a request has to do: all of it in one step, or nothing. */
export interface DocumentWork {
  edits: (InsertCell | ReplaceCell | DeleteCell | MoveCell | SetOutputs)[];
  text: string | null;
  /** SHA-256 (hex) of the text that `text` replaces. */
  expected: string | null;
}

export interface DocumentCell {
  id: string;
  cell_type: 'code' | 'markdown' | 'raw';
  source: string;
  execution_count?: number | null;
  outputs?: JsonObject[];
}

/** A notebook as a tab shows it now. */
export interface DocumentNotebook {
  cells: DocumentCell[];
  kernel_name?: string | null;
  language?: string | null;
  /** Whether the ids of cells are in the file: not before nbformat 4.5. */
  writes_ids?: boolean;
}

/**
 * How it went. With `ok` or `stale` comes the document as it is now; in every other case nothing was
 * changed.
 */
export interface AnswerDocument {
  tab_id: string;
  status: 'conflict' | 'failed' | 'gone' | 'ok' | 'stale' | 'unsaved';
  notebook?: DocumentNotebook | null;
  text?: string | null;
  message?: string | null;
}

export interface ListVariables {
  notebook: string;
}

/** A variable in short. `summary` is its type and size. */
export interface VariableInfo {
  name: string;
  kind: 'callable' | 'data' | 'module' | 'value';
  summary: string;
}

/**
 * A cell that the agent changed. `index` is its place now; null: it is not there. `diff` is of its
 * source, from what it was before the agent's first change to what it is now.
 */
export interface CellChange {
  cell_id: string;
  index: number | null;
  cell_type: 'code' | 'markdown' | 'raw';
  kind: 'added' | 'changed' | 'deleted' | 'moved';
  /**
   * How a front end that has the notebook open calls the cell, where its file has no ids; null: as
   * `cell_id` says.
   */
  shown_as: string | null;
  diff: string;
  additions: number;
  deletions: number;
  /** The agent ran it, and what it printed is not what stood there before. */
  outputs_changed: boolean;
  /** Somebody else changed it too: reverting wants `confirm`. */
  changed_since: boolean;
  run_ids: string[];
}

/**
 * A file or notebook as the agent has changed it: a text file with its diff, a notebook with its
 * cells.
 */
export interface ChangedFile {
  session_id: string;
  path: string;
  version: number;
  additions: number;
  deletions: number;
  run_id: string | null;
  created: boolean;
  type: 'file' | 'notebook';
  kind: 'changed' | 'created' | 'deleted';
  diff: string;
  cells: CellChange[];
  /** Somebody else changed it too: reverting wants `confirm`. */
  changed_since: boolean;
  undoable: boolean;
  /** Why it cannot be shown or undone. */
  problem: string | null;
  run_ids: string[];
}

/** The files that a keep, a revert or a rewind was about. */
export interface Reviewed {
  paths: string[];
}

/** The error of a revert that would lose what somebody else wrote: where. */
export interface ConflictBody {
  message: string;
  reason: string;
  retryable: boolean;
  changed: ChangedFile[];
}

/**
 * Which changes: of one cell of `path`, of one file, of one run, or, without any of these, of the
 * session.
 */
export interface KeepChanges {
  path?: string | null;
  cell_id?: string | null;
  run_id?: string | null;
}

export interface RevertChanges {
  path?: string | null;
  cell_id?: string | null;
  run_id?: string | null;
  /** Revert also what somebody else changed since. */
  confirm?: boolean;
}

/** Files and notebooks go back to what they were before the run of that message. */
export interface Rewind {
  message_id: string;
  confirm?: boolean;
}

export interface Choice {
  label: string;
  description: string | null;
}

export interface Question {
  text: string;
  choices: Choice[];
  multiple: boolean;
  free_text: boolean;
}

/**
 * The labels that were chosen, own words, or both. Neither is an answer only where several can be
 * chosen: none of them.
 */
export interface QuestionAnswer {
  choices: string[];
  text: string | null;
}

/**
 * Questions that wait for a person, and later how they were settled. `answers` are in the order of
 * `questions`.
 */
export interface QuestionRequest {
  id: string;
  session_id: string;
  run_id: string;
  tool_call_id: string;
  questions: Question[];
  created_at: number;
  state: 'answered' | 'cancelled' | 'pending' | 'withdrawn';
  answers: QuestionAnswer[];
  answered_by: string | null;
  answered_from: Origin | null;
}

/**
 * Questions are settled: answered, cancelled by somebody, or withdrawn because nobody waits any more.
 * Clients dismiss them.
 */
export interface QuestionNotification {
  id: string;
  session_id: string;
  answered: boolean;
  by: string | null;
  origin: Origin | null;
  withdrawn: boolean;
}

/** Text that goes on at `offset` (in code points) of part `part`. Idempotent; without an SSE id. */
export interface MessageDelta {
  message_id: string;
  session_id: string;
  part: number;
  offset: number;
  text: string;
  kind: 'reasoning' | 'text' | 'tool_call';
}

/** The end of what a running tool has printed so far. Ephemeral: the result holds what counts. */
export interface ToolProgress {
  session_id: string;
  run_id: string;
  tool_call_id: string;
  text: string;
}

/** The terminal of a run: exactly one for each, durable, the last event about it. */
export interface RunComplete {
  run_id: string;
  session_id: string;
  state: 'cancelled' | 'done' | 'error' | 'interrupted';
  message_id: string | null;
  text: string | null;
  error: string | null;
  reason: string | null;
  cancelled: boolean;
  folded_into: string | null;
  usage: Usage | null;
}

export interface AgentEvent {
  type: 'error' | 'notice' | 'retry';
  session_id: string;
  run_id: string | null;
  error: string | null;
  message: string;
  /** Until the next try, as the server planned it when it said so. */
  retry_in_ms: number | null;
}

export interface Client {
  client_id: string;
  session_id: string | null;
  streams: number;
}

export interface ConfigChanged {
  workspace_id: string;
  by: string | null;
  origin: Origin | null;
}

export interface Resync {
  reason: 'other_epoch' | 'too_old' | 'unknown';
}

/** What a message is made of. */
export type Part = Text | Reasoning | ToolCall | ToolResult | Image | Context | Finish;

/** The states in which a run has ended. */
export const TERMINAL: readonly RunState[] = ['done', 'error', 'cancelled', 'interrupted'];

/** The envelope of every event. */
export interface Envelope<T extends string, P> {
  type: T;
  payload: { type: ChangeType; payload: P };
}

/** One event of the stream. A `type` that is not here comes from a newer server: ignore it. */
export type CrushEvent =
  | Envelope<'message', Message>
  | Envelope<'message_delta', MessageDelta>
  | Envelope<'tool_progress', ToolProgress>
  | Envelope<'session', Session>
  | Envelope<'run', Run>
  | Envelope<'run_complete', RunComplete>
  | Envelope<'agent_event', AgentEvent>
  | Envelope<'permission_request', PermissionRequest>
  | Envelope<'permission_notification', PermissionNotification>
  | Envelope<'question_request', QuestionRequest>
  | Envelope<'question_notification', QuestionNotification>
  | Envelope<'file', FileChange>
  | Envelope<'notebook', DocumentRequest>
  | Envelope<'client', Client>
  | Envelope<'config_changed', ConfigChanged>
  | Envelope<'resync', Resync>;

export const EVENT_TYPES: readonly CrushEvent['type'][] = [
  'message',
  'message_delta',
  'tool_progress',
  'session',
  'run',
  'run_complete',
  'agent_event',
  'permission_request',
  'permission_notification',
  'question_request',
  'question_notification',
  'file',
  'notebook',
  'client',
  'config_changed',
  'resync'
];
