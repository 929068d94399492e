"""The first look at a panel that cannot work yet: what is missing, and what to do about it, are said in words."""

from __future__ import annotations

import pytest
from msgspec import Struct
from playwright.sync_api import Browser, BrowserContext, expect

from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, LabProcess

STRICT = """\
from jupyter_server.auth import Authorizer

class Strict(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return resource != "crush" or action == "read"

c.ServerApp.authorizer_class = Strict
"""


class Trouble(Struct, frozen=True):
    options: LabOptions
    state: str
    title: str
    says: tuple[str, ...]


TROUBLES = {
    "no-key": Trouble(
        LabOptions(crush={"demo": "never"}),
        "no model",
        "The agent has no model yet",
        ("ANTHROPIC_API_KEY", "CrushApp.demo"),
    ),
    "no-permission": Trouble(
        LabOptions(config=STRICT), "not available", "You may not use the agent here", ("Ask whoever runs",)
    ),
    # A folder beneath a file: as little to be written to as a disk that is read-only, for root too.
    "no-disk": Trouble(
        LabOptions(crush={"data_dir": "lab.log/store"}),
        "not available",
        "The agent cannot be reached",
        ("lab.log", "CrushApp.data_dir"),
    ),
}


@pytest.fixture(scope="module", params=TROUBLES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def lab_options(name: str) -> LabOptions:
    return TROUBLES[name].options


@pytest.mark.timeout(180)
def test_what_is_missing_is_said_with_what_to_do(visit: Visit, name: str) -> None:
    trouble = TROUBLES[name]
    tab = visit("lab/tree/penguins.ipynb")
    is_said(tab, trouble.title, *trouble.says)
    tab.has_state(trouble.state)
    tab.composer.fill("Do something all the same")
    expect(tab.panel.get_by_role("button", name="Send")).to_be_disabled()
    tab.composer.press("Enter")
    expect(tab.composer).to_have_value("Do something all the same")
    expect(tab.turns).to_have_count(0)
    for theme in ("Light", "Dark"):
        tab.use_theme(f"JupyterLab {theme}")
        tab.shot(f"{name}-{theme}")


@pytest.fixture
def old_server(browser: Browser, lab: LabProcess) -> BrowserContext:
    """A browser for which the server has no such routes."""
    context = browser.new_context()
    context.route("**/api/crush/**", lambda route: route.fulfill(status=404, json={"message": "Not Found"}))
    return context


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", ["no-key"], indirect=True)
def test_a_server_without_the_extension_is_named_and_looked_for_again(
    visit: Visit, old_server: BrowserContext, name: str
) -> None:
    tab = visit(context=old_server)
    is_said(tab, "This server has no agent", "Install jupyter_crush where the server runs")
    tab.shot("no-extension")
    old_server.unroute("**/api/crush/**")
    tab.panel.get_by_role("button", name="Look again").click()
    expect(tab.panel.get_by_role("alert")).to_contain_text(TROUBLES[name].title)
    old_server.close()


def is_said(tab: LabPage, title: str, *words: str) -> None:
    if not tab.panel.is_visible():
        tab.page.get_by_role("tab", name="Crush").click()
    said = tab.panel.get_by_role("alert")
    expect(said.get_by_role("heading")).to_have_text(title)
    for word in words:
        expect(said).to_contain_text(word)
    expect(said.get_by_role("button", name="Look again")).to_be_visible()
