"""Lists of names, as people write them on a command line and in files."""

from __future__ import annotations

from pathlib import Path

import pytest
from traitlets import TraitError
from traitlets.config import Config

from jupyter_crush.app import CrushApp
from support.servers.crush_process import ServerProcess

FORMS = (
    "ana,bob",
    "ana, bob",
    "['ana', 'bob']",
    '["ana","bob"]',
    "('ana', 'bob')",
    "[ana, bob]",
    " [ 'ana' , 'bob' ] ",
)


@pytest.mark.parametrize("text", FORMS)
def test_every_form_of_a_list_means_the_same_names(text: str) -> None:
    """Jupyter hands an extension's options on as a text of its own kind, which the command line's parser makes."""
    from traitlets.config.loader import DeferredConfigString  # noqa: PLC0415  beside what it is about

    assert CrushApp(viewers=text).viewers == ["ana", "bob"]
    assert CrushApp(config=Config(CrushApp={"viewers": DeferredConfigString(text)})).viewers == ["ana", "bob"]
    alone = CrushApp()
    alone.parse_command_line([f"--CrushApp.approvers={text}"])
    assert alone.approvers == ["ana", "bob"]


def test_one_name_several_options_and_no_name() -> None:
    assert CrushApp(viewers="ana").viewers == ["ana"]
    assert CrushApp(viewers="").viewers == CrushApp(viewers="[]").viewers == []
    app = CrushApp()
    app.parse_command_line(["--CrushApp.denied_tools=run_command", "--CrushApp.denied_tools=run_code,run_cell"])
    assert app.denied_tools == ["run_command", "run_code", "run_cell"]


@pytest.mark.parametrize("wrong", ["[ana", "ana]", "'ana", ["ana,bob"], ["['ana']"], [""], [" ana"], "ana,,bob"])
def test_what_would_be_nobody_s_name_is_refused_with_the_right_form(wrong: object) -> None:
    with pytest.raises(TraitError, match=r"CrushApp\.viewers: .* is not a name\. Write --CrushApp\.viewers=ana,bob"):
        CrushApp(viewers=wrong)


async def test_lists_on_the_command_line_of_a_server_let_in_whom_they_name(tmp_path: Path) -> None:
    arguments = ["--CrushApp.viewers=['owner', 'ana']", "--CrushApp.prompters=owner,ana", "--CrushApp.approvers=owner"]
    arguments += ["--CrushApp.denied_tools=['run_command', 'run_code']"]
    server = ServerProcess(tmp_path, arguments=arguments)
    try:
        http = await server.start()
        wid = await http.workspace()
        assert (await http("POST", f"workspaces/{wid}/sessions", {})).status == 201, "who holds the token is the owner"
        assert (await http("POST", f"workspaces/{wid}/permissions/none", {"action": "deny"})).status == 404
        features = (await http("GET", f"workspaces/{wid}/config")).json()["features"]
        assert "edit_file" in features
        assert not {"run_command", "run_code"} & set(features), "a tool that is denied with brackets is denied"
    finally:
        server.kill()


async def test_a_list_that_holds_nobody_is_said_at_start(tmp_path: Path) -> None:
    """Without a Hub Jupyter makes up a username for each login, so a list of names alone locks everybody out."""
    server = ServerProcess(tmp_path, arguments=["--CrushApp.approvers=ana", "--CrushApp.prompters=owner,ana"])
    try:
        await server.start()
        assert server.log.count("holds nobody on this server") == 1
        assert "CrushApp.approvers holds nobody" in server.log
    finally:
        server.kill()
