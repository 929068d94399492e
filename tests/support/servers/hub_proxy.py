"""configurable-http-proxy, JupyterHub's own, in a process of its own: it comes with the front end's development packages."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

PROGRAM = Path(__file__).parents[3] / "labextension" / "node_modules" / ".bin" / "configurable-http-proxy"


class HubProxy(NamedTuple):
    """``port`` leads to the server that it stands before."""

    port: int

    @classmethod
    @asynccontextmanager
    async def before(cls, target: int) -> AsyncIterator[HubProxy]:
        assert PROGRAM.exists(), "Install the front end's packages first: cd labextension && npm install"
        port, inner = _free_ports(2)
        command = [str(PROGRAM), "--ip=127.0.0.1", f"--port={port}", "--api-ip=127.0.0.1", f"--api-port={inner}"]
        command += [f"--default-target=http://127.0.0.1:{target}", "--log-level=error"]
        environment = {**os.environ, "CONFIGPROXY_AUTH_TOKEN": "of-this-test"}
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=sys.stderr)
        try:
            async with asyncio.timeout(30):
                while not await _listens(port):
                    assert process.returncode is None, "the proxy did not start"
                    await asyncio.sleep(0.05)
            yield cls(port)
        finally:
            process.terminate()
            await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
