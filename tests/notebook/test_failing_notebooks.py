"""A notebook whose run fails stops there, for whoever executes it: a real kernel, executed by nbclient, against a server."""

from __future__ import annotations

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from jupyter_crush.wire import Run
from support.servers.crush_loopback import TOKEN, Loopback

LOAD = "%load_ext jupyter_crush"
ASK = "import jupyter_crush as crush"


@pytest.fixture
def failing(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    """Says something, then fails or is cancelled, as the prompt wants."""
    monkeypatch.setenv("CRUSH_URL", loopback.url)
    monkeypatch.setenv("CRUSH_TOKEN", TOKEN)

    def on_prompt(run: Run) -> None:
        loopback.say(loopback.message(run), "I began.")
        if "fine" in run.prompt:
            loopback.end(run, text="I began.")
        elif "cancel" in run.prompt:
            loopback.end(run, "cancelled", text="I began.", cancelled_by="Ana")
        else:
            loopback.end(run, "error", text="I began.", error="The model refused the key. Set ANTHROPIC_API_KEY.")

    loopback.on_prompt = on_prompt
    return loopback


def executed(*cells: str) -> tuple[NotebookNode, CellExecutionError | None]:
    """The notebook after it was run from start to end, and what stopped it."""
    made = [new_code_cell(source) for source in (*cells, "print('went on')")]  # type: ignore[no-untyped-call]
    notebook = new_notebook(cells=made)  # type: ignore[no-untyped-call]
    try:
        NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    except CellExecutionError as error:
        return notebook, error
    return notebook, None


@pytest.mark.parametrize(
    ("cells", "name", "message"),
    [
        ((LOAD, "%%crush\ngo"), "RunFailed", "The model refused the key. Set ANTHROPIC_API_KEY."),
        ((LOAD, "%crush go"), "RunFailed", "The model refused the key. Set ANTHROPIC_API_KEY."),
        ((LOAD, "%%crush --json\ngo"), "RunFailed", "The model refused the key. Set ANTHROPIC_API_KEY."),
        ((LOAD, "%%crush\ncancel"), "RunCancelled", "The run was cancelled by Ana. Ask again to start over."),
        ((ASK, "crush.ask('go')"), "RunFailed", "The model refused the key. Set ANTHROPIC_API_KEY."),
        ((ASK, "await crush.ask_async('go')"), "RunFailed", "The model refused the key. Set ANTHROPIC_API_KEY."),
        ((ASK, "crush.ask('cancel')"), "RunCancelled", "The run was cancelled by Ana. Ask again to start over."),
        ((LOAD, "%crush use nope"), "MagicError", "No session, or more than one, begins like that."),
        ((LOAD, "%%crush --nonsense\ngo"), "MagicError", "nonsense"),
        ((LOAD, "%crush"), "MagicError", "Say what to do"),
    ],
)
@pytest.mark.usefixtures("failing")
def test_a_run_that_fails_stops_the_notebook(cells: tuple[str, ...], name: str, message: str) -> None:
    notebook, stopped = executed(*cells)
    assert stopped is not None
    assert stopped.ename == name
    assert message in stopped.evalue
    failed, after = notebook.cells[1:]
    (error,) = [output for output in failed.outputs if output.output_type == "error"]
    assert len("\n".join(error.traceback).splitlines()) <= 12 and message in error.traceback[0], (
        "short, and says what to do"
    )
    assert after.outputs == [], "what comes after it was not run"
    if cells[1].startswith("%%crush\n"):
        shown = [output for output in failed.outputs if output.output_type == "display_data"]
        assert "I began." in shown[-1].data["text/html"], "the answer so far stays"


@pytest.mark.parametrize("cell", ["%%crush --no-raise\ngo", "%%crush --no-raise\ncancel", "%%crush\nfine"])
@pytest.mark.usefixtures("failing")
def test_unless_it_is_told_not_to_or_all_is_well(cell: str) -> None:
    notebook, stopped = executed(LOAD, cell, "print(_crush.run.state)")
    assert stopped is None
    assert notebook.cells[-1].outputs[0].text == "went on\n"
    state = "cancelled" if "cancel" in cell else "done" if "fine" in cell else "error"
    assert notebook.cells[-2].outputs[0].text == f"{state}\n"


@pytest.mark.usefixtures("failing")
def test_a_server_that_is_not_there_stops_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRUSH_URL", "http://127.0.0.1:1/")
    _, stopped = executed(LOAD, "%%crush\ngo")
    assert stopped is not None
    assert stopped.ename == "MagicError"
    assert "Check that it runs" in stopped.evalue or "does not answer" in stopped.evalue
