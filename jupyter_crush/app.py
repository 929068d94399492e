"""The server extension: what can be configured, and how it starts and stops.

It stops the same way however the server is asked to: Jupyter awaits ``stop_extension`` on SIGTERM and POST /api/shutdown, and
the start hook makes SIGINT without a terminal (how JupyterHub stops a server) one of these too.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from pathlib import Path
from typing import Any, cast

import msgspec
from jupyter_core.paths import jupyter_data_dir
from jupyter_server._tz import utcnow
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from traitlets import Any as AnyTrait
from traitlets import Bool, Dict, Enum, Float, Int, List, TraitError, Unicode, default, validate
from traitlets import Callable as CallableTrait
from traitlets import Union as UnionTrait
from traitlets.config import Config as TraitsConfig

from .config import EVERYONE, MODES, READERS, ApiKey, Config, Demo, Provider, provider_options
from .documents.attached import AttachedBackend
from .documents.contents import ContentsBackend
from .documents.documents import Documents
from .documents.renames import Renames
from .documents.rooms import Rooms
from .documents.shared import SharedBackend
from .handlers.call import Services, warn_of_nobody
from .handlers.routes import PREFIX, handlers
from .handlers.streams import Streams
from .kernels.kernels import own_kernels
from .models.api_key import KeyFile, variable_of, with_key
from .models.catalog import catalog_of
from .permissions.names import Names, prompters_and_approvers
from .plugins.loading import plugins
from .processes import exposure
from .processes.allocator import give_back_large_blocks
from .processes.collector import settle
from .processes.descent import Descent
from .tools.toolsets import OURS
from .workspace.opening import Ports
from .workspace.registry import Workspaces, new_id

SECRETS = frozenset({"api_key", "headers", "providers"})
"""Traits whose values leave this object only inside Config."""
KEY_VARIABLE, TOKEN_VARIABLE = "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"
"""Variables of the environment that hold a key; the second is sent as a bearer token. As for the SDK, the first one wins."""
KEY_OPTIONS = ("CrushApp.api_key",)

STREAMS_GRACE = 0.3
"""Seconds that open streams get to write what is left."""


class CrushApp(ExtensionApp):
    """An AI agent that lives in the Jupyter server. Owner of the workspaces and the open streams."""

    name = "jupyter_crush"

    model = Unicode(help="Model to answer with. Empty: the provider's default.").tag(config=True)
    small_model = Unicode(
        help="Model for titles and summaries. Empty: summaries are by the session's model, titles by Anthropic's smallest model "
        "where that can be used, else they are the first prompt's words."
    ).tag(config=True)
    base_url = Unicode(
        help="Base URL of a server that speaks the Messages API (Ollama, llama.cpp, vLLM, LM Studio, a proxy). "
        "Default: the environment's ANTHROPIC_BASE_URL; empty: Anthropic's own."
    ).tag(config=True)
    api_key = UnionTrait(
        [Unicode(), CallableTrait()],
        help="Key for the model's API: a text, or in a Python file a function without arguments that gives it and is asked before "
        "each request to the model (a keyring, a vault, a command). Default: the environment's ANTHROPIC_API_KEY, or "
        "ANTHROPIC_AUTH_TOKEN, which is sent as a bearer token. Those and api_key_file are better places for a text: command lines "
        "can be read by others on the machine, and Jupyter's debug log shows configuration files.",
    ).tag(config=True)
    api_key_file = Unicode(
        help="File with the key for the model's API, and nothing else. It is read before each request to the model, and refused while "
        "others than its owner may read or change it (chmod 600). Keep it outside the folders that the agent works in."
    ).tag(config=True)
    headers = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="Headers that go along with each request to the model's API, as a gateway may want them.",
    ).tag(config=True)
    full_requests = Bool(
        None,
        allow_none=True,
        help="Whether requests have what not every server takes: marks for the prompt cache, and thinking. None: only at "
        "Anthropic's own API. True: for a gateway in front of it.",
    ).tag(config=True)
    models = List(
        Dict(),
        help="What is to be known of models, one dictionary each: id, name, context_window (tokens), max_tokens (of one answer; "
        "16000), price (USD for a million tokens: input, output, cache_read, cache_write). It goes before what is known; models "
        "that are not known are offered too. Without CrushApp.model, the first one named is the default at servers other than "
        "Anthropic's.",
    ).tag(config=True)
    timeouts = Dict(
        help="How long to wait for the model's API, in seconds: connect (10), first (300; from the request to the first content "
        "of its answer: raise it for servers that read a long prompt slowly), stall (60), progress (180), whole (3600)."
    ).tag(config=True)
    retention = Dict(
        help="How long sessions are kept: undo (seconds for which a deleted one can be brought back; then it is erased; 3600), days "
        "(after its last change until a session is deleted by itself; None: never), bytes (of a workspace's store; above it the "
        "sessions that were changed longest ago are erased; None: no limit)."
    ).tag(config=True)
    share_key = Bool(
        False,
        help="Leave ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN in the environment that kernels and terminals inherit. By default they "
        "are taken out once they are read, and overwritten where the server was given them, so that code in a kernel or terminal "
        "finds them neither in its own environment nor in what the system shows of the server's (/proc, ps). SECURITY.md says what "
        "that does not protect from.",
    ).tag(config=True)
    demo = Enum(
        ["auto", "never", "always"],
        "auto",
        help="When the built-in offline model answers; auto: when neither a key nor a base URL is set.",
    ).tag(config=True)
    providers = AnyTrait(
        None,
        allow_none=True,
        help="Providers of models, the default first, one dictionary each (docs/models.md): name, kind (openai, anthropic, or an "
        "entry point of jupyter_crush.providers), base_url, api_key_file, api_key_env or api_key (a function), headers, models, "
        "options. Their models are called name/model. Or a function that takes the Config and gives objects of "
        "jupyter_crush.models.port.Model. None: Anthropic's API or the offline model, as the other options say, and what "
        "packages add by those entry points.",
    ).tag(config=True)
    data_dir = Unicode(
        help="Folder for the sessions of all workspaces. Default: crush in Jupyter's data directory. On a network file "
        "system, choose a local disk."
    ).tag(config=True)
    permission_mode = Enum(
        MODES,
        "ask",
        help="What happens before the agent changes or runs something. plan: it only reads; ask: it asks; accept-edits: it "
        "asks before it runs something; auto: it does not ask, control files excepted.",
    ).tag(config=True)
    max_permission_mode = Enum(MODES, "auto", help="The loosest permission mode that anyone may choose.").tag(
        config=True
    )
    idle_grace = Float(
        60.0, min=0, help="Seconds that an idle workspace stays open after its last client has gone."
    ).tag(config=True)
    summarize_at = Float(
        0.85,
        min=0.0,
        max=1.0,
        help="Part of the model's context window; once that is filled, what was said is summarized: before the next turn, or in "
        "the middle of one, which goes on then. 0: only when somebody asks for it. Where the window is not known (it can be said in "
        "CrushApp.models), a turn is summarized when its server refuses it as too long.",
    ).tag(config=True)
    queue_limit = Int(20, min=1, help="Prompts that may wait in one session.").tag(config=True)
    denied_tools = Names(help="Names of tools that the agent does not get.").tag(config=True)
    toolsets = List(
        AnyTrait(),
        help="More tools for the agent: dotted names (package.module:name) of classes or functions that give a "
        "jupyter_crush.tools.Toolset, or those themselves. Installed packages add theirs by the entry points jupyter_crush.toolsets.",
    ).tag(config=True)
    trusted_toolsets = Names(
        help="Origins of toolsets (packages' names) that are believed: calls of their tools of kind read are not asked for."
    ).tag(config=True)
    prompters = Names(
        None,
        allow_none=True,
        help="Usernames that may direct the agent: prompts, cancels, sessions. '*': everyone whom Jupyter's authorizer lets "
        "in; 'owner': the user of this JupyterHub server. Default (None): on a JupyterHub the owner and whoever approvers "
        "names, so that others with a share watch; elsewhere everyone, for who has the token is one person.",
    ).tag(config=True)
    approvers = Names(
        None,
        allow_none=True,
        help="Usernames that may answer permission requests and choose a mode that asks less; modes and grants count for "
        "their runs only. As for prompters; default (None): on a JupyterHub the owner and whoever prompters names, '*' "
        "excepted; elsewhere everyone.",
    ).tag(config=True)
    viewers = Names(
        [EVERYONE], help="Usernames that may read sessions and events: '*', 'owner' and names, as for prompters."
    ).tag(config=True)
    budgets = Dict(
        help="What one run may spend: steps (model steps, 100), tokens, cost_usd, seconds. None: no limit. With cost_usd, models "
        "without a price (CrushApp.models) take no prompts."
    ).tag(config=True)
    limits = Dict(
        help="body_bytes (1 MiB), prompt_bytes (20 MiB), text_bytes (1 MiB), streams (2000), heartbeat (15 s), unread (60 s), "
        "recheck (60 s), checkpoint_bytes (32 MiB), checkpoints_bytes (512 MiB), run_children (16), run_depth (2), "
        "client_hold (30 s), stop (2.7 s)."
    ).tag(config=True)

    reading = Dict(
        help="What the model sees of notebooks and outputs, in characters: notebook (48000), source (6000), output (2000), "
        "outputs (6000), traceback (3000); images (4; 0: the model cannot see), image_bytes (3500000)."
    ).tag(config=True)

    _misconfigured: Exception | None = None
    services: Services | None = None
    """None until the extension is loaded, and when it could not be."""

    @default("base_url")
    def _default_base_url(self) -> str:
        return os.environ.get("ANTHROPIC_BASE_URL", "")

    @default("data_dir")
    def _default_data_dir(self) -> str:
        return str(Path(jupyter_data_dir()) / "crush")

    def _config_file_name_default(self) -> str:
        return "jupyter_crush_config"

    @validate(*READERS)
    def _check(self, proposal: Any) -> Any:
        name = proposal.trait.name
        try:
            READERS[name](proposal.value)
        except msgspec.ValidationError as error:
            raise TraitError(f"CrushApp.{name}: {error}") from error
        return proposal.value

    @property
    def _declared(self) -> tuple[Provider, ...]:
        return provider_options(self.providers)

    def _key(self) -> ApiKey | None:
        if self.api_key and self.api_key_file:
            raise TraitError("Set CrushApp.api_key or CrushApp.api_key_file, not both.")
        if self.api_key_file:
            return KeyFile(Path(self.api_key_file).expanduser())
        return cast("ApiKey", self.api_key) or os.environ.get(KEY_VARIABLE) or None

    def configured(self) -> Config:
        """The traits as one frozen object."""
        key = self._key()
        owner = os.environ.get("JUPYTERHUB_USER") or None
        prompters, approvers = prompters_and_approvers(self.prompters, self.approvers, owner)
        read = {name: reader(getattr(self, name)) for name, reader in READERS.items()}
        read["providers"] = tuple(with_key(one, os.environ) for one in self._declared)
        return Config(
            data_dir=Path(self.data_dir).expanduser(),
            model=self.model or None,
            small_model=self.small_model or None,
            base_url=self.base_url or None,
            api_key=key,
            auth_token=None if key else os.environ.get(TOKEN_VARIABLE) or None,
            demo=cast("Demo", self.demo),
            permission_mode=self.permission_mode,
            max_permission_mode=self.max_permission_mode,
            idle_grace=self.idle_grace,
            summarize_at=self.summarize_at,
            queue_limit=self.queue_limit,
            denied_tools=frozenset(self.denied_tools),
            trusted_toolsets=frozenset(self.trusted_toolsets),
            prompters=prompters,
            approvers=approvers,
            viewers=tuple(self.viewers),
            owner=owner,
            **read,
            headers=dict(self.headers),
            full_requests=self.full_requests,
        )

    # --- start ---

    def _link_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        """Where an option makes no sense Jupyter goes on with none of them, who may do what included: then nothing is loaded."""
        try:
            super()._link_jupyter_server_extension(serverapp)
        except Exception as error:
            self._misconfigured = error
            self._hide_key()
            raise

    def initialize_settings(self) -> None:
        if self._misconfigured is not None:
            raise RuntimeError(f"jupyter_crush is not loaded: {self._misconfigured}") from self._misconfigured
        try:
            config = self.configured()
        finally:
            self._hide_key()
        logging.getLogger(__package__).parent = self.server.log
        warn_of_nobody(config, self.server.identity_provider, self.log)
        renames = Renames()
        renames.listen(self.server.contents_manager)
        attached = AttachedBackend(new_id, renames=renames)
        workspaces = self._make_workspaces(config, attached, renames)
        self.services = Services(
            config=config,
            workspaces=workspaces,
            descent=Descent(workspaces.roots),
            attached=attached,
            streams=Streams(config.limits.streams),
            base_url=url_path_join(self.server.base_url, PREFIX),
        )

    def _hide_key(self) -> None:
        """First of all, before anything starts a process. What cannot be hidden is said."""
        declared = filter(None, map(variable_of, self._declared))
        exposure.hide(
            tuple(dict.fromkeys((KEY_VARIABLE, TOKEN_VARIABLE, *declared))),
            KEY_OPTIONS,
            self.log,
            is_shared=self.share_key,
        )

    def _make_workspaces(self, config: Config, attached: AttachedBackend, renames: Renames) -> Workspaces:
        server, given = self.server, self.providers if callable(self.providers) else None
        rooms = Rooms(server)
        contents = ContentsBackend(server.contents_manager, server.kernel_spec_manager, attached.interest, rooms.has)
        return Workspaces(
            config,
            root=Path(server.root_dir),
            ports=Ports(
                catalog=catalog_of(config, plugins("provider"), given),
                documents=Documents([SharedBackend(rooms), attached, contents], renames),
                kernels=own_kernels(server.kernel_manager, server.session_manager),
                toolsets=(OURS, *plugins("toolset", self.toolsets)),
            ),
            on_activity=self._on_activity,
            on_client=attached.streams,
        )

    @property
    def server(self) -> ServerApp:
        if self.serverapp is None:
            raise RuntimeError("the extension is not linked to a server yet")
        return self.serverapp

    def initialize_handlers(self) -> None:
        if self.services is not None:
            self.handlers.extend(handlers(self.services))

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:  # noqa: ARG002  the one already linked
        give_back_large_blocks()
        self._stop_on_sigint()
        if self.services is not None:
            await self.services.workspaces.recover()
        settle()

    def _stop_on_sigint(self) -> None:
        """Without a terminal Jupyter leaves SIGINT to Python, whose KeyboardInterrupt would end the server with no stop hook."""
        in_main_thread = threading.current_thread() is threading.main_thread()
        if in_main_thread and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self.server._signal_stop)  # noqa: SLF001  what Jupyter does on SIGTERM

    def _on_activity(self) -> None:
        """A working agent is activity, so that nobody culls the server under it."""
        self.server.web_app.settings["crush_last_activity"] = utcnow()

    def current_activity(self) -> dict[str, Any] | None:
        """What keeps the server from shutting down for want of activity."""
        return {"agent": "busy"} if self.services is not None and self.services.workspaces.is_busy else None

    # --- stop ---

    async def stop_extension(self) -> None:
        """End runs, write final states, end streams. Bounded, and never raises: Jupyter waits for it without a limit, and a
        failure here would leave its kernels running."""
        if self.services is None:
            return
        limit = self.services.config.limits.stop
        try:
            async with asyncio.timeout(limit):
                await self.services.workspaces.close()
        except TimeoutError:
            self.log.warning("jupyter_crush: not all was closed in %s s; the next start marks what was cut", limit)
        except Exception:
            self.log.exception("jupyter_crush: closing failed")
        await self.services.streams.close(STREAMS_GRACE)

    # --- what it says of itself ---

    def _prepare_config(self) -> None:
        """The base class puts all traits into the server's settings, where any extension and template can read them."""
        shown = {name: getattr(self, name) for name in self.class_own_traits() if name not in SECRETS}
        self.extension_config = TraitsConfig(shown)
        self.settings[f"{self.name}_config"] = self.extension_config
