"""What the client costs a kernel: little time, and nothing of the server."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

FOREIGN = ("anthropic", "jupyter_server", "ipywidgets", "anywidget", "IPython", "rich", "pandas", "h11")
LOOK = """
import sys, time, asyncio, msgspec  # a kernel has the first anyway
begun = time.perf_counter()
import {module}
import json
print(json.dumps([time.perf_counter() - begun, sorted(sys.modules)]))
"""


@pytest.mark.parametrize("module", ["jupyter_crush", "jupyter_crush.client"])
def test_importing_is_quick_and_brings_no_server(module: str) -> None:
    runs = [
        subprocess.run([sys.executable, "-c", LOOK.format(module=module)], capture_output=True, check=True)
        for _ in "123"
    ]
    found = [json.loads(run.stdout) for run in runs]
    assert min(seconds for seconds, _ in found) < 1.0
    loaded = {name.partition(".")[0] for name in found[0][1]}
    assert loaded.isdisjoint(FOREIGN)
    assert not {"jupyter_crush.app", "jupyter_crush.store"} & set(found[0][1])
