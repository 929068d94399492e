/**
 * The last wall. What the model, a tool or a file says comes here as HTML, after JupyterLab's own sanitizer, and leaves it as
 * the few plain elements that markdown needs: no id or name (they shadow globals), no style, no data attribute (some are JupyterLab
 * commands), no class but those of highlighted code, nothing that loads anything.
 *
 * The page has no script CSP: markup that gets through runs code on the server. So this builds the result from an allowlist
 * in a document that is never shown, and copies nothing it does not know.
 */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';

const PLAIN = new Set(
  'p br hr em strong del s sub sup code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 table caption thead tbody tr th td span div'.split(
    ' '
  )
);
/** Elements whose text is no text. */
const DROPPED = new Set(
  'script style template noscript iframe object embed svg math title head textarea select'.split(' ')
);
const BETWEEN_CELLS = new Set(['table', 'thead', 'tbody', 'tr']);
const CODE_CLASS = /^(cm-|tok-|language-|\u037c)[\w\u037c-]*$/;

/** JupyterLab's sanitizer, and after it ours. */
export class PlainSanitizer implements IRenderMime.ISanitizer {
  constructor(private readonly _lab: IRenderMime.ISanitizer) {}

  readonly allowNamedProperties = false;
  readonly allowCommandLinker = false;

  getAutolink(): boolean {
    return false;
  }

  sanitize(dirty: string): string {
    return plain(this._lab.sanitize(dirty));
  }
}

/** The allowed part of `html`. */
export function plain(html: string): string {
  const from = new DOMParser().parseFromString(html, 'text/html');
  const to = document.implementation.createHTMLDocument('');
  copyChildren(from.body, to.body, to);
  return to.body.innerHTML; // eslint-disable-line no-restricted-properties -- read, never written
}

function copyChildren(from: Node, to: Element, doc: Document): void {
  from.childNodes.forEach(child => {
    if (child.nodeType === Node.TEXT_NODE) {
      // Text between cells would be moved out of its table by whoever reads this.
      to.append(doc.createTextNode(BETWEEN_CELLS.has(to.localName) ? '' : (child.textContent ?? '')));
    } else if (child.nodeType === Node.ELEMENT_NODE) {
      copyElement(child as Element, to, doc);
    }
  });
}

function copyElement(from: Element, to: Element, doc: Document): void {
  const tag = from.localName;
  if (DROPPED.has(tag)) {
    return;
  }
  if (tag === 'img') {
    to.append(pictureLink(from, doc));
  } else if (tag === 'a') {
    copyLink(from, to, doc);
  } else if (tag === 'input') {
    to.append(doc.createTextNode(from.hasAttribute('checked') ? '☑ ' : '☐ '));
  } else if (PLAIN.has(tag)) {
    const element = doc.createElement(tag);
    copyAttributes(from, element);
    copyChildren(from, element, doc);
    to.append(element);
  } else {
    copyChildren(from, to, doc);
  }
}

function copyAttributes(from: Element, to: Element): void {
  const classes = [...from.classList].filter(name => CODE_CLASS.test(name));
  if (classes.length) {
    to.setAttribute('class', classes.join(' '));
  }
  const start = from.getAttribute('start');
  if (to.localName === 'ol' && start && /^\d{1,9}$/.test(start)) {
    to.setAttribute('start', start);
  }
  const align = from.getAttribute('align');
  if (/^t[hd]$/.test(to.localName) && align && /^(left|center|right)$/.test(align)) {
    to.setAttribute('align', align);
  }
}

/** A link says where it goes: its address is its title, and its host stands behind it unless its text says it. */
function copyLink(from: Element, to: Element, doc: Document): void {
  const link = linkTo(from.getAttribute('href') ?? '', doc);
  if (!link) {
    copyChildren(from, to, doc);
    return;
  }
  copyChildren(from, link.element, doc);
  to.append(link.element);
  const text = from.textContent?.trim() ?? '';
  if (
    link.host &&
    text !== link.address &&
    text.replace(/^https?:\/\//, '') !== link.address.replace(/^https?:\/\//, '')
  ) {
    to.append(hostOf(link.host, doc));
  }
}

function hostOf(host: string, doc: Document): Element {
  const span = doc.createElement('span');
  span.setAttribute('class', 'jcr-Link-host');
  span.textContent = ` (${host})`;
  return span;
}

function pictureLink(from: Element, doc: Document): Node {
  const alt = from.getAttribute('alt')?.trim() || 'image';
  const link = linkTo(from.getAttribute('src') ?? '', doc);
  if (!link) {
    return doc.createTextNode(`[${alt}]`);
  }
  link.element.textContent = `[${alt}]`;
  if (!link.host) {
    return link.element;
  }
  const both = doc.createDocumentFragment();
  both.append(link.element, hostOf(link.host, doc));
  return both;
}

interface Link {
  element: HTMLElement;
  address: string;
  host: string;
}

/** http, https and mailto open in a new tab; a path of this server is opened by JupyterLab; all else is no link. */
function linkTo(href: string, doc: Document): Link | null {
  const isAbsolute = /^\s*[a-z][a-z0-9+.-]*:|^\s*[\\/]{2}/i.test(href);
  const element = doc.createElement(isAbsolute ? 'a' : 'span');
  if (isAbsolute) {
    const url = parse(href);
    if (!url || !/^(https?|mailto):$/.test(url.protocol) || url.username || url.password) {
      return null;
    }
    element.setAttribute('href', url.href);
    element.setAttribute('title', url.href);
    element.setAttribute('target', '_blank');
    element.setAttribute('rel', 'noopener noreferrer nofollow');
    return { element, address: url.href, host: url.host || url.pathname };
  }
  const path = pathOf(href);
  if (!path) {
    return null;
  }
  element.setAttribute('class', 'jcr-PathLink');
  element.setAttribute('data-crush-path', path);
  element.setAttribute('title', path);
  element.setAttribute('role', 'link');
  element.setAttribute('tabindex', '0');
  return { element, address: path, host: '' };
}

function parse(href: string): URL | null {
  try {
    return new URL(href);
  } catch {
    return null;
  }
}

/** A path inside the server's files; null for fragments, queries and what climbs out. */
function pathOf(href: string): string | null {
  let path: string;
  try {
    path = decodeURIComponent(href.split(/[?#]/)[0] ?? '');
  } catch {
    return null;
  }
  const isUsable =
    path !== '' && !path.split('/').includes('..') && ![...path].some(char => char < ' ' || char === '\\');
  return isUsable ? path.replace(/^(\.?\/)+/, '') : null;
}
