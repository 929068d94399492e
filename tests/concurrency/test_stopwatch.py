from __future__ import annotations

from jupyter_crush.concurrency.stopwatch import Stopwatch


def test_the_time_that_others_take_is_counted_once_and_not_as_work() -> None:
    now = 0.0
    worked = Stopwatch(lambda: now)
    now = 2.0
    with worked.pause():
        now = 5.0
        with worked.pause():
            now = 10.0
            assert worked.seconds == 2.0
        now = 11.0
        assert worked.seconds == 2.0
    now = 12.0
    assert worked.seconds == 3.0
