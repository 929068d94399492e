"""Reading what tools answer: entries of a folder, lines of a file, cells of a notebook, what a cell printed. Tolerant: what does not
look as expected is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, dirname

from msgspec import Struct

_UNITS = {"B": 1, "BYTES": 1, "KB": 1024, "KIB": 1024, "MB": 1024**2, "MIB": 1024**2, "GB": 1024**3, "GIB": 1024**3}
_ENTRY = re.compile(r"^(?P<path>\S.*?)(?:\s{2,}(?P<number>[\d.,]+)\s*(?P<unit>[A-Za-z]+))?(?:\s{2,}\(\w+\))?\s*$")
_NUMBERED = re.compile(r"^\s*\d+\t(.*)$")
_CELL = re.compile(
    r"^\[cell (?P<index>\d+)\] id=(?P<id>\S+)(?: hash=(?P<hash>[0-9a-f]+))? "
    r"(?P<kind>code|markdown|raw)(?: count=(?P<count>\d+))?(?::\s.*)?\s*$"
)
_OUTPUT = re.compile(r"^\[output(?P<error>: error)?\]\s*$")
_STATUS = re.compile(r"^(?P<status>ok|error)\b", re.IGNORECASE)
_ERROR_LINE = re.compile(
    r"^(?P<name>[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit|Warning|Iteration))(?::\s*(?P<text>.*))?$"
)


class Entry(Struct, frozen=True):
    path: str
    size: float = 0.0
    is_folder: bool = False

    @property
    def name(self) -> str:
        return basename(self.path)

    @property
    def folder(self) -> str:
        return dirname(self.path)

    def ends(self, *suffixes: str) -> bool:
        return not self.is_folder and self.path.lower().endswith(suffixes)


class Output(Struct, frozen=True):
    text: str
    is_error: bool = False


class Cell(Struct, frozen=True):
    index: int
    id: str
    hash: str
    kind: str
    source: str
    outputs: tuple[Output, ...] = ()
    count: int | None = None

    @property
    def error(self) -> str | None:
        """What went wrong when it last ran."""
        return next((output.text for output in self.outputs if output.is_error), None)

    @property
    def is_whole(self) -> bool:
        """Whether its source was shown to the end, so that it can be written anew."""
        return "not shown" not in self.source


class Outcome(Struct, frozen=True):
    """How a run of code ended."""

    ok: bool
    status: str
    text: str
    """All it printed, plain outputs one below the other."""
    error: str = ""


class Failure(Struct, frozen=True):
    """An error as Python names it, from the end of a traceback."""

    name: str
    message: str
    traceback: str


def entries(text: str) -> list[Entry]:
    found = []
    for line in text.splitlines():
        match = _ENTRY.match(line.strip())
        if match is None or line.lstrip().startswith(("[", "(")):
            continue
        path, number = match["path"], (match["number"] or "0").replace(",", "")
        size = float(number) if re.fullmatch(r"\d+(\.\d+)?", number) else 0.0
        size *= _UNITS.get((match["unit"] or "B").upper(), 1)
        found.append(Entry(path.rstrip("/"), size, path.endswith("/")))
    return found


def lines(text: str) -> list[str]:
    """A file's lines, without their numbers. What has no number is a note of the tool."""
    return [match[1] for line in text.split("\n") if (match := _NUMBERED.match(line))]


def cells(text: str) -> list[Cell]:
    """The cells that a text shows, in order."""
    found: list[Cell] = []
    head: re.Match[str] | None = None
    body: list[str] = []
    for line in [*text.split("\n"), None]:
        match = _CELL.match(line) if line is not None else None
        if line is not None and match is None:
            body.append(line)
            continue
        if head is not None:
            found.append(_cell(head, body))
        head, body = match, []
    return found


def _cell(head: re.Match[str], body: list[str]) -> Cell:
    first = next((index for index, line in enumerate(body) if _OUTPUT.match(line)), len(body))
    source = "\n".join(body[:first]).rstrip("\n")
    return Cell(
        index=int(head["index"][:9]),
        id=head["id"],
        hash=head["hash"] or "",
        kind=head["kind"],
        source=source,
        outputs=tuple(_outputs(body[first:])),
        count=int(head["count"][:9]) if head["count"] else None,
    )


def _outputs(body: list[str]) -> Iterator[Output]:
    """Outputs from lines that begin with an output's head."""
    is_error, held = False, list[str]()
    for line in body:
        match = _OUTPUT.match(line)
        if match is None:
            held.append(line)
            continue
        if held:
            yield Output("\n".join(held).strip("\n"), is_error)
        is_error, held = match["error"] is not None, []
    if held:
        yield Output("\n".join(held).strip("\n"), is_error)


def outcome(text: str, *, is_error: bool = False) -> Outcome:
    """What run_cell or run_code answered."""
    status, _, rest = text.partition("\n")
    match = _STATUS.match(status)
    body = rest.split("\n")
    first = next((index for index, line in enumerate(body) if _OUTPUT.match(line)), None)
    outputs = [Output(rest, is_error=False)] if first is None else list(_outputs(body[first:]))
    errors = [output.text for output in outputs if output.is_error]
    printed = "\n\n".join(output.text for output in outputs if not output.is_error).strip("\n")
    ok = not is_error and not errors and (match is None or match["status"].lower() == "ok")
    return Outcome(ok=ok, status=status, text=printed, error="\n".join(errors) or ("" if ok else text))


def failure(traceback: str) -> Failure | None:
    """The error that a traceback ends with."""
    for line in reversed(traceback.splitlines()):
        if (match := _ERROR_LINE.match(line.strip())) and not line.startswith("During handling"):
            return Failure(match["name"].rpartition(".")[2], (match["text"] or "").strip(), traceback)
    return None


def frame(text: str) -> dict[str, dict[str, str]]:
    """A printed data frame as row → column → text. A wide one that pandas broke into blocks is put together."""
    rows: dict[str, dict[str, str]] = {}
    columns: list[str] = []
    for line in text.split("\n"):
        fields = [
            field for field in re.split(r"\s{2,}", line.rstrip(" \\").rstrip()) if field or not line.startswith(" ")
        ]
        if line.startswith("  "):
            columns = [field for field in fields if field]
        elif columns and len(fields) == len(columns) + 1:
            rows.setdefault(fields[0], {}).update(zip(columns, fields[1:], strict=True))
    return rows


def number(text: str | None) -> float | None:
    try:
        return float((text or "").replace(",", ""))
    except ValueError:
        return None
