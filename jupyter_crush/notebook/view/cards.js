/** What waits for a person: a tool that asks leave, a question. Each is given `answer(body)`, which sends what was decided. */

function button(label, action, name) {
  const made = node('button', 'crush-button', label);
  if (name) made.setAttribute('aria-label', name);
  made.addEventListener('click', action);
  return made;
}

function field(tag, label) {
  const made = node(tag, 'crush-field');
  made.setAttribute('aria-label', label);
  made.maxLength = 4000;
  // The notebook has shortcuts of its own, which must not see what is typed here.
  made.addEventListener('keydown', event => event.stopPropagation());
  return made;
}

const UNSEEN_MS = 500;
const CHORD = /Mac|iP/.test(globalThis.navigator?.platform ?? '') ? '⌘⏎' : 'Ctrl+⏎';

/**
 * A card takes no focus, and no answer before a person could have seen it where it stands: `arm` begins that anew when it moved.
 * `update(isOpen)` says to its buttons whether it takes one.
 */
function card(name, update, ...children) {
  const made = node('div', 'crush-card', ...children);
  made.tabIndex = -1;
  made.setAttribute('role', 'alertdialog');
  made.setAttribute('aria-label', name);
  // The notebook has shortcuts of its own, which must not see what is pressed here.
  made.addEventListener('keydown', event => event.stopPropagation());
  made.isOpen = made.isSent = false;
  made.update = () => update(made.isOpen);
  made.arm = () => {
    clearTimeout(made.timer);
    made.isOpen = false;
    made.update();
    made.timer = setTimeout(() => {
      made.isOpen = true;
      made.update();
    }, UNSEEN_MS);
  };
  // What was pressed keeps the focus while its answer is on its way: a disabled button would lose it.
  made.settle = async sending => {
    made.isSent = true;
    made.isSent = Boolean(await sending);
  };
  return made;
}

/** Allow waits until the end of what would happen was on screen, and no single key presses it. */
function permissionCard(request, answer) {
  const { visible: forms = {}, ...params } = request.params;
  const shown = Object.entries(params)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => [name, forms[name] ?? visible(typeof value === 'string' ? value : JSON.stringify(value, null, 2))]);
  const give = action => {
    const target = action === 'deny' ? deny : allow;
    if (!target.disabled && !made.isSent) void made.settle(answer({ action }));
  };
  const allow = button('', () => give('allow'));
  const widen = request.scope ? button('Allow for session', () => give('allow_session')) : null;
  const deny = button('', () => give('deny'), 'Deny');
  deny.append('Deny ', node('kbd', '', 'Esc'));
  const end = node('div', 'crush-end');
  const title = visible(`${request.tool_name}: ${request.description}${request.path ? ` [${request.path}]` : ''}`);
  let isSeen = false;
  const update = isOpen => {
    allow.replaceChildren(...(isSeen ? ['Allow ', node('kbd', '', CHORD)] : ['Scroll to the end to allow']));
    allow.setAttribute('aria-label', isSeen ? 'Allow' : 'Scroll to the end to allow');
    for (const one of [allow, widen]) if (one) one.disabled = !isOpen || !isSeen;
    deny.disabled = !isOpen;
  };
  const body = node('div', 'crush-shown',
    request.says ? node('div', 'crush-says', 'The agent says: ', node('q', '', visible(request.says))) : null,
    ...shown.map(([name, text]) => parameter(name, text)),
    request.scope ? node('div', 'crush-scope', visible(`“Allow for session” covers: ${request.scope}`)) : null,
    end);
  body.tabIndex = 0;
  const made = card(title, update, node('strong', 'crush-asked', title), body, node('div', 'crush-buttons', allow, widen, deny));
  const observer = new IntersectionObserver(entries => {
    if (!entries.some(one => one.isIntersecting)) return;
    isSeen = true;
    observer.disconnect();
    made.update();
  });
  observer.observe(end);
  made.addEventListener('keydown', event => {
    const isChord = event.ctrlKey || event.metaKey;
    const action = event.key === 'Escape' && !isChord ? 'deny' : event.key === 'Enter' && isChord ? 'allow' : null;
    if (!action || event.altKey || event.repeat || event.isComposing) return;
    event.preventDefault();
    give(action);
  });
  return made;
}

function questionCard(request, answer) {
  const asked = request.questions.map((question, index) => questionFields(question, `${request.id}-${index}`));
  const send = button('Send', () => made.isSent || made.settle(answer({ answers: asked.map(one => one.answer()) })));
  const leave = button('Do not answer', () => made.isSent || made.settle(answer({ cancel: true })));
  const update = isOpen => {
    send.disabled = leave.disabled = !isOpen;
  };
  const made = card(visible(request.questions[0].text), update,
    ...asked.map(one => one.made), node('div', 'crush-buttons', send, leave));
  return made;
}

function questionFields(question, name) {
  const boxes = question.choices.map(choice => {
    const box = node('input', '');
    box.type = question.multiple ? 'checkbox' : 'radio';
    box.name = name;
    return box;
  });
  const lines = question.choices.map((choice, index) =>
    node('label', 'crush-choice', boxes[index], ` ${visible(choice.label)}`,
      choice.description ? node('small', '', ` ${visible(choice.description)}`) : null));
  const words = question.free_text || !boxes.length ? field('textarea', boxes.length ? 'Your own words' : question.text) : null;
  if (words) words.rows = 1;
  if (words && boxes.length) words.placeholder = 'Or in your own words';
  const made = node('fieldset', 'crush-question', node('legend', '', visible(question.text)), ...lines, words);
  const answer = () => ({
    choices: question.choices.filter((_, index) => boxes[index].checked).map(choice => choice.label),
    ...(words?.value.trim() ? { text: words.value.trim() } : {})
  });
  return { made, answer };
}
