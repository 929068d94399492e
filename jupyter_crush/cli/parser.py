"""The command line: what can be said, and what ``--help`` says of it."""

from __future__ import annotations

import argparse
from typing import TypeAlias

from .._version import __version__

_EPILOG = """\
exit codes:
  0 done, 1 error, 2 wrong usage, 3 cancelled,
  4 something that the run asked permission for was denied, 5 no server could be reached

the server:
  --url, else CRUSH_URL (with CRUSH_TOKEN), else JUPYTER_SERVER_URL (with JUPYTER_TOKEN),
  else the server this kernel belongs to, else JupyterHub's, else the running server whose
  folder holds the working folder, else the only one that runs. The token is never an
  argument: others on the machine can read command lines.
"""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="jupyter crush",
        description="Work with the agent in your Jupyter server, in the same sessions as the browser.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _run(commands)
    _sessions(commands)
    _show(commands)
    _attach(commands)
    _cancel(commands)
    _changes(commands)
    _export(commands)
    _doctor(commands)
    _demo(commands)
    return top


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no public name


def _command(commands: Commands, name: str, text: str, *, serves: bool = False) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name, help=text, description=text, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.set_defaults(module=name, serve=False)
    command.add_argument("--url", help="address of the Jupyter server")
    command.add_argument("--workspace", metavar="PATH", help="folder to work in, relative to the server's root")
    command.add_argument("-q", "--quiet", action="store_true", help="say nothing but the answer and errors")
    if serves:
        command.add_argument(
            "--serve", action="store_true", help="start a Jupyter server in the working folder, and stop it afterwards"
        )
    return command


def _session(command: argparse.ArgumentParser) -> None:
    command.add_argument("session", nargs="?", help="id of the session, or the beginning of it (default: the newest)")


def _run(commands: Commands) -> None:
    command = _command(commands, "run", "Hand the agent a prompt and wait for its answer.", serves=True)
    command.add_argument("prompt", nargs="*", help="what to do; what is piped in is added to it")
    which = command.add_mutually_exclusive_group()
    which.add_argument("-s", "--session", help="go on in this session")
    which.add_argument("-C", "--continue", dest="go_on", action="store_true", help="go on in the newest session")
    command.add_argument("-m", "--model", help="model for this session")
    command.add_argument(
        "--mode", choices=["ask", "accept-edits", "plan", "auto"], help="what needs no asking, for this run"
    )
    command.add_argument("-y", "--yes", action="store_true", help="allow everything that this run asks permission for")
    command.add_argument("--output", choices=["text", "json", "stream-json"], default="text", help="what is printed")
    command.add_argument(
        "--json", dest="output", action="store_const", const="stream-json", help="print the events, one JSON a line"
    )


def _sessions(commands: Commands) -> None:
    command = _command(commands, "sessions", "List the sessions, newest first.")
    command.add_argument("--json", action="store_true", help="as JSON")


def _show(commands: Commands) -> None:
    command = _command(commands, "show", "Print a session.")
    _session(command)
    command.add_argument("--json", action="store_true", help="as JSON")


def _attach(commands: Commands) -> None:
    command = _command(commands, "attach", "Follow a session, answer what the agent asks, and write to it.")
    _session(command)


def _cancel(commands: Commands) -> None:
    command = _command(commands, "cancel", "Cancel what runs and waits in a session.")
    _session(command)


def _changes(commands: Commands) -> None:
    command = _command(commands, "changes", "Show what the agent changed in files and notebooks; keep or revert it.")
    _session(command)
    what = command.add_mutually_exclusive_group()
    what.add_argument("--keep", action="store_true", help="take it off the list")
    what.add_argument("--revert", action="store_true", help="put back what was there before")
    what.add_argument("--json", action="store_true", help="as JSON")
    command.add_argument("--path", help="only this file")
    command.add_argument("--cell", metavar="ID", help="only this cell of it")
    command.add_argument("--confirm", action="store_true", help="revert also what somebody changed since")


def _export(commands: Commands) -> None:
    command = _command(commands, "export", "Write a session as a document.")
    _session(command)
    command.add_argument("--format", choices=["markdown", "json", "ipynb"], default="markdown")
    command.add_argument("-o", "--output", metavar="FILE", help="where to (default: standard output)")


def _doctor(commands: Commands) -> None:
    _command(commands, "doctor", "Say what is installed, configured and reachable, and what is missing.")


def _demo(commands: Commands) -> None:
    command = _command(commands, "demo", "Open JupyterLab with the panel on a small real data set.")
    command.add_argument("--dir", default="crush-demo", help="folder for the example (default: %(default)s)")
    command.add_argument(
        "--headless",
        action="store_true",
        help="no browser: let the agent do the job here, allow what it asks, and check it",
    )
    command.add_argument("--prompt", help="what to ask for, with --headless")
    command.add_argument(
        "lab_options", nargs="*", metavar="-- OPTION", help="what JupyterLab is started with, after --"
    )
