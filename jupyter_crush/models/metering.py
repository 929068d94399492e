"""What a step took, in tokens and in USD: as its server counts, as estimated where that cannot be, at the price that is configured."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from ..config import Budgets, Price
from ..errors import BudgetSpent
from ..wire import Message, ModelInfo, Usage
from .estimate import is_believable, tokens_in, tokens_of
from .port import MAX_TOKENS, ModelRequest

MILLION = 1_000_000
CACHE_WRITE = 1.25
"""Times the price of input, where nobody says what it costs to put something into the cache."""


class Meter(Struct, frozen=True, kw_only=True):
    """Counts for one model. ``price`` None: not known, so nothing is said of costs."""

    info: ModelInfo
    price: Price | None = None
    max_tokens: int = MAX_TOKENS
    """Most tokens of one answer."""

    def counted(self, usage: Usage, request: ModelRequest, answer: Message) -> Usage:
        """What a step took. A server that counts far fewer tokens than it was sent, or none, is not believed; the demo counts none."""
        if not self.info.is_demo and not is_believable(usage, request):
            sent, said = tokens_of(request), usage.output_tokens or tokens_in([answer])
            usage = replace(usage, input_tokens=sent, output_tokens=said, context_tokens=sent + said)
        if usage.cost_usd is None and self.price is not None:
            usage = replace(usage, cost_usd=cost(usage, self.price))
        return usage

    def to_send(self, tokens: int, last: Usage) -> float | None:
        """What it will cost to send so many tokens, in USD. What was in the cache at the ``last`` step is read from there."""
        if self.price is None:
            return None
        cached = min(tokens, last.cache_read_tokens + last.cache_write_tokens)
        return cost(Usage(input_tokens=tokens - cached, cache_read_tokens=cached), self.price)


def cost(usage: Usage, price: Price) -> float:
    """In USD."""
    read = price.input if price.cache_read is None else price.cache_read
    write = price.input * CACHE_WRITE if price.cache_write is None else price.cache_write
    return (
        usage.input_tokens * price.input
        + usage.output_tokens * price.output
        + usage.cache_read_tokens * read
        + usage.cache_write_tokens * write
    ) / MILLION


def check_cost(budgets: Budgets, spent: Usage, to_send: float | None) -> None:
    """Raises BudgetSpent where the next request alone would cross the budget."""
    limit, before = budgets.cost_usd, spent.cost_usd or 0.0
    if limit is not None and before + (to_send or 0.0) > limit:
        raise BudgetSpent(
            f"The run's budget of {limit:g} USD does not allow for the next request: {before:.4f} USD are spent, and to send it "
            f"costs about {to_send or 0.0:.4f} USD. Summarize, or raise cost_usd in CrushApp.budgets."
        )
