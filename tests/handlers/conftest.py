from __future__ import annotations

from support.servers.crush_server import crush, crush_options, http, jp_server_config, model, server_options

__all__ = ["crush", "crush_options", "http", "jp_server_config", "model", "server_options"]
