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

function permissionCard(request, answer) {
  const forms = request.params.visible ?? {};
  const shown = Object.entries(request.params)
    .filter(([name, value]) => name !== 'visible' && value !== null && value !== '')
    .map(([name, value]) => [name, forms[name] ?? value])
    .map(([name, value]) => parameter(name, typeof value === 'string' ? value : JSON.stringify(value, null, 2)));
  const widen = request.scope ? button(`Allow ${visible(request.scope)}`, () => answer({ action: 'allow_session' })) : null;
  const reason = field('input', 'Reason');
  reason.placeholder = 'If not: what it should do instead';
  const deny = () => answer({ action: 'deny', ...(reason.value.trim() ? { message: reason.value.trim() } : {}) });
  reason.addEventListener('keydown', event => event.key === 'Enter' && !event.isComposing && deny());
  return node('div', 'crush-card',
    node('strong', '', visible(`${request.tool_name}: ${request.description}${request.path ? ` [${request.path}]` : ''}`)),
    request.says ? node('div', 'crush-says', visible(`The agent says: “${request.says}”`)) : null,
    ...shown,
    node('div', 'crush-buttons', button('Allow', () => answer({ action: 'allow' })), widen, button('Deny', deny), reason));
}

function questionCard(request, answer) {
  const asked = request.questions.map((question, index) => questionFields(question, `${request.id}-${index}`));
  const send = () => answer({ answers: asked.map(one => one.answer()) });
  return node('div', 'crush-card',
    ...asked.map(one => one.made),
    node('div', 'crush-buttons', button('Send', send), button('Do not answer', () => answer({ cancel: true }))));
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

/** One parameter, whole; a diff with its lines coloured. */
function parameter(name, value) {
  const lines = visible(value).split('\n').map(line => {
    const kind = !name.includes('diff') || /^(\+\+\+|---)/.test(line) ? '' : { '+': 'crush-added', '-': 'crush-removed' }[line[0]];
    return node('span', kind ?? '', `${line}\n`);
  });
  return node('div', 'crush-params', node('small', '', visible(name)), node('pre', '', ...lines));
}
