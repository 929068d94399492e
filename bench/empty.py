"""A handler that does nothing but authenticate: what accepting a prompt is compared with. And what of Python the server holds."""

from __future__ import annotations

import sys
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from .probe import Probe


class Empty(APIHandler):
    @web.authenticated
    async def post(self) -> None:
        self.set_status(202)
        self.finish("{}")


class Modules(APIHandler):
    @web.authenticated
    async def get(self) -> None:
        spec = getattr(sys.modules.get("anthropic"), "__spec__", None)
        self.finish({"anthropic": spec is not None and not getattr(spec, "_initializing", False)})


class Lag(APIHandler):
    """The longest that the event loop was not free since this was asked last, and what of it was what."""

    @web.authenticated
    async def get(self) -> None:
        probe: Probe = self.settings["bench_lag"]
        self.finish(probe.taken())


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "bench.empty"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    base = serverapp.web_app.settings["base_url"]
    routes = [(url_path_join(base, "bench/empty"), Empty), (url_path_join(base, "bench/modules"), Modules)]
    routes.append((url_path_join(base, "bench/lag"), Lag))
    serverapp.web_app.settings["bench_lag"] = Probe()
    serverapp.web_app.add_handlers(".*", routes)
