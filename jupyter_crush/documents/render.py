"""What the model sees of notebooks and outputs: text with ids, bounded, never base64 noise."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..config import Reading
from ..text.sizes import size_text
from ..text.terminal import SEQUENCES
from ..text.truncate import ends
from ..wire import Image
from .html_words import html_text
from .port import Cell, Notebook

RAW = 20
"""Characters that are looked at for each that is shown: colours, tags and white space go."""
LINES = 10_000
"""Elements of a list up to which its size is worth counting."""
MIMES = 10
"""Types of one output that are named."""
NAMELESS = re.compile(r"<[\w.]+ object(?: at 0x[0-9a-f]+)?>")
"""What Python says of an object that only shows itself in HTML."""
IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")


LIST = 6_000
"""Characters for naming the cells that do not fit; part of what one reading of a notebook may cost."""
WHOLE = Reading()
CLOSE = WHOLE.closely


def render_notebook(
    notebook: Notebook,
    *,
    cell_ids: Collection[str] | None = None,
    start: int | None = None,
    count: int | None = None,
    outputs: bool = True,
    budget: Reading = WHOLE,
) -> str:
    """The chosen cells as text. ``start`` and ``count`` are positions; ``cell_ids`` wins over them."""
    return _cells(notebook, _chosen(notebook, cell_ids, start, count), outputs=outputs, budget=budget, pictures=0)[0]


def render_cells(
    notebook: Notebook, cell_ids: Collection[str], *, outputs: bool = True, budget: Reading = CLOSE
) -> tuple[str, tuple[Image, ...]]:
    """Some cells closely, and the images among their outputs that a model can look at."""
    chosen = _chosen(notebook, cell_ids, None, None)
    return _cells(notebook, chosen, outputs=outputs, budget=budget, pictures=budget.images)


def _cells(
    notebook: Notebook, chosen: Sequence[tuple[int, Cell]], *, outputs: bool, budget: Reading, pictures: int
) -> tuple[str, tuple[Image, ...]]:
    kernel = one_line(notebook.kernel_name or notebook.language or "unknown", 60)
    texts = [f"{notebook.path}: {len(notebook.cells)} cells, kernel {kernel}"]
    images: tuple[Image, ...] = ()
    room = max(budget.notebook - LIST, budget.source + budget.outputs + 1000)
    for position, (index, cell) in enumerate(chosen):
        text, attached = _cell(index, cell, outputs=outputs, budget=budget, pictures=pictures - len(images))
        if len(text) > room:
            texts.append(_left_out(chosen[position:]))
            break
        room -= len(text) + 2
        texts.append(text)
        images += attached
    return "\n\n".join(texts), images


def _chosen(
    notebook: Notebook, cell_ids: Collection[str] | None, start: int | None, count: int | None
) -> list[tuple[int, Cell]]:
    cells = list(enumerate(notebook.cells))
    if cell_ids is not None:
        return [(index, cell) for index, cell in cells if cell.id in cell_ids]
    first = max(start or 0, 0)
    return cells[first:] if count is None else cells[first : first + max(count, 0)]


def _left_out(cells: Sequence[tuple[int, Cell]]) -> str:
    lines = [f"[{len(cells)} cells are not shown; ask for them by id or by range]"]
    room = LIST - 500
    for position, (index, cell) in enumerate(cells):
        line = f"[cell {index}] id={cell.id} {cell.cell_type}: {_first_line(cell)}"
        room -= len(line) + 1
        if room < 0:
            return "\n".join([*lines, f"… and {len(cells) - position} more"])
        lines.append(line)
    return "\n".join(lines)


def _first_line(cell: Cell) -> str:
    return one_line(cell.source[:1000].strip().partition("\n")[0], 60)


def _cell(index: int, cell: Cell, *, outputs: bool, budget: Reading, pictures: int) -> tuple[str, tuple[Image, ...]]:
    """One cell: its head line, its source, its outputs."""
    counted = f" count={cell.execution_count}" if cell.execution_count is not None else ""
    head = f"[cell {index}] id={cell.id} hash={cell.hash} {cell.cell_type}{counted}"
    source = ends(cell.source, budget.source)
    text = f"{head}\n{source}" if source else head
    if not outputs or not cell.outputs:
        return text, ()
    shown, images = _rendered(cell.outputs, budget, pictures=pictures)
    return f"{text}\n{shown}", images


def render_outputs(outputs: Sequence[Mapping[str, Any]], budget: Reading = CLOSE) -> tuple[str, tuple[Image, ...]]:
    """The outputs as text, and the images among them that a model can look at."""
    return _rendered(outputs, budget, pictures=budget.images)


def _rendered(outputs: Sequence[Mapping[str, Any]], budget: Reading, *, pictures: int) -> tuple[str, tuple[Image, ...]]:
    texts: list[str] = []
    images: list[Image] = []
    room = budget.outputs
    for position, output in enumerate(outputs):
        error = output.get("output_type") == "error"
        limit = min(room, budget.traceback if error else budget.output)
        if limit < 100:
            texts.append(f"[{len(outputs) - position} more outputs are not shown]")
            break
        image = _image(output, budget) if len(images) < pictures else None
        if image is not None:
            images.append(image)
        attached = image.mime_type if image is not None else None
        text = _error_text(output, limit) if error else _output_text(output, limit, attached=attached)
        room -= len(text)
        texts.append(f"[output: error]\n{text}" if error else f"[output]\n{text}")
    return "\n".join(texts), tuple(images)


# --- one output ---


def _error_text(output: Mapping[str, Any], limit: int) -> str:
    """The end of a traceback: what failed, and where."""
    text = "\n".join(_lines(output.get("traceback"))) or f"{output.get('ename', '')}: {output.get('evalue', '')}"
    text, cut = (text[-RAW * limit :], len(text) - RAW * limit) if len(text) > RAW * limit else (text, 0)
    text = SEQUENCES.sub("", text).strip()
    cut += max(len(text) - limit, 0)
    return f"[… {cut:,} characters left out …]\n{text[-limit:]}" if cut else text


def _output_text(output: Mapping[str, Any], limit: int, *, attached: str | None) -> str:
    if output.get("output_type") == "stream":
        return _shown(_text(output.get("text")), limit)
    data = output.get("data")
    if not isinstance(data, dict):
        return "[nothing that can be shown]"
    notes = [_note(mime, value, attached) for mime, value in list(data.items())[:MIMES] if mime.startswith("image/")]
    return "\n".join(filter(None, [_plain(data, limit), *notes])) or "[empty]"


def _plain(data: Mapping[str, Any], limit: int) -> str:
    """What can be read of it; the names of what cannot."""
    plain = _text(data.get("text/plain"))
    for text in (
        "" if NAMELESS.fullmatch(plain) else plain,
        _text(data.get("text/markdown")),
        _text(data.get("text/latex")),
    ):
        if shown := _shown(text, limit):
            return shown
    if (html := _text(data.get("text/html"))) and (text := html_text(html[: RAW * limit])):
        return ends(text, limit) if len(html) <= RAW * limit else f"{ends(text, limit)}\n[… the table goes on …]"
    if plain:
        return _shown(plain, limit)
    rest = [_note(mime, value, None) for mime, value in list(data.items())[:MIMES] if not mime.startswith("image/")]
    return "\n".join(rest)


def _shown(text: str, limit: int) -> str:
    """Head and tail without the colours of a terminal; no more of it is looked at than can be needed."""
    if len(text) <= RAW * limit:
        return ends(SEQUENCES.sub("", text).rstrip("\n"), limit)
    head = SEQUENCES.sub("", text[: RAW * limit])[: limit * 3 // 4]
    tail = SEQUENCES.sub("", text[-RAW * limit :]).rstrip("\n")[-limit // 4 :]
    missing = len(text) - len(head) - len(tail)
    return f"{head}\n[… {missing:,} characters left out …]\n{tail}"


def _note(mime: str, value: Any, attached: str | None) -> str:
    """A line for what is not text: its type and its size."""
    name = one_line(mime, 60)
    if isinstance(value, list) and len(value) <= LINES:
        size = sum(len(part) for part in value if isinstance(part, str))
    else:
        size = len(value) if isinstance(value, str) else 0
    is_base64 = mime.startswith("image/") and mime != "image/svg+xml"
    amount = f", {size_text(size * 3 // 4 if is_base64 else size)}" if size else ""
    return f"[{name}{amount}{', attached' if mime == attached else ''}]"


def _image(output: Mapping[str, Any], budget: Reading) -> Image | None:
    data = output.get("data")
    for mime in IMAGE_TYPES if isinstance(data, dict) else ():
        content = _text(data.get(mime)) if isinstance(data, dict) else ""
        if content and len(content) * 3 // 4 <= budget.image_bytes:
            return Image(mime_type=mime, content="".join(content.split()))
    return None


def plain_text(output: Mapping[str, Any]) -> str:
    """What an output says in words that can be searched: all of a stream, a traceback, a plain or markdown text."""
    if output.get("output_type") == "error":
        return SEQUENCES.sub("", "\n".join(_lines(output.get("traceback")))[: RAW * WHOLE.traceback])
    if output.get("output_type") == "stream":
        return _text(output.get("text"))
    data = output.get("data")
    return (_text(data.get("text/plain")) or _text(data.get("text/markdown"))) if isinstance(data, dict) else ""


def _lines(value: Any) -> list[str]:
    return [line for line in value if isinstance(line, str)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "".join(_lines(value))


def one_line(text: str, limit: int) -> str:
    """A name from a file, where it can do no harm: one line, printable, short."""
    line = "".join(char if char.isprintable() else "�" for char in text[:limit])
    return line if len(text) <= limit else f"{line}…"
