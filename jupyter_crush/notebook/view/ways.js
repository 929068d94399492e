/** The two ways to the server. Both have `attach(hear)`, `request(method, path, body)`, `may()` and `dispose()`. */

/** Over the comm: the kernel asks the server. */
function throughKernel(model) {
  const waiting = new Map();
  let listener = () => {};
  const first = Math.floor(Math.random() * 2 ** 32) * 2 ** 20;
  let last = 0;
  const receive = said => {
    if (said?.type === 'response') {
      const { resolve, reject } = waiting.get(said.id) ?? {};
      waiting.delete(said.id);
      if (said.ok) resolve?.(said.body);
      else reject?.(new Error(said.body.message));
    } else {
      listener(said);
    }
  };
  model.on('msg:custom', receive);
  return {
    attach(hear) {
      listener = hear;
      model.send({ type: 'attach' });
    },
    request(method, path, body) {
      const id = first + ++last; // every view of the widget hears every answer
      model.send({ type: 'request', id, method, path, ...(body ? { body } : {}) });
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    },
    may: async () => OF_CODE,
    dispose: () => model.off('msg:custom', receive)
  };
}

/** Through the page: the browser's one stream, with the page's own rights. Null where the page is not the server's. */
async function throughPage(model) {
  const page = globalThis.jupyterCrush;
  const wid = model.get('workspace_id');
  if (!page) return null;
  const request = (method, path, body) => page.request(method, ['workspaces', wid, ...path], body);
  try {
    await request('GET', ['sessions', model.get('session_id')]);
  } catch {
    return null;
  }
  let source = null;
  return {
    request,
    may: async () => (await request('GET', ['config'])).may ?? null,
    attach: listener => (source = page.attach(wid, listener)),
    dispose: () => source?.dispose()
  };
}
