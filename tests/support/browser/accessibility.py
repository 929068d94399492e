"""axe-core, from the front end's node_modules: what stands in the way of those who cannot see, or use no mouse."""

from __future__ import annotations

from functools import cache
from typing import Any

from playwright.sync_api import Page

from support.browser.lab_process import REPOSITORY

AXE = REPOSITORY / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")


@cache
def _source() -> str:
    assert AXE.is_file(), "Install the front end's tools first: cd labextension && npm ci"
    return AXE.read_text("utf-8")


def grave_findings(page: Page, selector: str) -> list[str]:
    """The serious and critical findings in what the selector names: the rule, why, and where."""
    page.evaluate(f"() => {{ {_source()} }}")
    result: dict[str, list[dict[str, Any]]] = page.evaluate("selector => window.axe.run(selector)", selector)
    assert result["passes"], f"nothing of {selector} was looked at"
    return [
        f"{finding['id']}: {node['failureSummary']} {node['html'][:200]}"
        for finding in result["violations"]
        if finding["impact"] in GRAVE
        for node in finding["nodes"]
    ]
