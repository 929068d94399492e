"""The module that the wheel carries, in Node with just enough of a document: hostile text, and the reducer."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.notebook.widget import view_module

DOCUMENT = """
class Node {
  constructor(tagName) { this.tagName = tagName.toUpperCase(); this.childNodes = []; }
  append(...nodes) { this.childNodes.push(...nodes); }
}
globalThis.document = { createElement: tag => new Node(tag) };
const joined = nodes => nodes.reduce((done, one) =>
  typeof one === 'string' && typeof done.at(-1) === 'string' ? [...done.slice(0, -1), done.at(-1) + one] : [...done, one], []);
const shown = one => typeof one === 'string' ? one : [one.tagName, ...joined(one.childNodes).map(shown)];
"""


def run(tmp_path: Path, script: str) -> Any:
    (tmp_path / "view.mjs").write_text(view_module())
    (tmp_path / "test.mjs").write_text(
        f"{DOCUMENT}\nconst {{ SessionView, markdown, visible }} = await import('./view.mjs');\n{script}"
    )
    done = subprocess.run(["node", "test.mjs"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("<script>alert(1)</script>", ["DIV", ["P", "<script>alert(1)</script>"]]),
        ("<b>a</b> &amp; &lt;i>", ["DIV", ["P", "<b>a</b> & <i>"]]),
        ("![x](http://evil/?q)", ["DIV", ["P", "x (http://evil/?q)"]]),
        ("[a](javascript:b) **c**", ["DIV", ["P", "a (javascript:b) ", ["STRONG", "c"]]]),
        ("http://evil/?q", ["DIV", ["P", "http://evil/?q"]]),
        (
            "# T\n- a\n- `b`\n1. c",
            ["DIV", ["H3", "T"], ["UL", ["LI", "a"], ["LI", ["CODE", "b"]]], ["OL", ["LI", "c"]]],
        ),
        ("```html\n<img>\n```\nend", ["DIV", ["PRE", ["CODE", "<img>"]], ["P", "end"]]),
        ("```\nopen", ["DIV", ["PRE", ["CODE", "open"]]]),
        ("a\u202eb", ["DIV", ["P", "a⟨U+202E⟩b"]]),
        ("one\ntwo\n\nthree", ["DIV", ["P", "one\ntwo"], ["P", "three"]]),
        (
            "| a | b |\n|---|--:|\n| `1` | <img> |",
            [
                "DIV",
                [
                    "TABLE",
                    ["THEAD", ["TR", ["TH", "a"], ["TH", "b"]]],
                    ["TBODY", ["TR", ["TD", ["CODE", "1"]], ["TD", "<img>"]]],
                ],
            ],
        ),
        ("- a\n  - b", ["DIV", ["UL", ["LI", "a", ["UL", ["LI", "b"]]]]]),
        ("> said", ["DIV", ["BLOCKQUOTE", ["P", "said"]]]),
    ],
)
def test_markdown_is_nodes_and_text(tmp_path: Path, text: str, nodes: list[Any]) -> None:
    assert run(tmp_path, f"console.log(JSON.stringify(shown(markdown({json.dumps(text)}))))") == nodes


SLOW = """
const ticks = size => Array.from({ length: size }, (_, at) => '`'.repeat(1 + (at * 7919) % 300)).join(' x ');
const texts = [ticks, size => '*a '.repeat(size * 9), size => '['.repeat(size * 9), size => '[a]('.repeat(size * 9)];
const time = text => Math.min(...[0, 1, 2].map(() => {
  const began = performance.now();
  markdown(text);
  return performance.now() - began;
}));
console.log(JSON.stringify(texts.map(make => time(make(3200)) / Math.max(20, time(make(400))))));
"""


def test_an_answer_that_is_made_to_be_slow_takes_as_long_as_it_is(tmp_path: Path) -> None:
    growth = run(tmp_path, SLOW)
    assert max(growth) < 24, "8 when it is linear, 64 when it is quadratic"


REDUCE = """
const event = (type, payload, change = 'updated') => ({ type, payload: { type: change, payload } });
const message = (id, seq, ...parts) => ({ id, seq, session_id: 's', role: 'assistant', parts });
const text = text => ({ type: 'text', text });
const delta = (offset, more, part = 0) =>
  event('message_delta', { message_id: 'm', session_id: 's', part, offset, text: more, kind: 'text' });
const view = new SessionView('s');
const say = () => view.messages.map(one => one.parts.map(part => part.text ?? part.type).join('|'));
const told = [];
const step = (...events) => { events.forEach(one => view.apply(one)); told.push(say()); };
"""


def test_deltas_and_facts_in_any_order_make_the_same_text(tmp_path: Path) -> None:
    script = """
    step(delta(0, '😀Hel'));
    step(event('message', message('m', 2)));
    step(delta(2, 'ello'), delta(0, '😀H'), delta(9, 'late'));
    step(event('message', message('m', 2, text('😀'))), event('message', message('a', 1, text('first'))));
    step(event('message', { ...message('x', 3, text('foreign')), session_id: 'other' }));
    step(event('message', message('m', 2, text('😀Hello there'), { type: 'finish', reason: 'end_turn' })), delta(0, 'again'));
    console.log(JSON.stringify(told));
    """
    assert run(tmp_path, REDUCE + script) == [
        [],
        ["😀Hel"],
        ["😀Hello"],
        ["first", "😀Hello"],
        ["first", "😀Hello"],
        ["first", "😀Hello there|finish"],
    ]


def test_runs_and_questions_come_and_go(tmp_path: Path) -> None:
    script = """
    const run = (run_id, state) => event('run', { run_id, session_id: 's', state, prompt: run_id });
    const look = () => told.push([view.isBusy, view.queue.map(one => one.run_id), view.asked.map(one => one.id)]);
    step(run('a', 'active'), run('b', 'queued'), event('permission_request', { id: 'p', session_id: 's', state: 'pending' })); look();
    step(event('permission_notification', { id: 'p', session_id: 's' }), run('b', 'active'));
    step(event('question_request', { id: 'q', session_id: 's', state: 'pending', questions: [] })); look();
    step(event('question_notification', { id: 'q', session_id: 's' }));
    step(event('run_complete', { run_id: 'a', session_id: 's' }), event('run_complete', { run_id: 'b', session_id: 's' })); look();
    console.log(JSON.stringify(told.filter(one => one.length)));
    """
    assert run(tmp_path, REDUCE + script) == [[True, ["b"], ["p"]], [True, [], ["q"]], [False, [], []]]


def test_nothing_in_the_view_parses_html_or_follows_an_address() -> None:
    code = view_module()
    parsing = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(", "import(")
    assert [word for word in (*parsing, "fetch(", "XMLHttpRequest", "new Image") if word in code] == []


SOURCES = Path(__file__).parents[2] / "labextension" / "src"


def test_no_address_of_a_text_becomes_an_attribute() -> None:
    """Only the parser's tokens have addresses, which are written as text; no source of the view sets one on a node."""
    sources = [*(SOURCES / "widget").iterdir(), SOURCES / "markdown" / "nodes.ts"]
    code = "\n".join(path.read_text("utf-8") for path in sources)
    assert len(sources) > 6
    assert (
        re.findall(
            r"\b(?:href|src|srcset|action|style)=|\.(?:href|src) = |setAttribute\('(?!start')|<(?:a|img)\b", code
        )
        == []
    )
