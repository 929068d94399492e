from __future__ import annotations

import pytest

from sizes import told

pytest_plugins = ["pytest_jupyter.jupyter_server"]


def pytest_report_header() -> str:
    return told()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How much the suites did, as their tests recorded it."""
    for report in (report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)):
        if report.user_properties and report.when == "call":
            done = ", ".join(f"{value} {name}" for name, value in report.user_properties)
            terminalreporter.write_line(f"{report.nodeid}: {done} in {report.duration:.0f} s")
