"""What traits, environment and user files say, as one frozen object. Nothing inside a workspace is ever read for it.

``app.py`` makes it once, when the server starts; everyone else is handed it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from .wire import PermissionMode, Usage

ApiKey = str | Callable[[], str]
"""The key for the model's API, or what is asked for it before each request (:mod:`.models.api_key`)."""
Demo = Literal["auto", "never", "always"]
"""When the offline model answers: ``auto`` is when neither a key nor a base URL is set."""

MODES: tuple[PermissionMode, ...] = ("plan", "ask", "accept-edits", "auto")
"""Permission modes from the strictest to the loosest."""

EVERYONE = "*"
OWNER = "owner"
MIB = 1024 * 1024


Count = Annotated[int, Meta(gt=0)]
Seconds = Annotated[float, Meta(gt=0)]
Dollars = Annotated[float, Meta(ge=0)]


class Budgets(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one run may spend before it ends with the reason ``budget``. None: no limit."""

    steps: Count | None = 100
    """Model steps."""
    tokens: Count | None = None
    """Input and output tokens together."""
    cost_usd: Annotated[float, Meta(gt=0)] | None = None
    """Of what models cost by their price; a request whose sending alone would cross it is not made."""
    seconds: Seconds | None = None
    """Of work; waiting for a person's answer does not count."""

    def exceeded(self, usage: Usage, *, steps: int, seconds: float) -> str | None:
        """The first limit that was reached, in words; None while there is something left."""
        spent = {
            "steps": steps,
            "tokens": usage.input_tokens + usage.output_tokens,
            "cost_usd": usage.cost_usd or 0,
            "seconds": seconds,
        }
        for name, value in spent.items():
            limit = getattr(self, name)
            if limit is not None and value >= limit:
                return f"{limit} {name}"
        return None


class Timeouts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long to wait for a model's API."""

    connect: Seconds = 10.0
    """Seconds for a connection to be made."""
    first: Seconds = 300.0
    """Seconds from a request to the first content of its answer. Raise it for servers that read a long prompt slowly."""
    stall: Seconds = 60.0
    """Seconds without any event, once there was content."""
    progress: Seconds = 180.0
    """Seconds with nothing but signs of life (pings), once there was content."""
    whole: Seconds = 3600.0
    """Seconds from a request to the end of its answer."""


class Price(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model costs, in USD for a million tokens."""

    input: Dollars
    output: Dollars
    cache_read: Dollars | None = None
    """Input that the API had in its cache. None: as ``input``."""
    cache_write: Dollars | None = None
    """Input that it put into its cache. None: 1.25 times ``input``."""


class ModelOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says of one model; it goes before what is known of it."""

    id: Annotated[str, Meta(min_length=1)]
    name: str | None = None
    context_window: Count | None = None
    """Tokens that it reads, answer included."""
    max_tokens: Count | None = None
    """Most tokens of one answer. None: 16,000; fewer where they would not fit into the window."""
    price: Price | None = None
    """None: as its provider says at its own address. Where that is not known, ``budgets.cost_usd`` refuses its prompts."""
    images: bool | None = None
    """Whether it sees pictures, at a provider of kind openai. None: as its name tells, and where that tells nothing, no."""


class Provider(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One provider of models. Its key goes to its own address and nowhere else, and no other key goes there."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    """Of lower-case letters, digits, - and _. Its models are called name/model."""
    kind: str = "openai"
    """openai (Chat Completions), anthropic (the Messages API), or the name of an entry point in jupyter_crush.providers."""
    base_url: str | None = None
    """Address of the API. None: OpenAI's or Anthropic's own."""
    api_key_file: str | None = None
    """File with the key and nothing else, which only its owner may read (chmod 600)."""
    api_key_env: str | None = None
    """Variable of the server's environment that holds the key. It is taken out of it, see share_key."""
    api_key: Any = None
    """A function without arguments that gives the key and is asked before each request. The key's text is refused here."""
    key_header: str | None = None
    """Header that the key is sent in, at a provider of kind openai. None: as a bearer token."""
    headers: Mapping[str, str] = MappingProxyType({})
    """They go along with each request."""
    models: tuple[str | ModelOptions, ...] = ()
    """What it offers: names, or dictionaries as in CrushApp.models. None named: what the server lists."""
    full_requests: bool | None = None
    """As CrushApp.full_requests, at a provider of kind anthropic."""
    options: Mapping[str, Any] = MappingProxyType({})
    """Kind openai: fields that are added to each request. An entry point: arguments that it is called with."""

    def __post_init__(self) -> None:
        given = [name for name in ("api_key", "api_key_env", "api_key_file") if getattr(self, name)]
        if len(given) > 1:
            raise ValueError(f"{self.name} has {' and '.join(given)}, of which one is enough")
        if self.base_url is not None and not self.base_url.strip().startswith(("http://", "https://")):
            raise ValueError(f"the base_url of {self.name} begins with neither http:// nor https://")

    @property
    def model_options(self) -> tuple[ModelOptions, ...]:
        """What it offers, by the server's own names."""
        return tuple(ModelOptions(id=one) if isinstance(one, str) else one for one in self.models)

    def __repr__(self) -> str:
        """Without keys and headers."""
        return f"Provider({self.name!r}, {self.kind!r}, {self.base_url!r})"


def provider_options(value: object) -> tuple[Provider, ...]:
    """Read what is declared of providers; None, and a function that makes them, declare nothing. Raises msgspec.ValidationError."""
    if value is None or callable(value):
        return ()
    found = msgspec.convert(value, tuple[Provider, ...])
    for one in found:
        if one.api_key is not None and not callable(one.api_key):
            raise msgspec.ValidationError(
                f"{one.name}: api_key is a function; for a text use api_key_file or api_key_env"
            )
    names = [one.name for one in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise msgspec.ValidationError(f"{', '.join(twice)} is there more than once")
    return found


def model_options(value: object) -> tuple[ModelOptions, ...]:
    """Read what is said of models. Raises msgspec.ValidationError."""
    options = msgspec.convert(value, tuple[ModelOptions, ...])
    names = [one.id for one in options]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise msgspec.ValidationError(f"{', '.join(twice)} is there more than once")
    return options


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where what comes from outside ends."""

    body_bytes: Count = MIB
    """Of a request, prompts excepted. Larger: 413."""
    prompt_bytes: Count = 20 * MIB
    """Of a prompt with its attachments. Larger: 413."""
    text_bytes: Count = MIB
    """Of a prompt's own text in UTF-8, attachments excepted. Larger: 413."""
    streams: Count = 2000
    """Open event streams of the whole server. More: 503."""
    heartbeat: Seconds = 15.0
    """Seconds after which a silent stream sends a comment."""
    unread: Seconds = 60.0
    """Seconds that a client may leave what a stream sent unread, before it is cut off; it comes back with its cursor."""
    recheck: Seconds = 60.0
    """Seconds after which an open stream asks again whether its reader still has access."""
    checkpoint_bytes: Count = 32 * MIB
    """Of a file or notebook that is kept as it was before a run changed it. Larger: it cannot be put back as a whole."""
    checkpoints_bytes: Count = 512 * MIB
    """Of all that is kept so, in one workspace; that of the oldest runs goes first."""
    run_children: Count = 16
    """Runs that one run may start while it lasts. Each sends requests of its own to the model, all on one budget."""
    run_depth: Count = 2
    """Generations of runs below one that a person started: with ``run_children`` it bounds how many there can be at once, 272."""
    client_hold: Seconds = 30.0
    """Seconds that POST workspaces holds a workspace for a client without a stream."""
    stop: Seconds = 2.7
    """Seconds that closing all workspaces may take when the server stops; its streams get another 0.3."""


class Retention(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long sessions are kept. Erased is erased: messages, checkpoints and all else, from the file too."""

    undo: Annotated[float, Meta(ge=0)] = 3600.0
    """Seconds for which a deleted session can be brought back."""
    days: Annotated[float, Meta(gt=0)] | None = None
    """Days after its last change until a session is deleted by itself. None: never."""
    bytes: Count | None = None
    """Of a workspace's store; while there is more, the sessions that were changed longest ago are erased. None: no limit."""


class Reading(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the model sees of notebooks and outputs, in characters. More of a cell, or of what was just run: see ``closely``."""

    notebook: Count = 48_000
    """Of one reading of a notebook; cells that do not fit are listed by id, within it."""
    source: Count = 6_000
    """Of one cell's source; four times as much when the cell is named."""
    output: Count = 2_000
    """Of one output; eight times as much when its cell is named or was just run."""
    outputs: Count = 6_000
    """Of all outputs of a cell; four times as much when it is named or was just run."""
    traceback: Count = 3_000
    """Of a traceback: its end; four times as much when its cell is named or was just run."""
    images: Annotated[int, Meta(ge=0)] = 4
    """Images that go along with one result, when a cell is named or was just run. 0: for models that cannot see."""
    image_bytes: Count = 3_500_000
    """Of one image, decoded; a larger one is only named."""

    @property
    def closely(self) -> Reading:
        """For cells that are named, and for what was just run."""
        return replace(
            self, source=4 * self.source, output=8 * self.output, outputs=4 * self.outputs, traceback=4 * self.traceback
        )


def _read_as(kind: type) -> Callable[[object], Any]:
    return lambda value: msgspec.convert(value, kind, strict=False)  # a command line has only text


READERS: Mapping[str, Callable[[object], Any]] = {
    "budgets": _read_as(Budgets),
    "limits": _read_as(Limits),
    "reading": _read_as(Reading),
    "timeouts": _read_as(Timeouts),
    "retention": _read_as(Retention),
    "models": model_options,
    "providers": provider_options,
}
"""For each trait that is a structure: how its value is read. Each raises msgspec.ValidationError."""


class Config(Struct, frozen=True, kw_only=True):
    """All that can be configured. The traits of ``CrushApp`` say it with help texts; the names are the same."""

    data_dir: Path
    """Where the stores are: one folder for each workspace."""
    model: str | None = None
    """None: the provider's default."""
    small_model: str | None = None
    """For titles and summaries. None: see the trait."""
    base_url: str | None = None
    api_key: ApiKey | None = None
    auth_token: str | None = None
    """Sent as a bearer token, where there is no key."""
    headers: Mapping[str, str] = MappingProxyType({})
    """Of each request to the model's API."""
    full_requests: bool | None = None
    """Whether requests have what not every server takes (cache marks, thinking). None: only at Anthropic's own API."""
    models: tuple[ModelOptions, ...] = ()
    providers: tuple[Provider, ...] = ()
    """With their keys as ``api_key``: a text, or what is asked for it. None declared: see ``base_url`` and ``api_key``."""
    demo: Demo = "auto"
    permission_mode: PermissionMode = "ask"
    max_permission_mode: PermissionMode = "auto"
    idle_grace: float = 60.0
    """Seconds."""
    summarize_at: float = 0.85
    """Part of the model's context window; once that is filled, a summary comes before the next step or turn. 0: never by itself."""
    queue_limit: int = 20
    """Prompts waiting in one session."""
    denied_tools: frozenset[str] = frozenset()
    trusted_toolsets: frozenset[str] = frozenset()
    """Origins of toolsets whose reading is not asked for."""
    prompters: tuple[str, ...] = (EVERYONE,)
    approvers: tuple[str, ...] = (EVERYONE,)
    viewers: tuple[str, ...] = (EVERYONE,)
    owner: str | None = None
    """Whose server it is (JUPYTERHUB_USER); None: there are no lasting identities, and whoever is let in is the owner."""
    budgets: Budgets = Budgets()
    limits: Limits = Limits()
    reading: Reading = Reading()
    timeouts: Timeouts = Timeouts()
    retention: Retention = Retention()

    def __repr__(self) -> str:
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        shown |= {name: "set" if shown[name] else None for name in ("api_key", "auth_token")}
        shown["headers"] = sorted(self.headers)
        return f"Config({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @property
    def modes(self) -> tuple[PermissionMode, ...]:
        """The permission modes that may be chosen, the strictest first."""
        return MODES[: MODES.index(self.max_permission_mode) + 1]


def clamp_mode(wanted: PermissionMode, maximum: PermissionMode) -> PermissionMode:
    """The wanted mode, or the loosest one allowed when that is stricter."""
    return min(wanted, maximum, key=MODES.index)
