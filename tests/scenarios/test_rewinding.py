"""What the agent changed is put back to the byte by a server that was killed and started again."""

from __future__ import annotations

import json
from pathlib import Path

from jupyter_crush.documents.port import source_hash
from support.models.messages_api import Answer, Call, MessagesApi
from support.servers.live_server import live
from support.servers.witness import Witness

NOTEBOOK = {
    "metadata": {"author": "someone", "odd": [1.0, 1e3]},
    "cells": [
        {"cell_type": "code", "id": "a", "metadata": {"tags": ["x"]}, "source": "a = 1", "outputs": [], "execution_count": 7},
        {"cell_type": "markdown", "id": "b", "metadata": {}, "source": ["# Größe\n", "text"]},
    ],
    "nbformat": 4,
    "nbformat_minor": 5,
}  # fmt: skip


async def test_a_rewind_after_a_kill_restores_bytes_exactly(api: MessagesApi, tmp_path: Path) -> None:
    replaced = {"op": "replace", "cell_id": "a", "expected_hash": source_hash("a = 1"), "source": "a = 2"}
    deleted = {"op": "delete", "cell_id": "b", "expected_hash": source_hash("# Größe\ntext")}
    api.script(
        Answer(Call("read_file", {"path": "a.txt"})),
        Answer(
            Call("write_file", {"path": "a.txt", "content": "other\n"}),
            Call("edit_notebook", {"path": "a.ipynb", "edits": [replaced, deleted]}),
            Call("write_file", {"path": "new/b.txt", "content": "b\n"}),
        ),
        "Done.",
    )
    async with live(tmp_path, api.url, permission_mode="auto") as server:
        notebook = server.root / "a.ipynb"
        text = server.root / "a.txt"
        notebook.write_text(json.dumps(NOTEBOOK, indent=3, ensure_ascii=False) + "\n\n", "utf-8")
        text.write_bytes(b"one\r\ntwo\xc3\xa9")
        before = notebook.read_bytes(), text.read_bytes()
        async with await Witness.attend(await server.start()) as client:
            sid = await client.session()
            await client.ended(await client.prompt(sid, "Work"))
            assert text.read_text() == "other\n" and "a = 2" in notebook.read_text("utf-8")
            await server.kill()
            await client.to_end()
        async with await Witness.attend(await server.start()) as client:
            changed = await client.get(f"/sessions/{sid}/files")
            assert [file["path"] for file in changed] == ["a.ipynb", "a.txt", "new/b.txt"]
            first = (await client.messages(sid))[0]
            answer = await client.http("POST", client.path(f"/sessions/{sid}/rewind"), {"message_id": first["id"]})
            assert answer.status == 200, answer
            assert (notebook.read_bytes(), text.read_bytes()) == before
            assert not (server.root / "new" / "b.txt").exists()
            assert await client.get(f"/sessions/{sid}/files") == []
        await server.kill()
