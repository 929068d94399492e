"""The chat in a cell as a person uses it in a browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat as untyped_nbformat
from playwright.sync_api import Locator, Page, expect

NOTEBOOK = "chat.ipynb"
_RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
_EXECUTE = """async code => {
  const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  const future = kernel.requestExecute({ code });
  let printed = '';
  future.onIOPub = ({ header, content }) => { if (header.msg_type === 'stream') printed += content.text; };
  await future.done;
  return printed;
}"""


def write_notebook(root: Path, *sources: str) -> None:
    """A notebook with these code cells."""
    nbformat: Any = untyped_nbformat
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), root / NOTEBOOK)


class ChatCell:
    """The widget in an open notebook."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root: Locator = page.locator(".crush-chat").first
        self.state = self.root.locator(".crush-state")
        self.log = self.root.get_by_role("log")
        self.card = self.root.get_by_role("alertdialog")
        self.queue = self.root.locator(".crush-queued")
        self.stop = self.root.get_by_role("button", name="Stop", exact=True)
        self.composer = self.root.get_by_role("textbox", name="Prompt")

    def run(self) -> None:
        """Run the notebook."""
        self.page.wait_for_function("() => window.jupyterapp.shell.currentWidget?.context?.isReady")
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.ready")
        self.page.evaluate(_RUN_ALL)

    def run_cells(self) -> None:
        """Run the notebook, and wait until the chat is connected."""
        self.run()
        expect(self.composer).to_be_enabled()

    def send(self, prompt: str) -> None:
        self.composer.fill(prompt)
        self.composer.press("Enter")
        expect(self.composer).to_have_value("")

    def allow(self) -> None:
        """Read what the card shows to its end, and allow it."""
        self.card.locator(".jcr-Card-shown").evaluate("node => node.scrollTo(0, node.scrollHeight)")
        self.card.get_by_role("button", name=re.compile(r"^Allow\b(?! for)")).click()

    def python(self, code: str) -> str:
        """What the notebook's kernel prints for this code."""
        return str(self.page.evaluate(_EXECUTE, code)).strip()
