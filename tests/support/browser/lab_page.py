"""A tab with JupyterLab and the panel in it, as a person uses it: what is there to see, and what can be done."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

from playwright.sync_api import BrowserContext, Locator, Page, expect

from support.browser.lab_process import TOKEN

TO_PANEL = "ControlOrMeta+Shift+Enter"
"""To the panel, from there to what it asks, and back."""
PATIENCE_MS = 45_000
"""A cold kernel on a busy machine is slow; a story waits for what it wants to see, and no longer."""
_READY = "() => window.jupyterapp?.commands.hasCommand('crush:focus')"
_SETTLED = """() => window.jupyterapp.name === 'Jupyter Notebook'
  ? window.jupyterapp.shell.currentWidget  // it gives the focus to nobody when the page was slow
  : document.activeElement.closest('.jp-Launcher, .jp-Notebook')"""

expect.set_options(timeout=PATIENCE_MS)


class LabPage:
    """Owner of what went wrong in one tab: errors of scripts, and requests to anywhere but the server."""

    def __init__(self, page: Page, url: str, shots: Path) -> None:
        self.page = page
        self.url = url
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.unshared: list[str] = []
        """What of ours found no version of a package of JupyterLab's that it can work with."""
        self._shots = shots
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self._failed(error.stack or str(error)))
        page.on("console", lambda message: self._logged(message.text))
        page.on("request", lambda request: self._requested(request.url))
        lost = page.get_by_role("dialog", name="Server Connection Error")  # JupyterLab's own, in front of everything
        page.add_locator_handler(lost, lambda dialog: dialog.get_by_role("button").last.click())
        self.panel = page.locator(".jcr-Panel")
        self.composer = self.panel.get_by_role("textbox", name="Prompt")
        self.card = self.panel.get_by_role("alertdialog")
        self.turns = self.panel.get_by_role("article", name="Turn")
        self.transcript = self.panel.get_by_role("log")
        self.endings = self.panel.locator(".jcr-Ending")
        self.queue = self.panel.get_by_role("list", name="Queue").get_by_role("listitem")
        self.stop = self.panel.get_by_role("button", name="Stop", exact=True)
        self.title = self.panel.get_by_title("Sessions")

    def open(self, path: str = "lab", *, is_first: bool = True) -> None:
        """Go to the page, signed in, and wait until the extension is there and what is open has taken the focus.

        ``is_first``: forget what other browsers had open.
        """
        self.page.goto(f"{self.url}/{path}?token={TOKEN}{'&reset' if is_first else ''}")
        self.page.wait_for_function(_READY)
        self.page.evaluate("() => window.jupyterapp.restored.then(() => null)")
        self.page.wait_for_function(_SETTLED)

    def open_panel(self) -> None:
        """By its tab at the right, unless it is open; wait until it is connected."""
        if not self.panel.is_visible():
            self.page.get_by_role("tab", name="Crush").click()
        self.has_state("ready", "working", "asks you", "no model")

    def has_state(self, *words: str) -> None:
        """Wait until the state line says one of these."""
        state = self.panel.locator(".jcr-State")
        if len(words) == 1:
            expect(state).to_have_text(words[0])
        else:
            expect(state.filter(has_not_text="connecting").filter(has_not_text="not signed in")).to_be_visible()
            assert state.inner_text() in words

    def new_session(self) -> None:
        self.panel.locator(".jcr-Header").get_by_title("New session").click()
        expect(self.turns).to_have_count(0)

    def send(self, prompt: str) -> None:
        self.composer.fill(prompt)
        self.composer.press("Enter")

    def allow(self, *, for_session: bool = False) -> None:
        """Read what the card shows to its end, and allow it."""
        self.read_card()
        name = "Allow for session" if for_session else re.compile(r"^Allow\b(?! for)")
        self.card.get_by_role("button", name=name).click()

    def read_card(self) -> None:
        """Scroll to the end of what is shown, until it can be allowed."""
        self.card.locator(".jcr-Card-shown").evaluate("node => node.scrollTo(0, node.scrollHeight)")
        expect(self.card.get_by_role("button", name=re.compile(r"^Allow\b(?! for)"))).to_be_enabled()

    def deny(self) -> None:
        self.card.get_by_role("button", name="Deny").click()

    def go_to_card(self) -> None:
        """By key, from the composer, once the card can be answered."""
        expect(self.card.get_by_role("button", name=re.compile("Deny|Do not answer"))).to_be_enabled()
        expect(self.composer).to_be_focused()
        self.page.keyboard.press(TO_PANEL)
        expect(self.card).to_be_focused()

    def finished(self) -> None:
        """Wait until nothing is worked on."""
        self.has_state("ready")

    def widen(self, width: int) -> None:
        """Drag the panel's edge until it is ``width`` pixels wide."""
        handle = self.page.locator(
            "#jp-main-split-panel > .lm-SplitPanel-handle:not(.lm-mod-hidden)"
        ).last.bounding_box()
        box = self.panel.bounding_box()
        assert handle is not None and box is not None
        y = handle["y"] + handle["height"] / 2
        x = handle["x"] + handle["width"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + box["width"] - width, y, steps=4)
        self.page.mouse.up()

    def open_all_lines(self) -> None:
        """Unfold what tools were given and said, and what was thought."""
        folded = self.turns.locator("button.jcr-Line[aria-expanded=false]")
        while folded.count():
            folded.first.click()

    def use_theme(self, name: str) -> None:
        """One of JupyterLab's, by its name."""
        self.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", name)
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)

    def shot(self, name: str, of: Locator | None = None) -> Path:
        """A picture in the test's output, to be looked at."""
        path = self._shots / f"{name}.png"
        if of is None:
            self.page.screenshot(path=path, animations="disabled")
        else:
            of.screenshot(path=path, animations="disabled")
        return path

    def is_sound(self) -> None:
        """Nothing of ours failed in the page, and nothing was asked of any other server."""
        assert not self.errors, self.errors
        assert not self.foreign, self.foreign
        assert not self.unshared, self.unshared

    def _failed(self, stack: str) -> None:
        """JupyterLab's own failures when its server is away are no matter of ours."""
        if "jupyter-crush" in stack:
            self.errors.append(stack)

    def _logged(self, text: str) -> None:
        if text.startswith(("Unsatisfied version", "No satisfying version")) and "jupyter-crush" in text:
            self.unshared.append(text)

    def _requested(self, url: str) -> None:
        if not url.startswith((self.url + "/", "data:", "blob:", self.url.replace("http", "ws", 1) + "/")):
            self.foreign.append(url)


class Visit(Protocol):
    """Open a tab: of a browser of its own, or of the one given; as somebody, where the server knows people; through an address."""

    def __call__(
        self,
        path: str = "lab",
        *,
        context: BrowserContext | None = None,
        person: str | None = None,
        url: str | None = None,
    ) -> LabPage: ...
