/** What is seen of it. */

class Chat {
  constructor(model, el) {
    this.model = model;
    this.view = new View(model.get('session_id'));
    this.way = null;
    this.drawn = new Map();
    this.title = node('span', 'crush-title');
    this.status = node('span', 'crush-state');
    this.stop = button('Stop', () => this._ask('POST', ['agent', 'sessions', this.view.sessionId, 'cancel'], {}));
    this.log = node('div', 'crush-log');
    this.cards = node('div', 'crush-cards');
    this.waiting = node('div', 'crush-queue');
    this.note = node('div', 'crush-note');
    this.input = node('textarea', 'crush-input');
    this.input.rows = 2;
    this.input.placeholder = 'Ask, or tell it what to do…';
    this.input.setAttribute('aria-label', 'Prompt');
    this.input.addEventListener('keydown', event => this._key(event));
    this.send = button('Send', () => this._prompt());
    this.compose = node('div', 'crush-compose', this.input, this.send);
    this.log.setAttribute('role', 'log');
    el.append(
      node('div', 'crush-chat', node('div', 'crush-head', this.title, this.status, this.stop),
        this.log, this.cards, this.waiting, this.note, this.compose)
    );
    this.onChange = () => this.draw();
    model.on('change:title', this.onChange);
    this.view.load({ messages: model.get('transcript') });
    this.draw();
  }

  async start() {
    this.way = (await throughPage(this.model)) ?? throughKernel(this.model);
    if (this.isGone) return this.dispose();
    this.way.attach(said => this._hear(said));
  }

  dispose() {
    this.isGone = true;
    this.way?.dispose();
    this.model.off('change:title', this.onChange);
  }

  _hear(said) {
    if (said.type === 'frames') {
      for (const frame of said.frames) {
        const event = typeof frame.data === 'string' ? JSON.parse(frame.data) : frame.data;
        if (event.type === 'resync') void this._load();
        else this.view.apply(event);
      }
    } else if (said.type === 'state') {
      this.connection = said.state;
      if (said.state === 'live' && (said.fresh || !this.isLoaded)) void this._load();
    }
    this._later();
  }

  async _load() {
    const sid = this.view.sessionId;
    try {
      const [session, snapshot, leave, asked, queued, may] = await Promise.all([
        this.way.request('GET', ['sessions', sid]),
        this.way.request('GET', ['sessions', sid, 'messages']),
        this.way.request('GET', ['permissions']),
        this.way.request('GET', ['questions']),
        this.way.request('GET', ['agent', 'sessions', sid, 'prompts']),
        this.way.may()
      ]);
      this.may = may;
      this.view.load(snapshot);
      this.view.questions = new Map([...leave, ...asked].filter(one => one.session_id === sid).map(one => [one.id, one]));
      this.view.runs = new Map(queued.map(run => [run.run_id, run]));
      this.view.wasBusy = session.is_busy && !this.view.isBusy;
      this.isLoaded = true;
    } catch (error) {
      this.note.textContent = visible(error.message);
    }
    this._later();
  }

  _later() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  draw() {
    const { view } = this;
    const isBusy = view.isBusy;
    this.title.textContent = visible(this.model.get('title'));
    this.status.textContent = this._word(isBusy);
    const watches = watching(this.may);
    this.stop.hidden = !this.isLoaded || watches !== null || !(isBusy || view.questions.size);
    this.send.disabled = this.input.disabled = !this.isLoaded || watches !== null;
    this.send.hidden = watches !== null;
    const isAtEnd = this.log.scrollTop + this.log.clientHeight >= this.log.scrollHeight - 8;
    this._messages();
    this._cards();
    if (watches !== null) this.input.placeholder = watches;
    this.waiting.replaceChildren(...view.queue.map(run => this._queued(run)));
    if (isAtEnd) this.log.scrollTop = this.log.scrollHeight;
  }

  _word(isBusy) {
    if (this.connection === 'waiting') return 'reconnecting';
    if (this.view.questions.size) return 'asking';
    return !this.isLoaded ? 'not connected' : isBusy ? 'working' : '';
  }

  /** Only messages that changed are made anew. */
  _messages() {
    const { ordered } = this.view;
    const results = new Map();
    for (const message of ordered) {
      for (const part of message.parts) if (part.type === 'tool_result') results.set(part.tool_call_id, part);
    }
    const nodes = ordered.filter(one => one.role !== 'tool').map(message => {
      const known = this.drawn.get(message.id);
      const calls = message.parts.filter(part => part.type === 'tool_call').map(part => results.get(part.id));
      if (known?.message === message && known.calls.every((call, index) => call === calls[index])) return known.made;
      const made = this._message(message, results);
      this.drawn.set(message.id, { message, calls, made });
      return made;
    });
    const isSame = nodes.length === this.log.children.length && nodes.every((one, index) => one === this.log.children[index]);
    if (!isSame) this.log.replaceChildren(...nodes);
  }

  _message(message, results) {
    const made = node('div', `crush-message crush-${message.role === 'user' ? 'user' : 'agent'}`);
    for (const part of message.parts) {
      if (part.type === 'text' && part.text) {
        made.append(message.role === 'user' ? node('div', 'crush-text crush-said', readable(part.text)) : markdown(part.text));
      } else if (part.type === 'reasoning' && part.text) {
        made.append(folded('Thought', part.text, 'crush-reasoning'));
      } else if (part.type === 'tool_call') {
        made.append(tool(part, results.get(part.id)));
      } else if (part.type === 'context') {
        made.append(folded(`Attached: ${part.label}`, part.text, 'crush-context'));
      } else if (part.type === 'finish' && !['end_turn', 'tool_use'].includes(part.reason)) {
        made.append(node('div', 'crush-ending', visible(part.message || part.reason)));
      }
    }
    return made;
  }

  _card(request) {
    const known = this.drawn.get(request.id);
    const waits = waitsFor(request, this.may);
    if (known?.message === request && known.waits === waits) return known.made;
    const kind = request.questions ? 'questions' : 'permissions';
    const answer = body => this._ask('POST', [kind, request.id], body);
    const card = request.questions ? questionCard(request, answer) : permissionCard(request, answer);
    const made = waits === null ? card : withoutButtons(card, waits);
    this.drawn.set(request.id, { message: request, calls: [], made, waits });
    return made;
  }

  /** A card that is still asked stays as it is: somebody may be reading or writing in it. What moves under a pointer takes no click. */
  _cards() {
    const made = [...this.view.questions.values()].map(one => this._card(one));
    const before = [...this.cards.children];
    if (made.length === before.length && made.every((one, index) => one === before[index])) return;
    before.filter(one => !made.includes(one)).forEach(one => this._take(one));
    made.forEach((one, index) => one !== this.cards.children[index] && this.cards.insertBefore(one, this.cards.children[index] ?? null));
    made.forEach(one => one.arm());
    this._hints();
  }

  /** Remove a card; the composer has the focus that was in it. */
  _take(one) {
    const hadFocus = one.contains(document.activeElement);
    one.remove();
    if (hadFocus) this.input.focus({ preventScroll: true });
  }

  /** The request that words in the composer refuse: the oldest that waits for who looks. */
  get _refused() {
    return [...this.view.questions.values()].find(one => !one.questions && waitsFor(one, this.may) === null) ?? null;
  }

  _hints() {
    const refused = this._refused;
    this.input.placeholder = refused ? 'Or say what to do instead; Enter refuses with these words' : 'Ask, or tell it what to do…';
    this.send.textContent = refused ? 'Refuse' : 'Send';
    this.send.title = refused ? 'Refuse with these words' : '';
  }

  _queued(run) {
    const remove = () => this._ask('DELETE', ['agent', 'sessions', this.view.sessionId, 'prompts', run.run_id]);
    return node('div', 'crush-queued', node('span', '', `Next: ${visible(run.prompt).slice(0, 200) || 'what was attached'}`), button('✕', remove, 'Remove'));
  }

  _key(event) {
    // The notebook has shortcuts of its own, which must not see what is typed here.
    event.stopPropagation();
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (!event.repeat) void this._prompt();
    } else if (event.key === 'Escape' && !this.stop.hidden) {
      this.stop.click();
    }
  }

  async _prompt() {
    const words = this.input.value.trim();
    const refused = this._refused;
    if (!words || (refused && !this._card(refused).isOpen)) return;
    this.input.value = '';
    if (!(await (refused ? this._refuse(refused, words) : this._send(words)))) {
      this.input.value = [words, this.input.value].filter(Boolean).join('\n\n');
    }
  }

  _send(prompt) {
    const run_id = [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');
    return this._ask('POST', ['agent'], { session_id: this.view.sessionId, prompt, run_id });
  }

  /** Whether the words arrived before somebody else answered. */
  async _refuse(request, message) {
    const made = this._card(request);
    const answered = this._ask('POST', ['permissions', request.id], { action: 'deny', message });
    void made.settle(answered.then(Boolean));
    return (await answered)?.resolved ?? false;
  }

  /** Ask the server for something that a person wants; what it refuses is said. Its answer, or true; false when it was not done. */
  async _ask(method, path, body) {
    this.note.textContent = '';
    try {
      return (await this.way.request(method, path, body)) ?? true;
    } catch (error) {
      this.note.textContent = visible(error.message);
      return false;
    }
  }
}

function folded(label, text, className) {
  return node('details', className, node('summary', '', visible(label)), node('pre', '', readable(text)));
}

function tool(call, result) {
  const about = Object.values(call.input ?? {}).filter(value => typeof value === 'string')[0] ?? '';
  const mark = result ? (result.is_error ? '✗' : '✓') : call.finished ? '…' : '';
  const line = `${call.name} ${String(about).split('\n')[0].slice(0, 80)} ${mark}`;
  return folded(line, result ? result.content : JSON.stringify(call.input ?? {}, null, 2), 'crush-tool');
}

export default {
  render({ model, el }) {
    const chat = new Chat(model, el);
    void chat.start();
    return () => chat.dispose();
  }
};
