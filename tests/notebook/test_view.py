"""The view's JavaScript in Node, with just enough of a document: hostile text, and the reducer."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.notebook.widget import VIEW_PARTS, view_module

DOCUMENT = """
class Node {
  constructor(tagName) { this.tagName = tagName.toUpperCase(); this.childNodes = []; }
  append(...nodes) { this.childNodes.push(...nodes); }
  get lastElementChild() { return this.childNodes.findLast(one => typeof one !== 'string') ?? null; }
}
globalThis.document = { createElement: tag => new Node(tag) };
const shown = one => typeof one === 'string' ? one : [one.tagName, ...one.childNodes.map(shown)];
"""


def run(tmp_path: Path, script: str) -> Any:
    (tmp_path / "view.mjs").write_text(view_module())
    (tmp_path / "test.mjs").write_text(
        f"{DOCUMENT}\nconst {{ View, markdown, visible }} = await import('./view.mjs');\n{script}"
    )
    done = subprocess.run(["node", "test.mjs"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("<script>alert(1)</script>", ["DIV", ["P", "<script>alert(1)</script>"]]),
        ("![x](http://evil/?q)", ["DIV", ["P", "", "x (http://evil/?q)", ""]]),
        ("[a](javascript:b) **c**", ["DIV", ["P", "", "a (javascript:b)", " ", ["STRONG", "c"], ""]]),
        (
            "# T\n- a\n- `b`\n1. c",
            ["DIV", ["H3", "T"], ["UL", ["LI", "a"], ["LI", "", ["CODE", "b"], ""]], ["OL", ["LI", "c"]]],
        ),
        ("```html\n<img>\n```\nend", ["DIV", ["PRE", ["CODE", "<img>"]], ["P", "end"]]),
        ("```\nopen", ["DIV", ["PRE", ["CODE", "open"]]]),
        ("a\u202eb", ["DIV", ["P", "a⟨U+202E⟩b"]]),
        ("one\ntwo\n\nthree", ["DIV", ["P", "one", ["BR"], "two"], ["P", "three"]]),
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
const view = new View('s');
const say = () => view.ordered.map(one => one.parts.map(part => part.text ?? part.type).join('|'));
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
    const look = () => told.push([view.isBusy, view.queue.map(one => one.run_id), [...view.questions.keys()]]);
    step(run('a', 'active'), run('b', 'queued'), event('permission_request', { id: 'p', session_id: 's' })); look();
    step(event('permission_notification', { id: 'p', session_id: 's' }), run('b', 'active'));
    step(event('question_request', { id: 'q', session_id: 's' })); look();
    step(event('question_notification', { id: 'q', session_id: 's' }));
    step(event('run_complete', { run_id: 'a', session_id: 's' }), event('run_complete', { run_id: 'b', session_id: 's' })); look();
    console.log(JSON.stringify(told.filter(one => one.length)));
    """
    assert run(tmp_path, REDUCE + script) == [[True, ["b"], ["p"]], [True, [], ["q"]], [False, [], []]]


def test_nothing_in_the_view_parses_html_or_follows_an_address() -> None:
    code = view_module()
    parsing = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(", "import(")
    following = (".href", ".src", "fetch(")
    assert [word for word in (*parsing, *following) if word in code] == []
    assert len(VIEW_PARTS) == 8


ROLES = """
const { watching, waitsFor, OF_CODE } = await import('./roles.mjs');
const may = { prompt: false, approve: false, prompters: ['ana', 'ben'], approvers: ['ana'] };
const [leave, question] = [{ id: 'p' }, { id: 'q', questions: [] }];
console.log(JSON.stringify([
  watching(may), watching({ ...may, prompt: true }), watching(null), watching({ ...may, prompters: [] }),
  waitsFor(leave, may), waitsFor(question, may), waitsFor(leave, { ...may, approve: true }), waitsFor(leave, null),
  waitsFor(question, OF_CODE).split('. ')[0]
]));
"""


def test_who_may_not_is_told_whom_to_ask(tmp_path: Path) -> None:
    (tmp_path / "roles.mjs").write_text(f"{view_module()}\nexport {{ watching, waitsFor, OF_CODE }};")
    assert run(tmp_path, ROLES) == [
        "You are watching. Ask ana or ben to let you prompt.",
        None,
        None,
        "You are watching. Ask the owner of this server to let you prompt.",
        "This waits for ana.",
        "This waits for ana or ben.",
        None,
        None,
        "Answer in the Crush panel or in a terminal",
    ]
