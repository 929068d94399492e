/** The panel's folders in their order, and what in a set of sources breaks it. */
import { posix } from 'node:path';

/** A file imports only from its own folder and from those before it. */
export const FOLDERS = [
  'wire',
  'lib',
  'stream',
  'markdown',
  'session',
  'notebook',
  'context',
  'review',
  'documents',
  'tokens',
  'view',
  'widget',
  'plugins',
  'index'
];
const MOST_LINES = 400;
const GENERATED = 'wire.ts';
const IMPORT = /(?:\bfrom|\bimport|\bimport\()\s*'(\.[^']*)'/g;

const EXPORT = /^export (?:abstract |async )?(?:function|class|interface|type|const) (\w+)/gm;

/** What is wrong in `sources` (a text by its path below src), each in a sentence. */
export function faults(sources: ReadonlyMap<string, string>): string[] {
  const imports = new Map([...sources].map(([path, text]) => [path, importsOf(path, text, sources)]));
  return [
    ...[...sources.keys()].filter(path => !FOLDERS.includes(folderOf(path))).map(path => `${path} is in no folder`),
    ...[...imports].flatMap(([path, targets]) =>
      targets.filter(to => isUp(path, to)).map(to => `${path} imports ${to}`)
    ),
    ...circles(imports),
    ...homonyms(sources),
    ...[...sources]
      .filter(([path, text]) => path !== GENERATED && linesOf(text) > MOST_LINES)
      .map(([path]) => `${path} is too long`)
  ];
}

/** `view/Card.tsx` is in `view`; a file beside the folders is a folder of its own. */
function folderOf(path: string): string {
  return (path.split('/')[0] ?? '').replace(/\.tsx?$/, '');
}

function isUp(path: string, target: string): boolean {
  return FOLDERS.indexOf(folderOf(target)) > FOLDERS.indexOf(folderOf(path));
}

function importsOf(path: string, text: string, sources: ReadonlyMap<string, string>): string[] {
  return [...text.matchAll(IMPORT)].map(([, name = '']) => {
    const base = posix.join(posix.dirname(path), name).replace(/\.js$/, '');
    return [`${base}.ts`, `${base}.tsx`].find(one => sources.has(one)) ?? `${base} (missing)`;
  });
}

/** Files that import each other, type imports included: neither could be read without the other. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) {
      found.push(`a circle: ${[...way.slice(way.indexOf(path)), path].join(' → ')}`);
    } else if (!done.has(path)) {
      imports.get(path)?.forEach(target => visit(target, [...way, path]));
      done.add(path);
    }
  };
  [...imports.keys()].forEach(path => visit(path, []));
  return found;
}

/** Names that two files export: one name is one thing. */
function homonyms(sources: ReadonlyMap<string, string>): string[] {
  const found = new Map<string, Set<string>>();
  for (const [path, text] of sources) {
    for (const [, name = ''] of text.matchAll(EXPORT)) {
      found.set(name, (found.get(name) ?? new Set()).add(path));
    }
  }
  return [...found]
    .filter(([, paths]) => paths.size > 1)
    .map(([name, paths]) => `${name} is in ${[...paths].join(' and ')}`);
}

function linesOf(text: string): number {
  return text.split('\n').length - 1;
}
