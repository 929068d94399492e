"""What can be done with a whole session: keep it as a file, go on another way from a turn, say a prompt again in other words."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator, Route, expect

from jupyter_crush.client import Workspace
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, LabProcess, scripted
from support.models.messages_api import MessagesApi


@pytest.fixture(scope="module")
def lab_options(api: MessagesApi) -> LabOptions:
    return scripted(api.url)


def menu(tab: LabPage, item: str) -> None:
    tab.panel.get_by_title("More", exact=True).click()
    tab.panel.get_by_role("menuitem", name=item).click()


def turn_menu(tab: LabPage, turn: Locator, item: str) -> None:
    turn.hover()
    turn.get_by_title("From here").click()
    tab.panel.get_by_role("menuitem", name=item).click()


def kept(tab: LabPage, form: str, folder: Path) -> Path:
    """A download, where the test can read it."""
    with tab.page.expect_download() as download:
        menu(tab, f"Export as {form}")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


@pytest.mark.timeout(240)
def test_a_session_is_kept_as_a_file_and_goes_on_another_way(
    visit: Visit, api: MessagesApi, workspace: Workspace, tmp_path: Path
) -> None:
    api.script("Penguins swim.", "They walk, too.", "They slide.", "They fly under water.")
    tab = visit()
    tab.open_panel()
    tab.send("What do penguins do?")
    expect(tab.turns.last).to_contain_text("Penguins swim.")
    tab.finished()
    tab.send("And on land?")
    expect(tab.turns.last).to_contain_text("They walk, too.")
    tab.finished()

    tab.panel.get_by_title("More", exact=True).click()
    tab.shot("1-the-menu")
    tab.page.keyboard.press("Escape")
    markdown = kept(tab, "Markdown", tmp_path)
    assert markdown.name == "crush-What-do-penguins-do.md"
    assert "## you\n\nAnd on land?\n\nThey walk, too." in markdown.read_text()
    notebook = nbformat.read(kept(tab, "notebook", tmp_path), as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    assert notebook.cells[-1].source == "They walk, too."
    assert len(json.loads(kept(tab, "JSON", tmp_path).read_text())["messages"]) == 4

    first = tab.turns.first
    first.hover()
    first.get_by_title("From here").click()
    tab.shot("2-from-a-turn-on", tab.panel)
    tab.page.keyboard.press("Escape")
    turn_menu(tab, first, "Fork from here")
    expect(tab.title).to_contain_text("What do penguins do? (fork)")
    expect(tab.turns).to_have_count(1)
    tab.send("And on ice?")
    expect(tab.turns.last).to_contain_text("They slide.")
    tab.finished()
    assert "on land" not in str(api.bodies[-1]["messages"]), "the fork knows nothing of what came after"

    turn_menu(tab, tab.turns.last, "Edit and send again")
    expect(tab.composer).to_have_value("And on ice?")
    expect(tab.composer).to_be_focused()
    expect(tab.turns).to_have_count(1)
    tab.shot("3-the-same-prompt-again", tab.panel)
    tab.send("And in water?")
    expect(tab.turns.last).to_contain_text("They fly under water.")
    tab.finished()
    assert {session.title for session in workspace.sessions()} == {
        "What do penguins do?",
        "What do penguins do? (fork)",
        "What do penguins do? (fork 2)",
    }


@pytest.mark.timeout(240)
def test_a_deletion_is_undone_and_the_list_says_what_is_new_and_what_it_is_about(
    visit: Visit, api: MessagesApi, workspace: Workspace
) -> None:
    api.script("It is about islands.", "Done in the other one.")
    tab = visit("lab/tree/penguins.ipynb")
    tab.open_panel()
    tab.new_session()
    tab.send("What is this notebook about?")
    expect(tab.turns.last).to_contain_text("It is about islands.")
    tab.finished()
    about = next(one for one in workspace.sessions() if one.title.startswith("What is this"))
    assert about.notebooks == ("penguins.ipynb",)

    tab.new_session()
    run = workspace.prompt(about.id, "Go on without me")
    assert workspace.wait(run, timeout=60).state == "done"
    expect(tab.title.get_by_role("img", name="news in other sessions")).to_be_visible()
    tab.title.click()
    row = tab.panel.locator(".jcr-SessionRow").filter(has_text="What is this notebook about?")
    expect(row.get_by_role("img", name="unread")).to_be_visible()
    tab.panel.get_by_role("button", name="About penguins.ipynb").click()
    expect(tab.panel.locator(".jcr-SessionRow")).to_have_count(1)
    tab.shot("4-about-this-notebook", tab.panel)
    row.get_by_title("Delete").click()
    expect(row).to_have_count(0)
    assert about.id not in {session.id for session in workspace.sessions()}, "also when the tab is closed now"
    tab.page.keyboard.press("Escape")
    tab.shot("5-deleted", tab.panel)
    tab.panel.get_by_role("status").filter(has_text="is deleted.").get_by_role("button", name="Undo").click()
    expect(tab.title).to_contain_text("What is this notebook about?")
    expect(tab.turns.last).to_contain_text("Done in the other one.")
    expect(tab.title.get_by_role("img", name="news in other sessions")).to_have_count(0)


@pytest.mark.timeout(240)
def test_slash_commands_run_and_the_workspaces_own_prompts_are_sent(
    visit: Visit, api: MessagesApi, lab: LabProcess
) -> None:
    commands = lab.root / ".crush" / "commands"
    commands.mkdir(parents=True)
    (commands / "gaps.md").write_text("# Look for gaps\n\nWhich columns of $ARGUMENTS have gaps?\n")
    api.script("Two columns have gaps.", "You asked for gaps; two columns have some.")
    tab = visit()
    tab.open_panel()
    tab.new_session()
    tab.composer.press_sequentially("/")
    offered = tab.panel.get_by_role("option")
    expect(offered.filter(has_text="/gaps")).to_contain_text("Look for gaps")
    expect(offered.filter(has_text="/summarize")).to_be_visible()
    tab.shot("6-what-a-slash-offers", tab.panel)
    tab.composer.press_sequentially("ga")
    expect(offered).to_have_count(1)
    tab.page.keyboard.press("Enter")
    expect(tab.composer).to_have_value("/gaps ")
    tab.composer.press_sequentially("penguins.csv")
    tab.page.keyboard.press("Enter")
    expect(tab.turns.last).to_contain_text("Which columns of penguins.csv have gaps?")
    expect(tab.turns.last).to_contain_text("Two columns have gaps.")
    tab.finished()

    tab.send("/summarize keep the numbers")
    expect(tab.turns.last).to_contain_text("Summary: the agent reads this instead")
    expect(tab.turns.last).to_contain_text("two columns have some")
    tab.finished()
    assert "keep the numbers" in str(api.bodies[-1]["messages"][-1])
    tab.shot("7-a-summary", tab.panel)

    tab.send("/mode plan")
    expect(tab.panel.get_by_title("Permission mode")).to_have_text("plan")
    tab.send("/rename Gaps")
    expect(tab.title).to_contain_text("Gaps")
    with tab.page.expect_download() as download:
        tab.send("/export json")
    assert download.value.suggested_filename == "crush-Gaps.json"
    expect(tab.composer).to_have_value("")
    tab.composer.press_sequentially("/he")
    expect(offered.filter(has_text="/help")).to_be_visible()
    tab.page.keyboard.press("Enter")
    expect(offered.filter(has_text="/fork")).to_be_visible()
    tab.composer.fill("")
    tab.send("/new")
    expect(tab.turns).to_have_count(0)


@pytest.mark.timeout(240)
def test_fast_hands_and_a_slow_server_make_the_same_of_a_command(
    visit: Visit, api: MessagesApi, lab: LabProcess
) -> None:
    commands = lab.root / ".crush" / "commands"
    commands.mkdir(parents=True, exist_ok=True)
    (commands / "gaps.md").write_text("# Look for gaps\n\nWhich columns of $ARGUMENTS have gaps?\n")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    asked = len(api.bodies)
    tab = visit()
    tab.open_panel()
    tab.new_session()
    tab.page.route("**/workspaces/*/commands*", hold)
    tab.composer.press_sequentially("/he")
    tab.page.keyboard.press("Enter")
    expect(tab.panel.get_by_role("option").filter(has_text="/fork")).to_be_visible()
    expect(tab.composer).to_have_value("/")
    tab.composer.press_sequentially("ga")
    tab.page.keyboard.press("Enter")
    tab.page.keyboard.type("penguins.csv")
    assert held, "the workspace has not said yet what prompts it has"
    for route in held:
        route.continue_()
    expect(tab.composer).to_have_value("/gaps penguins.csv")
    expect(tab.turns).to_have_count(0)
    assert len(api.bodies) == asked, "half of a command is no prompt"


@pytest.mark.timeout(240)
def test_the_panel_is_where_it_was_put_also_after_a_reload(visit: Visit) -> None:
    tab = visit()
    tab.open_panel()
    tab.page.evaluate("() => window.jupyterapp.commands.execute('crush:to-main-area')")
    main = tab.page.locator("#jp-main-dock-panel")
    expect(main.locator(".jcr-Panel")).to_be_visible()
    expect(main.get_by_role("tab", name="Crush")).to_be_visible()
    tab.page.reload()
    main.get_by_role("tab", name="Crush").click()
    expect(main.locator(".jcr-Panel")).to_be_visible()
    tab.shot("8-in-the-main-area")
    tab.page.evaluate("() => window.jupyterapp.commands.execute('crush:to-main-area')")
    expect(main.locator(".jcr-Panel")).to_have_count(0)
    expect(tab.composer).to_be_visible()
