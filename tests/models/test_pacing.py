from __future__ import annotations

from jupyter_crush.models.pacing import FEW, Pace


async def test_few_streams_are_read_as_fast_as_they_come() -> None:
    pace = Pace()
    for _ in range(FEW):
        pace.__enter__()
    assert pace.pause == 0
    pace.__enter__()
    assert pace.pause > 0
