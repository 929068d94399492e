"""From the notebook: an error has buttons, cells and files are dragged in, a selection is asked about, a variable is named."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, expect

from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.documents.managers import code, markdown, notebook, put
from support.models.messages_api import MessagesApi

BOOK = "sums.ipynb"
ERROR = {
    "output_type": "error",
    "ename": "KeyError",
    "evalue": "'price'",
    "traceback": ["\x1b[31mKeyError\x1b[0m  Traceback (most recent call last)", "\x1b[31mKeyError\x1b[0m: 'price'"],
}
IDLE = "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
RUN = "command => window.jupyterapp.commands.execute(command)"


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url)


@pytest.fixture
def tab(visit: Visit, lab: LabProcess) -> LabPage:
    cells = notebook(
        markdown("m1", "# Sums"),
        code("c1", "import pandas as pd\ndf = pd.DataFrame({'mass': [3750, 3800, 3250]})"),
        code("c2", "df['price'].sum()", [ERROR]),
        kernelspec={"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"},
    )
    put(lab.root, BOOK, cells)
    tab = visit(f"lab/tree/{BOOK}")
    tab.open_panel()
    tab.new_session()
    return tab


def cell(tab: LabPage, number: int) -> Locator:
    return tab.page.locator(".jp-Notebook .jp-Cell").nth(number)


def chips(tab: LabPage) -> Locator:
    return tab.panel.locator(".jcr-Composer .jcr-Chip")


def asked(api: MessagesApi) -> str:
    """What the model was told last by its user."""
    return json.dumps(api.requests[-1].body["messages"][-1], ensure_ascii=False)


def drag(tab: LabPage, thing: Locator, target: Locator) -> None:
    """Press, move in steps, as JupyterLab's own drags want it. It is not let go."""
    thing.scroll_into_view_if_needed()
    start, end = thing.bounding_box(), target.bounding_box()
    assert start is not None and end is not None
    mouse = tab.page.mouse
    mouse.move(start["x"] + start["width"] / 2, start["y"] + min(start["height"] / 2, 12))
    mouse.down()
    mouse.move(start["x"] + start["width"] / 2 + 12, start["y"] + 20, steps=4)
    mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=8)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_an_error_is_explained_and_fixed_from_where_it_stands(tab: LabPage, api: MessagesApi, theme: str) -> None:
    api.script("There is no column `price`.", "It is repaired.")
    tab.use_theme(f"JupyterLab {theme}")
    buttons = cell(tab, 2).get_by_role("group", name="Ask Crush about this error")
    expect(buttons).to_be_visible()
    expect(tab.page.get_by_role("button", name="Fix", exact=True)).to_have_count(1)
    tab.shot(f"{theme}-1-error")
    buttons.get_by_role("button", name="Explain").click()
    expect(tab.turns.first).to_contain_text("There is no column price.")
    expect(tab.turns.first.locator(".jcr-Chip")).to_have_text([f"cell 3 · {BOOK}"])
    told = asked(api)
    assert "Explain this error" in told
    assert "[cell 2] id=c2 hash=" in told
    assert "KeyError: 'price'" in told
    assert "DataFrame" not in told
    tab.finished()
    buttons.get_by_role("button", name="Fix", exact=True).click()
    expect(tab.turns.last).to_contain_text("It is repaired.")
    assert "Fix the error in this cell" in asked(api)
    tab.shot(f"{theme}-2-asked")


@pytest.mark.timeout(240)
def test_the_buttons_come_and_go_with_the_error(tab: LabPage) -> None:
    first = cell(tab, 1)
    first.locator(".cm-content").click()
    tab.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.setSource('1/0')"
    )
    tab.page.evaluate(RUN, "notebook:run-cell")
    expect(first.get_by_role("button", name="Explain")).to_be_visible()
    tab.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.setSource('1')")
    tab.page.evaluate(RUN, "notebook:run-cell")
    expect(first.get_by_role("button", name="Explain")).to_have_count(0)
    expect(cell(tab, 2).get_by_role("button", name="Explain")).to_be_visible()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_cells_and_files_are_dragged_into_the_composer(tab: LabPage, api: MessagesApi, theme: str) -> None:
    api.script("Seen.")
    tab.use_theme(f"JupyterLab {theme}")
    cell(tab, 2).locator(".cm-content").click()
    drag(tab, cell(tab, 2).locator(".jp-InputArea-prompt"), tab.composer)
    expect(tab.page.locator(".jcr-Panel.jcr-mod-drop")).to_have_count(1)
    tab.shot(f"{theme}-3-drag")
    tab.page.mouse.up()
    expect(chips(tab)).to_have_text([BOOK, f"cell 3 · {BOOK}"])
    expect(tab.page.locator(".jcr-Panel.jcr-mod-drop")).to_have_count(0)
    drag(tab, tab.page.locator(".jp-DirListing-item", has_text="penguins.csv").first, tab.composer)
    tab.page.mouse.up()
    expect(chips(tab)).to_have_text([BOOK, f"cell 3 · {BOOK}", "penguins.csv"])
    tab.shot(f"{theme}-4-dropped")
    expect(cell(tab, 3)).to_have_count(0)
    tab.send("What are these?")
    expect(tab.turns.first).to_contain_text("Seen.")
    told = asked(api)
    assert "id=c2" in told
    assert "Adelie" in told


@pytest.mark.timeout(240)
def test_a_selection_is_asked_about(tab: LabPage, api: MessagesApi) -> None:
    api.script("A table.")
    cell(tab, 1).locator(".cm-line").nth(1).dblclick(position={"x": 4, "y": 4})
    tab.page.evaluate(RUN, "crush:ask-selection")
    expect(chips(tab)).to_have_text([BOOK, f"line 2 · cell 2 · {BOOK}"])
    expect(tab.composer).to_be_focused()
    tab.send("What is this?")
    expect(tab.turns.first).to_contain_text("A table.")
    assert f"Selected in lines 2-2 of cell c1 of {BOOK}:\\ndf" in asked(api)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_a_variable_is_named_with_an_at_sign(tab: LabPage, api: MessagesApi, theme: str) -> None:
    api.script("Three rows.")
    tab.use_theme(f"JupyterLab {theme}")
    cell(tab, 1).locator(".cm-content").click()
    tab.page.evaluate(RUN, "notebook:run-cell")
    tab.page.wait_for_function(IDLE)
    tab.composer.click()
    tab.composer.press_sequentially("@d")
    option = tab.panel.get_by_role("option", name="df pandas.DataFrame, 3 × 1")
    expect(option).to_be_visible()
    tab.shot(f"{theme}-5-variables")
    tab.composer.press("f")
    tab.composer.press("Enter")
    expect(chips(tab)).to_have_text([BOOK, f"df · {BOOK}"])
    tab.send("How many rows?")
    expect(tab.turns.first).to_contain_text("Three rows.")
    assert "df: pandas.DataFrame, 3 × 1" in asked(api)
    assert "| 0 | 3750 |" in asked(api)
