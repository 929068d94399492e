"""Jupyter's managers of kernels and sessions, as far as this package calls them: their own types are looser."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, Protocol, TypeAlias, TypeVar

from jupyter_client.session import Session

T = TypeVar("T")
Maybe: TypeAlias = Awaitable[T] | T
"""What a manager answers at once or later; ``ensure_async`` awaits either."""


class KernelManager(Protocol):
    """One kernel."""

    @property
    def session(self) -> Session: ...

    def client(self, *, session: Session) -> Any:
        """A client of one of several classes."""

    def get_connection_info(self) -> Any: ...

    def is_alive(self) -> Maybe[bool]: ...

    def interrupt_kernel(self) -> Maybe[None]:
        """Raises RuntimeError when there is no process any more."""


class KernelSpecManager(Protocol):
    def get_kernel_spec(self, kernel_name: str) -> Maybe[Any]:
        """Raises NoSuchKernel."""


class KernelManagers(Protocol):
    """All kernels of a server: ``ServerApp.kernel_manager``."""

    @property
    def default_kernel_name(self) -> str: ...

    @property
    def kernel_spec_manager(self) -> KernelSpecManager: ...

    def __contains__(self, kernel_id: str) -> bool: ...

    def list_kernel_ids(self) -> Iterable[str]: ...

    def get_kernel(self, kernel_id: str) -> KernelManager: ...

    def start_kernel(self, *, path: str, kernel_name: str, env: dict[str, str]) -> Maybe[str]: ...

    def restart_kernel(self, kernel_id: str) -> Maybe[None]: ...


class KernelPaths(Protocol):
    """What the sessions know of a contents manager."""

    def get_kernel_path(self, *, path: str) -> Maybe[str]: ...


class SessionManager(Protocol):
    """Which notebook has which kernel: ``ServerApp.session_manager``. A session is a model as its REST API has it."""

    @property
    def contents_manager(self) -> KernelPaths: ...

    def get_kernel_env(self, path: str, name: str) -> Mapping[str, str]: ...

    def list_sessions(self) -> Awaitable[list[dict[str, Any]]]: ...

    def create_session(
        self,
        *,
        path: str,
        name: str,
        type: str,  # noqa: A002  its name
        kernel_name: str,
        kernel_id: str | None = None,
    ) -> Awaitable[dict[str, Any]]: ...

    def delete_session(self, session_id: str) -> Awaitable[None]: ...
