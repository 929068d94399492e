"""Run a command line in a shell, in bounds, and leave nothing running behind."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from ..errors import ToolError
from ..files import control_files, safe_path
from ..files.paths import Place, locate
from ..permissions.asks import Ask, Kind
from ..text.terminal import plain
from ..text.truncate import HeadTail, fit, head
from ..text.visible import exactly, one_line, quote, visible, with_visible
from . import limits, processes
from .port import Output, Prepared, Stopped, ToolContext
from .struct_tool import StructTool, text_beside

_SHELL_ENV = ("BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "PROMPT_COMMAND")


class RunCommandArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    command: Annotated[str, Meta(description="The command line, for bash.")]
    cwd: Annotated[str, Meta(description="Folder to run in, relative to the workspace. Default: its root.")] = ""
    timeout: Annotated[float, Meta(description="Seconds after which it is stopped. At most 3600.")] = (
        limits.COMMAND_SECONDS
    )
    description: Annotated[str, Meta(description="What it does, in a few words, for the user.")] = ""


class RunCommand(StructTool[RunCommandArgs]):
    name = "run_command"
    description = text_beside(__file__)
    kind: Kind = "shell"
    Args = RunCommandArgs

    async def prepare(self, args: RunCommandArgs, context: ToolContext) -> Prepared:
        command = _checked(args.command)
        seconds = seconds_of(args.timeout, limits.COMMAND_SECONDS_MAX)
        place = locate(args.cwd, context.root, context.prefix)
        with safe_path.open_folder(context.root, place.relative):
            pass
        control = control_files.find_mention(command)
        ask = Ask(
            description=_description(place, control),
            says=quote(args.description),
            params=with_visible(command=command, cwd=place.relative, timeout=seconds),
            path=place.api,
            key=("command", command, place.relative),
            scope=exactly(command, f"in {one_line(place.relative) or 'the workspace'}"),
            always=control is not None or control_files.must_ask(place, "write", context.private),
        )
        return Prepared(perform=lambda: _perform(command, place, seconds, context), ask=ask)


def seconds_of(wanted: float, most: float) -> float:
    """A time limit that the model chose, when it is one."""
    if not math.isfinite(wanted) or not 0 < wanted <= most:
        raise ToolError(f"timeout must be between 0 and {most:.0f} seconds.")
    return wanted


def _checked(command: str) -> str:
    if not command.strip():
        raise ToolError("The command is empty. Give a command line.")
    if len(command.encode("utf-8", "replace")) > limits.COMMAND_CHARS:
        raise ToolError(f"The command is longer than {limits.COMMAND_CHARS:,} bytes. Write a script file and run that.")
    try:
        command.encode()
    except UnicodeEncodeError as error:
        raise ToolError("The command holds half a character (a lone surrogate). Write it anew.") from error
    if "\0" in command:
        raise ToolError("The command holds a NUL character. Write it without.")
    return command


def _description(place: Place, control: str | None) -> str:
    text = f"Run a command in {'the workspace' if place.relative == '' else place.display}"
    return f"{text} (it names {control})" if control else text


async def _perform(command: str, place: Place, seconds: float, context: ToolContext) -> Output:
    kept = HeadTail(limits.OUTPUT_HEAD, limits.OUTPUT_TAIL)
    try:
        with safe_path.open_folder(context.root, place.relative) as folder:
            ended = await processes.run(
                [_shell(), "-c", "--", command],
                folder=folder,
                env=_environment(context.env, place),
                mark=context.new_id(),
                sink=_telling(kept, context.progress),
                seconds=seconds,
            )
    except asyncio.CancelledError:
        raise Stopped("the command was stopped, with all that it had started") from None
    first = _first_line(ended, seconds)
    return Output(
        content=fit(f"{first}\n{plain(kept.text()).rstrip() or '(no output)'}"),
        is_error=ended.cause != "exit" or ended.code != 0,
        metadata={
            "summary": f"{head(visible(command.strip().splitlines()[0]), 80)} · {first}",
            "exit_code": ended.code,
            "duration_ms": round(ended.seconds * 1000),
            "output_bytes": kept.total,
        },
    )


def _first_line(ended: processes.Ended, seconds: float) -> str:
    match ended.cause:
        case "time":
            return f"stopped after {seconds:g} s, its time limit"
        case "output":
            return f"stopped after {ended.seconds:.1f} s: it printed more than {limits.OUTPUT_BYTES // 1024**2} MB"
        case "exit":
            code = ended.code if ended.code is not None else -1
            how = f"exit code {code}" if code >= 0 else f"ended by signal {-code}"
            left = "; what it left running was stopped" if ended.stopped else ""
            return f"{how}, {ended.seconds:.1f} s{left}"


def _telling(kept: HeadTail, progress: Callable[[str], None]) -> Callable[[bytes], None]:
    """A sink that keeps what comes and now and then shows its end."""
    told = 0.0

    def sink(data: bytes) -> None:
        nonlocal told
        kept.add(data)
        if (now := time.monotonic()) - told >= limits.PROGRESS_SECONDS:
            told = now
            progress(plain(kept.end(limits.PROGRESS_CHARS)))

    return sink


def _shell() -> str:
    return next((shell for shell in ("/bin/bash", "/usr/bin/bash") if Path(shell).exists()), "/bin/sh")


def _environment(env: dict[str, str], place: Place) -> dict[str, str]:
    """The environment without what makes a shell run something of its own first."""
    kept = {k: v for k, v in env.items() if k not in _SHELL_ENV and not k.startswith("BASH_FUNC_")}
    return kept | {"PWD": str(place.real)}
