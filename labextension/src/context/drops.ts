/** Cells and files that are dragged out of JupyterLab onto the panel become attachments of the next prompt. */
import { PathExt } from '@jupyterlab/coreutils';
import type { Contents } from '@jupyterlab/services';
import type { Drag } from '@lumino/dragdrop';
import type { Attached } from '../session/attached';
import type { Notebooks } from '../notebook/notebooks';

const CELLS = 'application/vnd.jupyter.cells';
const FILES = 'application/x-jupyter-icontents';
const EVENTS = ['lm-dragenter', 'lm-dragleave', 'lm-dragover', 'lm-drop'] as const;
/** Things that one drop attaches. */
const MOST = 20;

type Places = Pick<Contents.IManager, 'get' | 'localPath'>;

/** Owner of whether something is held over the node. */
export class Drops {
  constructor(
    private readonly _node: HTMLElement,
    private readonly _notebooks: Pick<Notebooks, 'cellsOf'>,
    private readonly _contents: Places,
    private readonly _take: (attached: Attached[]) => void
  ) {
    EVENTS.forEach(name => _node.addEventListener(name, this));
  }

  handleEvent(event: Event): void {
    const drag = event as Drag.Event;
    if (![CELLS, FILES].some(type => drag.mimeData.hasData(type))) {
      return;
    }
    drag.preventDefault();
    drag.stopPropagation();
    this._node.classList.toggle('jcr-mod-drop', event.type === 'lm-dragenter' || event.type === 'lm-dragover');
    if (event.type === 'lm-dragleave') {
      return;
    }
    drag.dropAction = drag.supportedActions.includes('copy') ? 'copy' : drag.proposedAction;
    if (event.type === 'lm-drop') {
      void this._attachments(drag).then(this._take);
    }
  }

  private async _attachments({ mimeData, source }: Drag.Event): Promise<Attached[]> {
    if (mimeData.hasData(CELLS)) {
      const cells = (mimeData.getData(CELLS) as { id?: string }[]).slice(0, MOST);
      const ids = cells.flatMap(({ id }) => id ?? []);
      return this._notebooks.cellsOf(source, ids) ?? [];
    }
    const paths = (mimeData.getData(FILES) as string[]).slice(0, MOST);
    return Promise.all(paths.map(path => fileAt(path, this._contents)));
  }
}

/** A file or notebook; of a folder its name, for its files may be many. */
async function fileAt(path: string, contents: Places): Promise<Attached> {
  const local = contents.localPath(path);
  const label = PathExt.basename(local);
  const found = await contents.get(path, { content: false }).catch(() => null);
  if (found?.type === 'directory') {
    return { label: `${label}/`, attachment: { label: `${label}/`, text: `The folder ${local}` } };
  }
  return { label, attachment: found?.type === 'notebook' ? { notebook: local } : { path: local } };
}
