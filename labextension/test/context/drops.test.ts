// @vitest-environment jsdom
import { MimeData } from '@lumino/coreutils';
import { expect, test } from 'vitest';
import { Drops } from '../../src/context/drops';
import type { Attached } from '../../src/session/attached';

const NOTEBOOK = {};

function target() {
  const node = document.createElement('div');
  const cellsOf = (notebook: unknown, ids: readonly string[]): Attached[] | null =>
    notebook === NOTEBOOK ? ids.map(id => ({ label: id, attachment: { notebook: 'a.ipynb', cell_ids: [id] } })) : null;
  const types: Record<string, string> = { 'data/a.csv': 'file', 'n.ipynb': 'notebook', data: 'directory' };
  const contents = {
    localPath: (path: string) => path.replace('RTC:', ''),
    get: (path: string) => Promise.resolve({ type: types[path.replace('RTC:', '')] })
  };
  const taken = new Promise<Attached[]>(resolve => new Drops(node, { cellsOf }, contents as never, resolve));
  return { node, taken };
}

function drag(type: string, mime: string, data: unknown, more: object = {}): Event & { dropAction?: string } {
  const mimeData = new MimeData();
  mimeData.setData(mime, data);
  const event = new Event(type, { cancelable: true, bubbles: true });
  return Object.assign(event, {
    mimeData,
    supportedActions: 'copy-move',
    proposedAction: 'move',
    source: NOTEBOOK,
    ...more
  });
}

test('cells become attachments of their notebook', async () => {
  const { node, taken } = target();
  const event = drag('lm-drop', 'application/vnd.jupyter.cells', [{ id: 'c1' }, { id: 'c2' }]);
  node.dispatchEvent(event);
  expect(event.dropAction).toBe('copy');
  expect((await taken).map(one => one.attachment.cell_ids)).toEqual([['c1'], ['c2']]);
});

test('files, notebooks and folders become what they are', async () => {
  const { node, taken } = target();
  const paths = ['data/a.csv', 'RTC:n.ipynb', 'data'];
  node.dispatchEvent(drag('lm-drop', 'application/x-jupyter-icontents', paths, { supportedActions: 'move' }));
  expect(await taken).toEqual([
    { label: 'a.csv', attachment: { path: 'data/a.csv' } },
    { label: 'n.ipynb', attachment: { notebook: 'n.ipynb' } },
    { label: 'data/', attachment: { label: 'data/', text: 'The folder data' } }
  ]);
});

test('what is held over it is shown, and other things are left alone', () => {
  const { node } = target();
  const isShown = (): boolean => node.classList.contains('jcr-mod-drop');
  node.dispatchEvent(drag('lm-dragenter', 'application/x-jupyter-icontents', []));
  expect(isShown()).toBe(true);
  node.dispatchEvent(drag('lm-dragleave', 'application/x-jupyter-icontents', []));
  expect(isShown()).toBe(false);
  const tab = drag('lm-dragenter', 'application/vnd.lumino.widget-factory', () => null);
  node.dispatchEvent(tab);
  expect([isShown(), tab.defaultPrevented]).toEqual([false, false]);
});
