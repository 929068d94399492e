/**
 * Markdown as nodes, where there is no renderer of JupyterLab's: in the chat in a cell. The parser is the one that JupyterLab uses;
 * only its tokens are taken, and each becomes an element with text in it. Nothing is ever parsed as HTML, and no address becomes a
 * link, an image or a request: it is written beside its words.
 */
import { Lexer } from 'marked';
import type { MarkedToken, Token, Tokens } from 'marked';
import { readable } from '../lib/visible';
import { splitBlocks } from './blocks';
import { isTooMuch } from './effort';
import { withoutHtml } from './quiet';

/** Headings of an answer stand below those of the notebook around it. */
const HEADING_SHIFT = 2;

/** The text as nodes in a `div`; a block on which the parser would stand still is shown as it was written. */
export function markdown(text: string): HTMLElement {
  const made = element('div');
  made.className = 'crush-text';
  for (const block of splitBlocks(readable(text))) {
    made.append(...renderBlock(block));
  }
  return made;
}

/** What is nested too deeply for the parser is shown as it was written, too. */
function renderBlock(block: string): (Node | string)[] {
  if (isTooMuch(block)) {
    return [element('p', block)];
  }
  try {
    return blocksOf(Lexer.lex(withoutHtml(block), { gfm: true }));
  } catch (error) {
    console.warn('jupyter_crush: markdown could not be rendered', error);
    return [element('p', block)];
  }
}

function element(name: string, ...children: readonly (Node | string)[]): HTMLElement {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

function blocksOf(tokens: readonly Token[]): (Node | string)[] {
  return tokens.flatMap(token => blockOf(token as MarkedToken));
}

function blockOf(token: MarkedToken): (Node | string)[] {
  switch (token.type) {
    case 'space':
    case 'def':
      return [];
    case 'hr':
      return [element('hr')];
    case 'heading':
      return [element(`h${Math.min(token.depth + HEADING_SHIFT, 6)}`, ...inlineOf(token.tokens))];
    case 'code':
      return [element('pre', element('code', token.text))];
    case 'blockquote':
      return [element('blockquote', ...blocksOf(token.tokens))];
    case 'list':
      return [listOf(token)];
    case 'table':
      return [tableOf(token)];
    case 'paragraph':
      return [element('p', ...inlineOf(token.tokens))];
    case 'text':
      return 'tokens' in token && token.tokens ? inlineOf(token.tokens) : [decodeEntities(token.text)];
    default:
      return inlineOf([token]);
  }
}

function listOf({ ordered, start, items }: Tokens.List): HTMLElement {
  const list = element(ordered ? 'ol' : 'ul', ...items.map(itemOf));
  if (ordered && typeof start === 'number' && start > 1) {
    list.setAttribute('start', String(start));
  }
  return list;
}

function itemOf({ task, checked, tokens }: Tokens.ListItem): HTMLElement {
  return element('li', ...(task ? [checked ? '☑ ' : '☐ '] : []), ...blocksOf(tokens));
}

function tableOf({ header, rows }: Tokens.Table): HTMLElement {
  const row = (cells: readonly Tokens.TableCell[], name: string): HTMLElement =>
    element('tr', ...cells.map(cell => alignCell(element(name, ...inlineOf(cell.tokens)), cell.align)));
  return element(
    'table',
    element('thead', row(header, 'th')),
    element('tbody', ...rows.map(cells => row(cells, 'td')))
  );
}

function alignCell(cell: HTMLElement, align: string | null): HTMLElement {
  if (align) {
    cell.className = `crush-${align}`;
  }
  return cell;
}

function inlineOf(tokens: readonly Token[] | undefined): (Node | string)[] {
  return (tokens ?? []).flatMap(token => spanOf(token as MarkedToken));
}

function spanOf(token: MarkedToken): (Node | string)[] {
  switch (token.type) {
    case 'strong':
    case 'em':
    case 'del':
      return [element(token.type, ...inlineOf(token.tokens))];
    case 'codespan':
      return [element('code', token.text)];
    case 'br':
      return [element('br')];
    case 'link':
      return token.text === token.href ? [token.text] : [...inlineOf(token.tokens), ` (${token.href})`];
    case 'image':
      return [`${token.text} (${token.href})`];
    case 'checkbox':
      return [];
    case 'text':
    case 'escape':
      return [decodeEntities(token.text)];
    default:
      return [token.raw];
  }
}

/** Text with the entities that stand for a character as that character. */
function decodeEntities(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? '');
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'" };
