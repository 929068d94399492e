/**
 * Cuts markdown into blocks that can be rendered one by one, so that what is finished is not rendered again while text streams.
 *
 * A cut is made only where no construct can reach over it: at a blank line outside of code fences and display math, when the
 * next line is neither indented nor, after a list, another item. Joined with a blank line the blocks are the source again.
 */
const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;
const ITEM = /^ {0,3}([-*+]|\d{1,9}[.)])(\s|$)/;
const INDENTED = /^(\t| {2,})/;

interface Open {
  fence: string | null;
  math: string | null;
}

export function splitBlocks(source: string): string[] {
  const blocks: string[] = [];
  let block: string[] = [];
  let blank = 0;
  const open: Open = { fence: null, math: null };
  for (const line of source.split(/\r?\n/)) {
    const isInside = open.fence !== null || open.math !== null;
    if (!isInside && line.trim() === '') {
      blank++;
      continue;
    }
    if (block.length && blank && !isInside && !continues(block, line)) {
      blocks.push(block.join('\n'));
      block = [];
    } else {
      block.push(...Array<string>(block.length ? blank : 0).fill(''));
    }
    blank = 0;
    block.push(line);
    follow(open, line);
  }
  if (block.length) {
    blocks.push(block.join('\n'));
  }
  return blocks;
}

function continues(block: readonly string[], line: string): boolean {
  if (INDENTED.test(line)) {
    return true;
  }
  return ITEM.test(block[0] ?? '') && (ITEM.test(line) || /^ {0,3}([-*+]|\d{1,9}[.)]?)$/.test(line));
}

/** Keep track of what a line opens or closes. */
function follow(open: Open, line: string): void {
  const fence = FENCE.exec(line);
  if (open.fence !== null) {
    if (fence?.[1]?.startsWith(open.fence) && fence[2]?.trim() === '') {
      open.fence = null;
    }
  } else if (open.math !== null) {
    if (line.includes(open.math)) {
      open.math = null;
    }
  } else if (fence && !(fence[1]?.startsWith('`') && fence[2]?.includes('`'))) {
    open.fence = fence[1] ?? null;
  } else if ((line.match(/\$\$/g) ?? []).length % 2 === 1) {
    open.math = '$$';
  } else if (line.includes('\\\\[') && !line.includes('\\\\]')) {
    open.math = '\\\\]';
  }
}
