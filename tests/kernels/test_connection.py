"""What a connection makes of what a kernel says, and of what it does not say."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from jupyter_crush.kernels.connection import Connection
from jupyter_crush.kernels.outputs import Outputs
from jupyter_crush.kernels.scripted_channel import Said, ScriptedChannel
from jupyter_crush.kernels.waiting import KernelGone, KernelSilent, Waiting

INFO: tuple[Said, ...] = (
    ("iopub", "status", {"execution_state": "busy"}),
    ("shell", "kernel_info_reply", {"language_info": {"name": "python"}}),
    ("iopub", "status", {"execution_state": "idle"}),
)
BUSY: Said = ("iopub", "status", {"execution_state": "busy"})
IDLE: Said = ("iopub", "status", {"execution_state": "idle"})
REPLY: Said = ("shell", "execute_reply", {"status": "ok", "execution_count": 1})
HELLO: Said = ("iopub", "stream", {"name": "stdout", "text": "hello"})


def kernel(*answers: Said) -> ScriptedChannel:
    """One that says this to code."""

    def script(kind: str, _content: Mapping[str, Any]) -> Iterable[Said]:
        return INFO if kind == "kernel_info_request" else answers

    return ScriptedChannel(script)


def ticking(step: float) -> Callable[[], float]:
    """A clock on which ``step`` seconds pass each time that somebody looks."""
    return map(float, itertools.count(0, step)).__next__


def patience(clock: Callable[[], float]) -> Waiting:
    return Waiting(clock, lambda _words: None)


async def run(channel: ScriptedChannel, clock: Callable[[], float]) -> tuple[bool, Any]:
    connection = Connection(channel, clock)
    await connection.free(patience(clock))
    request = connection.send("print('hello')", Outputs(), store_history=True)
    return await connection.follow(request, until=None, took=lambda _changed: None), request


async def test_code_is_followed_to_its_end() -> None:
    ended, request = await run(kernel(BUSY, HELLO, IDLE, REPLY), ticking(0.001))
    assert ended
    assert request.reply["status"] == "ok"
    assert request.outputs.as_nbformat()[0]["text"] == "hello"


async def test_an_end_that_was_lost_on_the_way_is_known_by_the_reply() -> None:
    ended, request = await run(kernel(BUSY, HELLO, REPLY), ticking(0.001))
    assert ended
    assert not request.idle


async def test_a_reply_that_never_comes_is_waited_for_within_a_bound_and_is_none() -> None:
    ended, request = await run(kernel(BUSY, IDLE), ticking(0.05))
    assert ended
    assert request.reply is None


async def test_a_kernel_that_says_nothing_is_silent_not_free() -> None:
    clock = ticking(0.5)
    connection = Connection(ScriptedChannel(lambda _kind, _content: ()), clock)
    with pytest.raises(KernelSilent):
        await connection.free(patience(clock))


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (lambda channel: setattr(channel, "alive", False), "died"),
        (lambda channel: setattr(channel, "number", 2), "restarted"),
        (lambda channel: channel.close(), "shut down"),
    ],
)
async def test_what_happens_to_a_kernel_in_mid_run_is_said(
    happens: Callable[[ScriptedChannel], None], said: str
) -> None:
    clock, channel = ticking(0.1), kernel(BUSY)
    connection = Connection(channel, clock)
    await connection.free(patience(clock))
    request = connection.send("loop()", Outputs(), store_history=True)
    happens(channel)
    with pytest.raises(KernelGone, match=said):
        await connection.follow(request, until=None, took=lambda _changed: None)


async def test_messages_of_others_are_not_ours() -> None:
    channel = kernel(BUSY, IDLE, REPLY)
    channel.say("iopub", "stream", {"name": "stdout", "text": "theirs"}, parent="another-client")
    channel.say("iopub", "stream", {"name": "stdout", "text": "nobody's"})
    _, request = await run(channel, ticking(0.001))
    assert request.outputs.as_nbformat() == ()
