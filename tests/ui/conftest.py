"""A real JupyterLab, a real Chromium. One server for each file of stories, a browser context of its own for each visit."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright

from jupyter_crush.agent import title
from jupyter_crush.client import Workspace
from support.browser.lab_page import LabPage, Visit
from support.browser.lab_process import LabOptions, LabProcess
from support.models.messages_api import Fail, MessagesApi
from support.servers.cut_proxy import CutProxy

collect_ignore = [] if importlib.util.find_spec("jupyter_server_ydoc") else ["test_story_together.py"]
"""It needs jupyter-collaboration: scripts/test-collaboration."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZE = ViewportSize(width=1400, height=900)
SHOTS = Path(__file__).parents[2] / "test-results" / "ui"


@pytest.fixture(autouse=True)
def jp_asyncio_loop() -> None:
    """Playwright's blocking API runs a loop of its own in this thread: there is no place for another one."""


@pytest.fixture(autouse=True)
def jp_server_cleanup() -> None:
    """As above: there is no server in this process."""


@pytest.fixture(scope="module")
def lab_options() -> LabOptions:
    """Nothing is configured, so the demo model answers. A module of stories overrides this."""
    return LabOptions()


def is_title(body: dict[str, Any]) -> bool:
    """Whether a name is looked for: a side job, at a time of its own."""
    return not body.get("tools") and body.get("max_tokens") == title.MAX_TOKENS


@pytest.fixture(scope="module")
def api() -> Iterator[MessagesApi]:
    """The model's API, for modules whose ``lab_options`` are ``scripted(api)``."""
    with MessagesApi.in_thread() as server:
        server.aside(
            is_title, Fail(404, "not_found_error", "There is no small model: sessions keep their first words.")
        )
        yield server
        assert not server.violations, server.violations


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, lab_options: LabOptions) -> Iterator[LabProcess]:
    process = LabProcess(tmp_path_factory.mktemp("lab"), lab_options)
    try:
        process.start()
        yield process
        process.stop()
    finally:
        process.kill()


@pytest.fixture
def workspace(lab: LabProcess) -> Iterator[Workspace]:
    """The root's workspace, for a client that is no browser."""
    with lab.client() as client:
        yield client.open()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not longer than a module: its loop must be gone before tests that have one of their own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CRUSH_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, headless=True, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def wire(lab: LabProcess) -> Iterator[CutProxy]:
    """Between browsers and the server: visit(url=wire.url)."""
    with CutProxy.in_thread(lab.port) as proxy:
        yield proxy


@pytest.fixture
def shots(request: pytest.FixtureRequest) -> Path:
    """Where this story's pictures go."""
    folder = SHOTS / request.path.stem.removeprefix("test_story_")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def visit(browser: Browser, lab: LabProcess, shots: Path) -> Iterator[Visit]:
    """Open a tab: of a browser of its own, or of the one given. Every tab must be sound in the end."""
    contexts: list[BrowserContext] = []
    pages: list[LabPage] = []

    def visited(
        path: str = "lab",
        *,
        context: BrowserContext | None = None,
        person: str | None = None,
        url: str | None = None,
    ) -> LabPage:
        is_first = context is None
        if context is None:
            context = browser.new_context(viewport=SIZE)
            contexts.append(context)
        if person is not None:
            context.add_cookies([{"name": "person", "value": person, "url": lab.url}])
        page = LabPage(context.new_page(), url or lab.url, shots)
        pages.append(page)
        page.open(path, is_first=is_first)
        return page

    try:
        yield visited
        for page in pages:
            page.is_sound()
    finally:
        for number, page in enumerate(pages, start=1):
            if not page.page.is_closed():
                page.page.screenshot(path=shots / f"end-{number}.png")
        for context in contexts:
            context.close()
