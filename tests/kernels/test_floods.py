"""Real kernels that print more than anybody reads."""

from __future__ import annotations

import asyncio
import time

import psutil

from support.kernels.kernel_room import KernelRoom, text_of, until

MB = 1024 * 1024
FLOOD = """
line = "x" * 99
for step in range({lines} // 1000):
    print((line + "\\n") * 1000, end="")
print("the end")
"""


async def longest_stall(stop: asyncio.Event) -> float:
    """Seconds that the event loop stood still at most."""
    longest, before = 0.0, time.perf_counter()
    while not stop.is_set():
        await asyncio.sleep(0.005)
        now = time.perf_counter()
        longest, before = max(longest, now - before - 0.005), now
    return longest


async def test_100_mb_of_output_are_kept_in_part_within_bounded_memory(room: KernelRoom) -> None:
    await room.started()
    process = psutil.Process()
    before = process.memory_info().rss
    peak = 0

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, process.memory_info().rss)
            await asyncio.sleep(0.05)

    watching = asyncio.ensure_future(watch())
    stop = asyncio.Event()
    stalls = asyncio.ensure_future(longest_stall(stop))
    execution = await room.run(FLOOD.format(lines=1_000_000), timeout=100)
    watching.cancel()
    stop.set()
    assert execution.status == "ok"
    text = text_of(execution)
    assert text.startswith("x" * 99 + "\n")
    assert text.endswith("the end\n")
    assert "characters were not kept" in text
    assert len(text) < 2 * MB
    # It is one message, which Jupyter and we each hold twice for a moment, and no more than that.
    assert peak - before < 450 * MB, f"{(peak - before) / MB:.0f} MB"
    assert await stalls < 5  # how short it is, python -m bench measures


async def test_endless_output_is_stopped_by_a_cancel(room: KernelRoom) -> None:
    await room.started()
    told: list[int] = []
    task = asyncio.ensure_future(
        room.run(
            "while True:\n    print('x' * 1000)", timeout=None, on_output=lambda outputs: told.append(len(outputs))
        )
    )
    await until(lambda: len(told) > 3)
    task.cancel()
    began = time.monotonic()
    await asyncio.wait([task])
    assert task.cancelled()
    assert time.monotonic() - began < 6
    assert text_of(await room.run("print('well')")) == "well\n"


async def test_ten_thousand_displays_are_kept_in_part(room: KernelRoom) -> None:
    execution = await room.run("from IPython.display import display\nfor index in range(10_000):\n    display(index)")
    assert execution.status == "ok"
    assert len(execution.outputs) == 1001
    assert execution.outputs[-1]["data"]["text/plain"] == "9999"
