// @vitest-environment jsdom
import { describe, expect, test } from 'vitest';
import { splitBlocks } from '../../src/markdown/blocks';
import { withoutHtml } from '../../src/markdown/quiet';
import { plain } from '../../src/markdown/sanitizer';
import { visible } from '../../src/lib/visible';
import { PAYLOADS } from '../support/payloads';

describe('blocks', () => {
  test.each([
    ['paragraphs', 'one\n\ntwo', ['one', 'two']],
    ['a fence with blank lines in it', '```py\na\n\nb\n```\n\nend', ['```py\na\n\nb\n```', 'end']],
    ['a fence that is still open', 'x\n\n```py\na\n\nb', ['x', '```py\na\n\nb']],
    ['a longer fence around a fence', '````\n```\n\n```\n````\n\nx', ['````\n```\n\n```\n````', 'x']],
    ['a loose list', '- a\n\n- b\n\n  more\n\nend', ['- a\n\n- b\n\n  more', 'end']],
    ['a list whose next item has only begun', '- a\n\n-', ['- a\n\n-']],
    ['display math', '$$\na\n\nb\n$$\n\nx', ['$$\na\n\nb\n$$', 'x']],
    ['nothing', '', []],
    ['blank lines', '\n\n\n', []]
  ])('%s', (_, source, blocks) => {
    expect(splitBlocks(source)).toEqual(blocks);
  });

  test('that are finished never change while text is added', () => {
    const source = 'Intro\n\n- a\n\n- b\n\n```py\nx\n\ny\n```\n\n$$\nz\n$$\n\nEnd *here*.';
    let before: string[] = [];
    for (let end = 0; end <= source.length; end++) {
      const blocks = splitBlocks(source.slice(0, end));
      expect(blocks.slice(0, Math.max(0, before.length - 1))).toEqual(before.slice(0, -1));
      before = blocks;
    }
  });
});

describe('raw HTML', () => {
  test.each([
    ['a <b>x</b>', 'a &lt;b>x&lt;/b>'],
    ['`<b>` and ``a ` <i>``', '`<b>` and ``a ` <i>``'],
    ['```html\n<b>\n```\n<i>', '```html\n<b>\n```\n&lt;i>'],
    ['<https://example.org/a> <!-- x -->', '<https://example.org/a> &lt;!-- x -->'],
    ['a < b and 1<2', 'a < b and 1<2'],
    ['`open <b>', '`open &lt;b>'],
    ['```mermaid\ngraph\n```', '```text\ngraph\n```'],
    ['```py onclick="x"\na\n```', '```py\na\n```'],
    ['\\<b>', '\\<b>'],
    ['a\n\n    <b>', 'a\n\n    <b>']
  ])('%j becomes text outside of code', (source, quiet) => {
    expect(withoutHtml(source)).toBe(quiet);
  });
});

const SAFE_ATTRIBUTES = new Set('class href title target rel start align role tabindex data-crush-path'.split(' '));
const SAFE_TAGS = new Set(
  'p br hr em strong del s sub sup code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 table caption thead tbody tr th td span div a'.split(
    ' '
  )
);

function assertHarmless(html: string): void {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  expect(parsed.head.childNodes.length).toBe(0);
  parsed.body.querySelectorAll('*').forEach(element => {
    expect(SAFE_TAGS).toContain(element.localName);
    for (const { name, value } of element.attributes) {
      expect(SAFE_ATTRIBUTES).toContain(name);
      if (name === 'href') {
        expect(value).toMatch(/^(https?:|mailto:)/);
        expect(element.getAttribute('rel')).toContain('noopener');
      }
      if (name === 'class') {
        expect(value).toMatch(/^((cm-|tok-|language-|\u037c)\S*( |$))+$|^jcr-(PathLink|Link-host)$/);
      }
      if (name === 'data-crush-path') {
        expect(value).not.toMatch(/(^|\/)\.\.(\/|$)|^[a-z]+:|^\//i);
      }
    }
  });
}

describe('hostile text', () => {
  test('has a corpus worth its name', () => {
    expect(PAYLOADS.length).toBeGreaterThanOrEqual(300);
    expect(new Set(PAYLOADS).size).toBe(PAYLOADS.length);
  });

  test.each(PAYLOADS)('%j is harmless, and means the same when it is read again', payload => {
    const once = plain(payload);
    assertHarmless(once);
    expect(new DOMParser().parseFromString(once, 'text/html').body.innerHTML).toBe(once);
  });

  test.each(PAYLOADS)('%j is harmless cut at every byte', payload => {
    const step = payload.length > 200 ? 17 : 1;
    for (let end = 1; end < payload.length; end += step) {
      assertHarmless(plain(payload.slice(0, end)));
    }
  });
});

describe('links', () => {
  test('say where they go', () => {
    expect(plain('<a href="https://evil.example/x">My bank</a>')).toContain('jcr-Link-host"> (evil.example)</span>');
    expect(plain('<a href="https://a.example/">https://a.example/</a>')).not.toContain('jcr-Link-host');
  });

  test('of pictures load nothing', () => {
    const html = plain('<img src="https://evil.example/pixel.png" alt="plot">');
    expect(html).toContain('[plot]');
    expect(html).not.toContain('<img');
  });

  test('to files are opened by JupyterLab', () => {
    expect(plain('<a href="data/a%20b.csv">x</a>')).toContain('data-crush-path="data/a b.csv"');
    expect(plain('<a href="../../etc/passwd">x</a>')).toBe('x');
  });
});

describe('characters that hide', () => {
  test('are shown', () => {
    expect(visible('a\u202eb\u200bc\u0007\t\n')).toBe('a⟨U+202E⟩b⟨U+200B⟩c⟨U+0007⟩\t\n');
    expect(visible('x\u{e0041}')).toBe('x⟨U+E0041⟩');
    expect(visible('ünïcödé 😀')).toBe('ünïcödé 😀');
  });
});
