"""What a person attaches becomes parts of the prompt: exact, bounded, and never a reason to fail."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.agent.attachments import Attachments
from jupyter_crush.config import Reading
from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.documents import Documents
from jupyter_crush.documents.port import source_hash
from jupyter_crush.errors import NotFound
from jupyter_crush.files.location import Location
from jupyter_crush.kernels.introspection.request import Unavailable, Variable, Variables
from jupyter_crush.wire import Attachment, Context, Image
from support.documents.managers import code, large, notebook, put

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PLOT: dict[str, Any] = {"output_type": "display_data", "metadata": {}, "data": {"image/png": PIXEL}}


async def looked_at(path: str, names: Sequence[str]) -> Variables:
    if path != "a.ipynb":
        raise Unavailable("No kernel.")
    return Variables(total=1, variables=(Variable(name=names[0], type="int", kind="value", value="3"),))


async def recall(session_id: str) -> tuple[str, str]:
    raise NotFound(f"There is no session {session_id}.")


@pytest.fixture
def attachments(tmp_path: Path) -> Attachments:
    put(tmp_path, "a.ipynb", notebook(code("c1", "x = 3"), code("c2", "plot()", [PLOT])))
    documents = Documents([ContentsBackend(large(tmp_path))])
    return Attachments(
        location=Location(tmp_path.resolve()),
        documents=documents,
        variables=looked_at,
        recall=recall,
        reading=Reading(),
    )


async def test_a_cell_comes_with_its_id_its_hash_its_source_and_its_pictures(attachments: Attachments) -> None:
    attached = Attachment(notebook="a.ipynb", cell_ids=("c2",), label="cell 2 · a.ipynb")
    context, image = await attachments.read([attached])
    assert isinstance(context, Context)
    assert context.label == "cell 2 · a.ipynb"
    assert f"[cell 1] id=c2 hash={source_hash('plot()')} code\nplot()\n" in context.text
    assert "x = 3" not in context.text
    assert isinstance(image, Image)
    assert image.content == PIXEL


async def test_a_whole_notebook_brings_no_pictures(attachments: Attachments) -> None:
    (context,) = await attachments.read([Attachment(notebook="a.ipynb")])
    assert isinstance(context, Context)
    assert "x = 3" in context.text


async def test_variables_are_looked_at_by_name(attachments: Attachments) -> None:
    (context,) = await attachments.read([Attachment(notebook="a.ipynb", variables=("x",), label="x")])
    assert context == Context(label="x", path="a.ipynb", text="a.ipynb: from its Python kernel\nx: int = 3")


async def test_what_cannot_be_read_says_why(attachments: Attachments) -> None:
    parts = await attachments.read(
        [Attachment(notebook="b.ipynb", variables=("x",)), Attachment(notebook="../a.ipynb"), Attachment(path="gone")]
    )
    texts = [part.text for part in parts if isinstance(part, Context)]
    assert texts[0] == "(could not be read: No kernel.)"
    assert "outside the workspace" in texts[1]
    assert texts[2].startswith("(could not be read: ")
