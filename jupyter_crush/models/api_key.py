"""The key for the model's API: a text, or something that is asked for it before each request to the model.

What is asked may answer otherwise next time, so a key that was changed in its file, a keyring or a vault is used at once. Whatever
goes wrong says so without the key, also without what foreign code said: that could hold it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from msgspec.structs import replace

from ..config import ApiKey, Provider
from ..errors import ModelAuthError

KEY_BYTES = 16 * 1024
"""Bytes that a key's file may have."""


OWN_VARIABLES: Mapping[str, str] = MappingProxyType({"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"})
"""By kind of provider: the variable that holds the key for its own address, where no other source is declared."""


class KeyFile:
    """A key in a file that nobody else may read. Calling it reads the file. Raises ModelAuthError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self) -> str:
        try:
            with self.path.open("rb") as file:
                self._check(os.fstat(file.fileno()))
                return file.read(KEY_BYTES + 1).decode("ascii").strip()
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise ModelAuthError(
                f"The key's file {self.path} cannot be read: {why}. Check CrushApp.api_key_file."
            ) from error
        except UnicodeDecodeError:
            raise ModelAuthError(f"{self.path} holds no key. Write the key into it, and nothing else.") from None

    def _check(self, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode) or found.st_size > KEY_BYTES:
            raise ModelAuthError(f"{self.path} is no file with a key. Check CrushApp.api_key_file.")
        if os.name == "posix" and found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            mode = stat.S_IMODE(found.st_mode)
            raise ModelAuthError(
                f"The key in {self.path} is not used: others on this machine may read or change that file (mode {mode:03o}). "
                f"Make it yours alone: chmod 600 {self.path}"
            )

    def __repr__(self) -> str:
        return f"KeyFile({str(self.path)!r})"


def key_now(source: ApiKey | None) -> str | None:
    """The key as it is now; None when there is none to be asked for. Raises ModelAuthError."""
    if source is None or isinstance(source, str):
        return source or None
    key = _asked(source)
    if not key or not key.isascii() or not key.isprintable():
        where = source.path if isinstance(source, KeyFile) else "CrushApp.api_key"
        raise ModelAuthError(f"{where} gave no key: a key is one line of letters, digits and signs.")
    return key


def _asked(source: Callable[[], str]) -> str:
    try:
        key: object = source()
    except ModelAuthError:
        raise
    except Exception as error:  # noqa: BLE001  what an administrator's function raises
        raise ModelAuthError(
            f"CrushApp.api_key, a function, failed with {type(error).__name__}. Call it in a shell to see why."
        ) from None
    return key.strip() if isinstance(key, str) else ""


def variable_of(provider: Provider) -> str | None:
    """The environment's variable that holds a declared provider's key. None: its key is elsewhere, or it has none."""
    if provider.api_key_env or provider.api_key or provider.api_key_file or provider.base_url:
        return provider.api_key_env
    return OWN_VARIABLES.get(provider.kind)


def with_key(provider: Provider, environment: Mapping[str, str]) -> Provider:
    """With the source of its key as ``api_key``. A key of the environment belongs to the address that it was made for, or to the one
    that it is declared with: no other gets it."""
    source: ApiKey | None = provider.api_key
    if provider.api_key_file:
        source = KeyFile(Path(provider.api_key_file).expanduser())
    elif (name := variable_of(provider)) is not None:
        source = environment.get(name) or (_Unset(name) if provider.api_key_env else None)
    return replace(provider, api_key=source, api_key_file=None, api_key_env=None)


class _Unset:
    """A variable that was declared to hold a key, and did not."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self) -> str:
        raise ModelAuthError(
            f"There was no {self.name} in the environment when the server started. Set it, and restart it."
        )
