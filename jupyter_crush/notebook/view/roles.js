/** What who looks may do here, and what they read where they may not: whom to ask. */

/** What the kernel may: its code prompts, and approves nothing. */
const OF_CODE = { prompt: true, approve: false, prompters: [], approvers: [], origin: 'kernel' };

function people(names) {
  const shown = names.slice(0, 3).map(visible);
  const last = names.length > 3 ? 'somebody else who may' : shown.pop();
  if (!last) return 'the owner of this server';
  return shown.length ? `${shown.join(', ')} or ${last}` : last;
}

/** What stands in the composer of who only watches; null for who may prompt. */
function watching(may) {
  return !may || may.prompt ? null : `You are watching. Ask ${people(may.prompters)} to let you prompt.`;
}

/** What stands on a card instead of its buttons; null for who may answer it. */
function waitsFor(request, may) {
  if (!may) return null;
  if (may.origin === 'kernel') return 'Answer in the Crush panel or in a terminal. This chat goes through the kernel, and code in a kernel may not approve.';
  if (request.questions ? may.prompt : may.approve) return null;
  return `This waits for ${people(request.questions ? may.prompters : may.approvers)}.`;
}

/** The card, for somebody who may read it and not answer. */
function withoutButtons(card, waits) {
  card.querySelector('.crush-buttons')?.replaceWith(node('div', 'crush-waits', waits));
  card.querySelector('.crush-scope')?.remove();
  card.addEventListener('keydown', event => event.stopImmediatePropagation(), true);
  return card;
}
