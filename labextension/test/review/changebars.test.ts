// @vitest-environment jsdom
import type { INotebookTracker } from '@jupyterlab/notebook';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { expect, test } from 'vitest';
import { ChangeBars } from '../../src/review/changebars';
import type { Changes } from '../../src/review/changes';

test('who only watches sees which cells changed, and no buttons that the server would refuse', () => {
  const never = new Signal<object, void>({});
  const node = document.createElement('div');
  const content = { widgets: [{ node, model: { id: 'c' } }], model: null, modelChanged: never };
  const panel = { content, context: { localPath: 'a.ipynb', pathChanged: never } };
  const tracker = { forEach: (act: (one: object) => void) => act(panel), widgetAdded: never };
  const changed = new Signal<object, void>({});
  const files = [{ path: 'a.ipynb', cells: [{ cell_id: 'c', shown_as: null, run_ids: ['r'] }] }];
  const changes = { lastRun: 'r', of: () => files, changed, turned: never };
  let may = true;
  new ChangeBars(
    tracker as unknown as INotebookTracker,
    changes as unknown as Changes,
    () => may,
    nullTranslator.load('x')
  );
  const decide = (): string | undefined => node.querySelector<HTMLElement>('.jcr-ChangeBar-decide')?.style.display;
  expect(decide()).toBe('');
  may = false;
  changed.emit();
  expect(decide()).toBe('none');
  expect(node.querySelector('.jcr-ChangeBar-line')).not.toBeNull();
});
