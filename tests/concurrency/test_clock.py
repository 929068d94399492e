"""The time of day on a machine whose clock is set."""

from __future__ import annotations

from jupyter_crush.concurrency.clock import DAY_MS, Clock, wall_ms

HOUR_MS = 3_600_000


def test_a_clock_that_is_set_back_stands_still_until_it_has_caught_up() -> None:
    said = [HOUR_MS, HOUR_MS + 5, 0, 10, HOUR_MS + 5, HOUR_MS + 6]
    clock = Clock(iter([DAY_MS * 20 + one for one in said]).__next__)
    told = [clock() - DAY_MS * 20 for _ in said]
    assert told == [HOUR_MS, HOUR_MS + 5, HOUR_MS + 5, HOUR_MS + 5, HOUR_MS + 5, HOUR_MS + 6]


def test_a_clock_that_was_wrong_by_years_is_believed_when_it_is_set_right() -> None:
    right, wrong = DAY_MS * 20_000, DAY_MS * 40_000
    clock = Clock(iter([wrong, right, right + 1]).__next__)
    assert [clock() for _ in range(3)] == [wrong, right, right + 1]


def test_it_is_the_machines() -> None:
    before = wall_ms()
    assert before <= Clock()() <= wall_ms()
