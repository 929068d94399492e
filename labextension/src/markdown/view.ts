/** Markdown that grows in the page: block by block, each rendered when it changes and never again. */
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { MimeModel } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { splitBlocks } from './blocks';
import { addCodeActions } from './code';
import { isTooMuch } from './effort';
import { withoutHtml } from './quiet';
import { PlainSanitizer } from './sanitizer';

const MIME = 'text/markdown';
/** A block that takes long to render is rendered less often: this many times its own time apart. */
const REST = 4;
const LONGEST_REST_MS = 500;

/** JupyterLab's renderers for text that nobody vouches for. */
export function untrustedRenderMime(rendermime: IRenderMimeRegistry): IRenderMimeRegistry {
  const parser = rendermime.markdownParser;
  return rendermime.clone({
    sanitizer: new PlainSanitizer(rendermime.sanitizer),
    markdownParser: parser ? { ...parser, render: (text: string) => parser.render(withoutHtml(text)) } : undefined
  });
}

/** Owner of the nodes inside `host`. */
export class MarkdownView {
  constructor(
    private readonly _host: HTMLElement,
    private readonly _rendermime: IRenderMimeRegistry,
    private readonly _trans: TranslationBundle
  ) {}

  update(source: string): void {
    const sources = splitBlocks(source);
    this._blocks.splice(sources.length).forEach(block => block.dispose());
    sources.forEach((text, index) => {
      this._blocks[index] ??= new Block(this._host, this._rendermime.createRenderer(MIME), this._trans);
      this._blocks[index].update(text);
    });
  }

  dispose(): void {
    this._blocks.splice(0).forEach(block => block.dispose());
  }

  private readonly _blocks: Block[] = [];
}

class Block {
  constructor(
    host: HTMLElement,
    private readonly _renderer: IRenderMime.IRenderer,
    private readonly _trans: TranslationBundle
  ) {
    Widget.attach(this._renderer, host);
  }

  /** The latest text wins; one rendering at a time. */
  update(source: string): void {
    if (source !== this._wanted) {
      this._wanted = source;
      this._start();
    }
  }

  dispose(): void {
    clearTimeout(this._timer);
    this._renderer.dispose();
  }

  private _start(): void {
    if (!this._isBusy) {
      this._isBusy = true;
      void this._render();
    }
  }

  private async _render(): Promise<void> {
    const source = this._wanted;
    const began = performance.now();
    try {
      if (isTooMuch(source)) {
        showSource(this._renderer.node, source);
      } else {
        await this._renderer.renderModel(new MimeModel({ data: { [MIME]: source }, trusted: false }));
      }
    } catch (error) {
      console.warn('jupyter_crush: markdown could not be rendered', error);
      this._renderer.node.textContent = source;
    }
    if (this._renderer.isDisposed) {
      return;
    }
    harden(this._renderer.node);
    addCodeActions(this._renderer.node, this._trans);
    const rest = Math.min(LONGEST_REST_MS, REST * (performance.now() - began));
    this._timer = setTimeout(() => this._rested(source), rest);
  }

  private _rested(rendered: string): void {
    this._isBusy = false;
    if (rendered !== this._wanted) {
      this._start();
    }
  }

  private _wanted = '';
  private _isBusy = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

/** Text that the renderer would stand still on. */
function showSource(node: HTMLElement, source: string): void {
  const plain = document.createElement('p');
  plain.className = 'jcr-Markdown-plain';
  plain.textContent = source;
  node.replaceChildren(plain);
}

/** The renderer adds anchors to headings after the sanitizer: take them away, with all that other code looks up by name. */
function harden(node: HTMLElement): void {
  node.querySelectorAll('.jp-InternalAnchorLink').forEach(anchor => anchor.remove());
  node.querySelectorAll('[data-jupyter-id]').forEach(element => element.removeAttribute('data-jupyter-id'));
}
