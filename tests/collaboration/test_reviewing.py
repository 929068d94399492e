"""What an agent changed in a notebook that people have open together is reverted in the shared document; their words stay."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from jupyter_crush.client import Refused
from jupyter_crush.client.workspace import AsyncWorkspace
from jupyter_crush.documents.port import source_hash
from support.documents.managers import code, notebook, put
from support.documents.shared_client import SharedClient
from support.models.messages_api import Answer, Call, MessagesApi

NAME = "together.ipynb"
Join = Callable[[str], Awaitable[SharedClient]]


@pytest.mark.timeout(180)
async def test_a_revert_in_a_shared_notebook_leaves_what_people_write(
    root: Path, api: MessagesApi, workspace: AsyncWorkspace, join: Join
) -> None:
    put(root, NAME, notebook(*(code(name, f"{name} = 1") for name in ("one", "two", "three"))))
    ana, ben = await join(NAME), await join(NAME)
    edits = [
        {"op": "replace", "cell_id": name, "expected_hash": source_hash(f"{name} = 1"), "source": f"{name} = 2"}
        for name in ("one", "three")
    ]
    api.script(Answer(Call("edit_notebook", {"path": NAME, "edits": edits})), "Done.")
    session = await workspace.create_session()
    ended = await workspace.wait(await workspace.prompt(session.id, "Change one and three"), timeout=90)
    assert (ended.state, ended.error) == ("done", None)
    await ana.until(lambda: ana.sources == {"one": "one = 2", "two": "two = 1", "three": "three = 2"})
    ana.type(" # mine", "two")
    ana.type(" # mine", "three")
    await ben.until(lambda: ben.sources["three"] == "three = 2 # mine")

    (file,) = await workspace.files(session.id)
    assert [cell.cell_id for cell in file.cells] == ["one", "three"]
    with pytest.raises(Refused, match="cells three"):
        await workspace.revert(session.id, NAME)
    assert await workspace.revert(session.id, NAME, "one") == (NAME,)
    await ben.until(lambda: ben.sources == {"one": "one = 1", "two": "two = 1 # mine", "three": "three = 2 # mine"})
