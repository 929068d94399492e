"""An AI agent that lives in the Jupyter server."""

from __future__ import annotations

import importlib
from typing import Any

from ._version import __version__ as __version__

_LAZY = {
    "Answer": "notebook.answer",
    "AsyncClient": "client",
    "Chat": "notebook.widget",
    "Client": "client",
    "RunCancelled": "notebook.failure",
    "RunFailed": "notebook.failure",
    "ask": "notebook.asking",
    "ask_async": "notebook.asking",
}
"""What notebooks and programs use, and where it is: imported when it is named."""


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext jupyter_crush``: the magics %crush and %%crush."""
    importlib.import_module(".notebook.magics", __name__).load(shell)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    # Imported when the server asks: a notebook that imports this package has no server here.
    from .app import CrushApp  # noqa: PLC0415

    return [{"module": "jupyter_crush", "app": CrushApp}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "@jupyter-crush/labextension"}]
