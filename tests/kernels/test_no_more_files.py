"""A server that can open no more sockets to its kernels."""

from __future__ import annotations

import pytest
import zmq

from jupyter_crush.errors import OutOfFiles, known
from support.files.few_files import no_more_files
from support.kernels.kernel_room import KernelRoom


async def test_that_no_socket_can_be_opened_is_told_from_a_bug_and_passes(room: KernelRoom) -> None:
    await room.started()
    with no_more_files(), pytest.raises(zmq.ZMQError, match="Too many open files") as failed:
        await room.run("1")
    assert isinstance(known(failed.value), OutOfFiles)
    assert (await room.run("1")).status == "ok"
