"""Whether two addresses are one server's. A token goes to the address that it was given for, and to no other."""

from __future__ import annotations

import socket
from urllib.parse import unquote, urlsplit

_PORTS = {"http": 80, "https": 443}


def is_same_server(one: str, other: str) -> bool:
    """Whether both lead to the same port and path, on one host or by two of this machine's own names."""
    return _place(one) == _place(other)


def _place(url: str) -> tuple[str, str, int | None, str]:
    parts = urlsplit(url)
    path = unquote(parts.path).rstrip("/")
    if parts.scheme not in _PORTS:
        return parts.scheme, parts.netloc, None, path
    host = (parts.hostname or "").lower()
    return parts.scheme, "this machine" if host in _own_names() else host, parts.port or _PORTS[parts.scheme], path


def _own_names() -> set[str]:
    """What Jupyter writes for this machine: the loopback's names, and the host's where it listens everywhere."""
    return {"localhost", "127.0.0.1", "::1", "0.0.0.0", "::", socket.gethostname().lower()}  # noqa: S104 - only compared
