from __future__ import annotations

import time

import pytest

from jupyter_crush.agent.spending import Spending
from jupyter_crush.config import Budgets
from jupyter_crush.errors import BudgetSpent
from jupyter_crush.wire import Usage


def family() -> tuple[Spending, Spending, Spending]:
    """A run, one that it started, and one that this one started."""
    top = Spending()
    child = Spending(top)
    return top, child, Spending(child)


def test_what_is_spent_goes_up_and_how_full_the_context_is_does_not() -> None:
    top, child, grandchild = family()
    top.add(Usage(input_tokens=1, output_tokens=1, context_tokens=2, cost_usd=0.5))
    grandchild.add(Usage(input_tokens=10, output_tokens=10, context_tokens=20, cost_usd=0.25))
    child.add(Usage(input_tokens=100, context_tokens=100, cost_usd=0.125))
    assert top.usage == Usage(input_tokens=111, output_tokens=11, context_tokens=2, cost_usd=0.875)
    assert child.usage == Usage(input_tokens=110, output_tokens=10, context_tokens=100, cost_usd=0.375)
    assert grandchild.usage == Usage(input_tokens=10, output_tokens=10, context_tokens=20, cost_usd=0.25)


@pytest.mark.parametrize("budgets", [Budgets(steps=3), Budgets(tokens=30), Budgets(cost_usd=0.5)])
def test_a_run_has_what_is_left_to_all_above_it_and_no_more(budgets: Budgets) -> None:
    top, child, grandchild = family()
    other = Spending(top)
    steps = [top, other, grandchild]
    for one in steps:
        for each in (top, child, grandchild, other):
            each.check(budgets)
        one.add(Usage(input_tokens=5, output_tokens=5, cost_usd=0.1875))
        one.add_step()
    for each in (top, child, grandchild, other):
        with pytest.raises(BudgetSpent, match="reached its budget"):
            each.check(budgets)
    Spending().check(budgets)


def test_a_request_that_would_cross_the_budget_of_one_above_is_not_made() -> None:
    top, _, grandchild = family()
    top.add(Usage(input_tokens=1, cost_usd=0.75))
    grandchild.check_request(Budgets(cost_usd=1.0), 0.25)
    with pytest.raises(BudgetSpent, match="USD are spent"):
        grandchild.check_request(Budgets(cost_usd=1.0), 0.375)


def test_a_child_may_work_as_long_as_its_parent_and_the_wait_for_a_person_is_nobodys_time() -> None:
    top, child, _ = family()
    with child.waiting():
        before = top.worked.seconds, child.worked.seconds
        ends = time.monotonic() + 0.01
        while time.monotonic() < ends:
            pass
        assert (top.worked.seconds, child.worked.seconds) == before
    child.begin()
    with pytest.raises(BudgetSpent, match="that this one works for"):
        child.check(Budgets(seconds=top.worked.seconds))
