"""The kernels that this server runs itself, or through a provisioner, over ZMQ.

A Session shared with somebody else's client gives both the same identity on the kernel's router, and one of them loses its replies;
so each channel has its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_core.utils import ensure_async

from .channel import Source
from .managers import KernelManager, KernelManagers
from .messages import Message, own_session, receive, widen
from .waiting import KernelGone


class ZmqChannels:
    """Implements :class:`~.channel.Channels` over Jupyter's kernel manager."""

    def __init__(self, kernels: KernelManagers) -> None:
        self._kernels = kernels

    def __contains__(self, kernel_id: str) -> bool:
        return kernel_id in self._kernels

    def open(self, kernel_id: str) -> ZmqChannel:
        if kernel_id not in self._kernels:
            raise KernelGone("The kernel was shut down.")
        return ZmqChannel(self._kernels, kernel_id)

    async def is_alive(self, kernel_id: str) -> bool:
        return await ensure_async(self._kernels.get_kernel(kernel_id).is_alive())

    def pids(self) -> frozenset[int]:
        found = (_pid(self._kernels.get_kernel(kernel_id)) for kernel_id in self._kernels.list_kernel_ids())
        return frozenset(pid for pid in found if isinstance(pid, int) and pid > 0)


class ZmqChannel:
    """Implements :class:`~.channel.Channel`. Owns its sockets."""

    def __init__(self, kernels: KernelManagers, kernel_id: str) -> None:
        self._kernels = kernels
        self._kernel_id = kernel_id
        self._kernel = kernels.get_kernel(kernel_id)
        self._client = _client(self._kernel)
        self._client.start_channels(stdin=False, hb=False, control=False)
        widen(self._client.iopub_channel)

    def send(self, kind: str, content: Mapping[str, Any]) -> str:
        message = self._client.session.msg(kind, dict(content))
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    async def receive(self, source: Source, within: float) -> Message | None:
        return await receive(self._client.shell_channel if source == "shell" else self._client.iopub_channel, within)

    def exists(self) -> bool:
        return self._kernel_id in self._kernels

    async def is_alive(self) -> bool:
        return await ensure_async(self._kernel.is_alive())

    def is_busy(self) -> bool:
        return getattr(self._kernel, "execution_state", None) == "busy"

    def process(self) -> object:
        return _pid(self._kernel)

    def restarts_itself(self) -> bool:
        return bool(getattr(self._kernel, "autorestart", False))

    async def restart(self) -> None:
        await ensure_async(self._kernels.restart_kernel(self._kernel_id))

    async def interrupt(self) -> None:
        try:
            await ensure_async(self._kernel.interrupt_kernel())
        except RuntimeError as error:
            raise KernelGone("The kernel died.") from error

    def close(self) -> None:
        self._client.stop_channels()


def _pid(kernel: KernelManager) -> object:
    """The process, where there is one on this machine."""
    return getattr(getattr(kernel, "provisioner", None), "pid", None)


def _client(kernel: KernelManager) -> AsyncKernelClient:
    """An asynchronous client with its own Session, also from a manager that would make a blocking one."""
    session = own_session(kernel.session)
    client = kernel.client(session=session)
    if isinstance(client, AsyncKernelClient):
        return client
    own = AsyncKernelClient(session=session)
    own.load_connection_info(kernel.get_connection_info())
    return own
