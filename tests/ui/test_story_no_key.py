"""No key and no demo: the panel and the API say exactly what to set."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from jupyter_crush.client import Refused, Workspace
from support.browser.lab_page import Visit
from support.browser.lab_process import LabOptions


@pytest.fixture(scope="module")
def lab_options() -> LabOptions:
    return LabOptions(crush={"demo": "never"})


@pytest.mark.timeout(180)
def test_it_is_said_what_to_set(visit: Visit, workspace: Workspace) -> None:
    tab = visit("lab/tree/penguins.ipynb")
    tab.open_panel()
    said = tab.panel.get_by_role("alert")
    for name in ("ANTHROPIC_API_KEY", "CrushApp.demo"):
        expect(said).to_contain_text(name)
    tab.composer.fill("Do something all the same")
    expect(tab.panel.get_by_role("button", name="Send")).to_be_disabled()
    tab.composer.press("Enter")
    expect(tab.composer).to_have_value("Do something all the same")
    expect(tab.turns).to_have_count(0)
    tab.shot("no-key")

    status = workspace.status()
    assert not status.is_ready and status.reason == said.locator(".jcr-Empty-reason").inner_text()
    session = workspace.create_session()
    with pytest.raises(Refused) as refused:
        workspace.prompt(session.id, "Do something all the same")
    assert refused.value.status == 409 and "ANTHROPIC_API_KEY" in str(refused.value)
