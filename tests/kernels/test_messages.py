"""Large messages: both ends of what was printed, all of anything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import zmq
import zmq.asyncio
from jupyter_client.session import Session

from jupyter_crush.kernels import messages as kernel_messages
from jupyter_crush.kernels.messages import DROPPED, parse
from jupyter_crush.kernels.outputs import OutputLimits, Outputs


def stdlib(content: Any) -> bytes:
    return json.dumps(content).encode()


def compact(content: Any) -> bytes:
    """As orjson writes it, which kernels use where it is installed."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


TEXTS = {
    "lines": "a line of text\n",
    "escapes": '\\"\t\\n',
    "accents": "é — 漢字 ",
    "emoji": "👩‍🔬🧪",
    "escapes with places between": "\\\\\\\\\n\n" + "plain words here ",
}


@pytest.mark.parametrize("written", [stdlib, compact])
@pytest.mark.parametrize("name", TEXTS)
def test_of_a_large_printed_text_both_ends_come_exactly(name: str, written: Callable[[Any], bytes]) -> None:
    text = "".join(f"{TEXTS[name]}{number}" for number in range(12_000_000 // len(TEXTS[name])))
    content = parse(written({"name": "stdout", "text": text}))
    kept = content["text"]
    if DROPPED not in content:  # no place to cut was found: then all of it comes
        assert kept == text
        return
    assert content["name"] == "stdout"
    assert len(kept) < len(text)
    head = next(at for at, (ours, theirs) in enumerate(zip(kept, text, strict=False)) if ours != theirs)
    assert head > kernel_messages.END // 16
    assert text.endswith(kept[head:])


@pytest.mark.parametrize(
    "content",
    [
        {"name": "stdout", "text": "x" * 100},
        {"data": {"text/html": "<td>" * 5_000_000, "text/plain": '"name":"stdout","text":"'}, "metadata": {}},
        {"name": "other", "text": "x" * 20_000_000},
        {"execution_state": "idle"},
    ],
    ids=["small", "data", "unknown", "status"],
)
def test_everything_else_comes_whole(content: dict[str, Any]) -> None:
    assert parse(stdlib(content)) == content


def test_what_is_missing_in_the_middle_is_counted_and_the_ends_are_kept() -> None:
    outputs = Outputs(OutputLimits(stream=100))
    outputs.add("stream", {"name": "stdout", "text": "begin\n"})
    outputs.add("stream", {"name": "stdout", "text": "a" * 200 + "\n" + "b" * 200 + "\nend", DROPPED: 10_000})
    outputs.add("stream", {"name": "stdout", "text": "!\n"})
    (output,) = outputs.as_nbformat()
    head, _, rest = output["text"].partition("\n[… ")
    count, _, tail = rest.partition(" characters were not kept …]\n")
    assert head == "begin\n" + "a" * 44
    assert tail.endswith("b\nend!\n")
    assert int(count.replace(",", "")) + len(head) + len(tail) == 6 + 402 + 3 + 10_000 + 2


def test_a_text_that_is_acted_on_is_bounded_before_it_is() -> None:
    outputs = Outputs(OutputLimits(stream=1000))
    outputs.add("stream", {"name": "stdout", "text": "working\r" * 5_000_000 + "done\n"})
    (output,) = outputs.as_nbformat()
    assert output["text"].endswith("doneing\n")
    assert len(output["text"]) < 2000


HEADER = {"msg_id": "m1", "msg_type": "status", "session": "s1", "username": "u", "date": "2030-01-01T00:00:00Z"}


@pytest.mark.parametrize("parent", [None, {}, {"msg_id": None}, []])
async def test_a_message_without_a_parent_answers_nobody(parent: Any) -> None:
    message = await received([HEADER, parent, {}, {"execution_state": "busy"}])
    assert message is not None
    assert (message.kind, message.parent, message.process) == ("status", None, "s1")
    assert not message.answers("m1")


@pytest.mark.parametrize("bad", [None, {}, [], "x", {"msg_type": "status"}])
async def test_a_message_without_a_header_is_left_out_and_the_next_one_comes(bad: Any) -> None:
    message = await received([bad, {}, {}, {}], [HEADER, {"msg_id": "asked"}, None, None])
    assert message is not None
    assert message.answers("asked")
    assert message.content == {}


async def received(*messages: list[Any]) -> kernel_messages.Message | None:
    """What is heard of messages that a kernel sent over a real socket."""
    session = Session(key=b"")
    with zmq.asyncio.Context() as context, context.socket(zmq.PAIR) as kernel, context.socket(zmq.PAIR) as ours:
        kernel.bind("inproc://kernel")
        ours.connect("inproc://kernel")
        for parts in messages:
            await kernel.send_multipart([b"<IDS|MSG>", b"", *(json.dumps(part).encode() for part in parts)])
        return await kernel_messages.receive(SimpleNamespace(socket=ours, session=session), 5)
