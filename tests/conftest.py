from __future__ import annotations

import os

import pytest
from hypothesis import settings

from support.scenarios.sizes import told

pytest_plugins = ["pytest_jupyter.jupyter_server"]


# The short runs are the same each time, as those of the suites are; new examples are looked for with a seed, by scripts/test-long.
settings.register_profile("the same each time", derandomize=True)
if "CRUSH_SEED" not in os.environ:
    settings.load_profile("the same each time")


def pytest_report_header() -> str:
    return told()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How much the suites did, as their tests recorded it."""
    for report in (report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)):
        if report.user_properties and report.when == "call":
            done = ", ".join(f"{value} {name}" for name, value in report.user_properties)
            terminalreporter.write_line(f"{report.nodeid}: {done} in {report.duration:.0f} s")
