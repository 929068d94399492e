/** What is known of the session: a snapshot, and every event since. No document in it. */

const ASKED = ['permission_request', 'question_request'];
const SETTLED = ['permission_notification', 'question_notification'];

export class View {
  constructor(sessionId) {
    this.sessionId = sessionId;
    this.messages = new Map();
    this.early = [];
    this.questions = new Map();
    this.runs = new Map();
    this.wasBusy = false;
  }

  load(snapshot) {
    this.messages = new Map();
    for (const one of [...snapshot.messages, ...(snapshot.drafts ?? [])]) {
      if (!isFinished(this.messages.get(one.id))) this.messages.set(one.id, one);
    }
    this.early = [];
  }

  get ordered() {
    return [...this.messages.values()].sort((a, b) => a.seq - b.seq);
  }

  get isBusy() {
    return this.wasBusy || [...this.runs.values()].some(run => run.state === 'active' || run.state === 'queued');
  }

  get queue() {
    return [...this.runs.values()].filter(run => run.state === 'queued');
  }

  /** Let an event change the view. Repeats and foreign sessions change nothing. */
  apply(event) {
    const { type, payload } = event.payload;
    if ((payload.session_id ?? payload.id) !== this.sessionId && !SETTLED.includes(event.type)) return;
    if (event.type === 'message') this._fact(payload, type === 'deleted');
    else if (event.type === 'message_delta') this._extend(payload) || this.early.push(payload);
    else if (event.type === 'run') this.runs.set(payload.run_id, payload);
    else if (event.type === 'run_complete') this._ended(payload.run_id);
    else if (ASKED.includes(event.type)) this.questions.set(payload.id, payload);
    else if (SETTLED.includes(event.type)) this.questions.delete(payload.id);
  }

  _ended(runId) {
    this.runs.delete(runId);
    this.wasBusy = false;
  }

  _fact(fact, isDeleted) {
    const before = this.messages.get(fact.id);
    if (isDeleted) return void this.messages.delete(fact.id);
    if (isFinished(before) && !isFinished(fact)) return;
    this.messages.set(fact.id, before && !isFinished(fact) ? merged(before, fact) : fact);
    const waiting = this.early.filter(delta => delta.message_id === fact.id);
    this.early = this.early.filter(delta => delta.message_id !== fact.id);
    waiting.forEach(delta => this._extend(delta) || this.early.push(delta));
  }

  /** Whether the delta is dealt with; offsets count code points. */
  _extend(delta) {
    const message = this.messages.get(delta.message_id);
    if (!message) return false;
    if (isFinished(message) || delta.kind === 'tool_call') return true;
    const parts = [...message.parts];
    if (delta.part > parts.length) return false;
    const part = parts[delta.part] ?? { type: delta.kind ?? 'text', text: '' };
    if (part.type !== 'text' && part.type !== 'reasoning') return true;
    const known = [...part.text].length;
    if (delta.offset > known) return false;
    parts[delta.part] = { ...part, text: part.text + [...delta.text].slice(known - delta.offset).join('') };
    this.messages.set(message.id, { ...message, parts });
    return true;
  }
}

function isFinished(message) {
  return message?.parts.at(-1)?.type === 'finish';
}

function merged(before, fact) {
  const parts = fact.parts.map((part, index) => {
    const known = before.parts[index];
    return known?.type === part.type && 'text' in part && known.text.startsWith(part.text) ? known : part;
  });
  return { ...fact, parts: [...parts, ...before.parts.slice(parts.length)] };
}
