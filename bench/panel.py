"""A session of 10,000 messages in a real JupyterLab in a real Chromium: opened, scrolled, and streamed into."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .servers import ROOT

sys.path.append(str(ROOT / "tests"))

from support.browser.lab_page import LabPage
from support.browser.lab_process import LabProcess, scripted
from support.models.messages_api import Answer, Call, Hold, MessagesApi, Text

MESSAGES = 10_000
OPEN_MS = 1000
FRAME_MS = 20.0
HEAP_MB = 100
DELTAS, PACE = 800, 0.01
PATTERN = """I looked at **penguins.csv**; see `penguins.ipynb`.

| species | rows | mean |
|:--|--:|--:|
| Adelie | 152 | 38.79 |
| Gentoo | 124 | 47.50 |

```python
penguins.groupby("species").bill_length_mm.mean()
```

The mean is $\\bar{x} = \\frac{1}{n}\\sum x_i$, and the list is

- one thing and another,
- and a third."""

OPEN = """marker => new Promise(done => {
  const begun = performance.now();
  const look = () => {
    const last = [...document.querySelectorAll('.jcr-Turn')].at(-1);
    last?.querySelector('.jcr-Markdown')?.textContent.includes(marker)
      ? requestAnimationFrame(() => done(performance.now() - begun)) : requestAnimationFrame(look);
  };
  [...document.querySelectorAll('.jcr-SessionRow-title')].find(row => row.textContent.includes('Long')).click();
  look();
})"""
FRAMES = """([count, step]) => new Promise(done => {
  const box = document.querySelector('.jcr-Transcript');
  const times = [];
  let last = performance.now();
  const frame = now => {
    times.push(now - last);
    last = now;
    if (step) box.scrollTop += step;
    times.length < count ? requestAnimationFrame(frame) : done(times.slice(1));
  };
  requestAnimationFrame(frame);
})"""
TO_TOP = "() => { document.querySelector('.jcr-Transcript').scrollTop = 0; }"
ALL_THERE = """words => {
  const box = document.querySelector('.jcr-Transcript');
  box.scrollTop = 0;
  return document.querySelector('.jcr-Words-text')?.textContent === words;
}"""
MORE = """INSERT INTO messages ({columns}) SELECT {values} FROM messages, numbers WHERE messages.session_id = ?"""


async def measure() -> list[tuple[str, bool]]:
    names = (os.environ.get("CRUSH_CHROMIUM"), *map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    chromium = next(filter(None, names), None)
    if chromium is None:
        return [("skipped: no Chromium here (CRUSH_CHROMIUM names one)", True)]
    return await asyncio.to_thread(_measured, chromium)


def _measured(chromium: str) -> list[tuple[str, bool]]:
    with MessagesApi.in_thread() as api, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        lab = LabProcess(Path(home), scripted(api.url))
        try:
            lab.start()
            _fill(lab, api)
            with _page(lab, chromium) as tab:
                return list(_numbers(tab, api))
        finally:
            lab.kill()


def _fill(lab: LabProcess, api: MessagesApi) -> None:
    """Four real messages, and then as many like them."""
    api.script(Answer("I look at it.", Call("list_files", {"path": "."})), PATTERN)
    with lab.client() as client:
        workspace = client.open()
        session = workspace.create_session("Long")
        workspace.wait(workspace.prompt(session.id, "The first prompt"), timeout=60)
        workspace.create_session("Short")
    lab.stop()
    store = _store(lab)
    with contextlib.closing(sqlite3.connect(store)) as database, database:
        _multiply(database, session.id)
    lab.start()


def _store(lab: LabProcess) -> Path:
    return next(
        path
        for path in (lab.root.parent / "data").rglob("*")
        if path.is_file() and path.read_bytes()[:15] == b"SQLite format 3"
    )


def _multiply(database: sqlite3.Connection, session: str) -> None:
    columns = [row[1] for row in database.execute("PRAGMA table_info(messages)")]
    have = database.execute("SELECT count(*) FROM messages WHERE session_id = ?", (session,)).fetchone()[0]
    values = {
        "id": "id || '-' || n",
        "run_id": "run_id || '-' || n",
        "seq": f"seq + n * {have}",
        "parts": "replace(replace(parts, 'toolu_', 'toolu_' || n || '_'), 'The first prompt', 'Prompt ' || n)",
    }
    database.execute(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT ?) "
        + MORE.format(columns=", ".join(columns), values=", ".join(values.get(name, name) for name in columns)),
        (MESSAGES // have - 1, session),
    )


@contextlib.contextmanager
def _page(lab: LabProcess, chromium: str) -> Iterator[LabPage]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  only where there is a browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
        tab = LabPage(page, lab.url, lab.root.parent)
        tab.open()
        tab.open_panel()
        yield tab
        browser.close()


def _numbers(tab: LabPage, api: MessagesApi) -> Iterator[tuple[str, bool]]:
    tab.title.click()
    tab.panel.locator(".jcr-SessionRow-title").filter(has_text="Short").click()
    before = _heap_mb(tab)
    tab.title.click()
    opened = tab.page.evaluate(OPEN, "and a third.")
    yield f"{MESSAGES:,} messages open in {opened:.0f} ms, at most {OPEN_MS}", opened <= OPEN_MS

    yield _frames(tab, "scrolling up while earlier ones are fetched", 600, -60)
    tab.page.wait_for_function(ALL_THERE, arg="The first prompt", timeout=120_000)
    used = _heap_mb(tab) - before
    yield f"all of them in the page take {used:.0f} MB, at most {HEAP_MB}", used <= HEAP_MB
    yield _frames(tab, "scrolling down through all", 600, 60)

    gate = threading.Event()
    api.script(Answer(Text(["word "] * DELTAS, delay=PACE), Hold(gate)))
    tab.page.evaluate("() => document.querySelector('.jcr-New')?.click()")
    tab.send("Go on")
    tab.page.get_by_text("word word word").wait_for()
    yield _frames(tab, f"while {1 / PACE:.0f} deltas/s come", 400, 0)
    gate.set()


def _frames(tab: LabPage, name: str, count: int, step: int) -> tuple[str, bool]:
    times: list[float] = sorted(tab.page.evaluate(FRAMES, [count, step]))
    half, most = times[len(times) // 2], times[int(len(times) * 0.95)]
    text = f"frame time {name}: median {half:.1f} ms, p95 {most:.1f}, at most {FRAME_MS:.0f}, longest {times[-1]:.0f}"
    return text, most <= FRAME_MS


def _heap_mb(tab: LabPage) -> float:
    session: Any = tab.page.context.new_cdp_session(tab.page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(found["JSHeapUsedSize"]) / 1e6
