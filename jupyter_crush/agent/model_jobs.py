"""Which model does which job in a workspace (turns, summaries, titles), and whether its price is known where costs are limited."""

from __future__ import annotations

from ..config import Config
from ..errors import AgentNotReady, NoPrice
from ..models.anthropic.known import SMALL
from ..models.catalog import Catalog
from ..models.metering import Meter
from ..models.port import MAX_TOKENS, Model
from ..wire import ModelInfo, Session
from .preferences import Preferences
from .summary import is_nearly_full


class ModelJobs:
    """Answers from the catalogue, the configuration and the workspace's preferences. Holds no state of its own."""

    def __init__(self, config: Config, catalog: Catalog, preferences: Preferences) -> None:
        self._config = config
        self._catalog = catalog
        self._preferences = preferences

    def check_ready(self, session: Session) -> None:
        """There is a model, and it has a price where that is wanted. Raises AgentNotReady or NoPrice."""
        if self._catalog.reason is not None:
            raise AgentNotReady(self._catalog.reason)
        self._check_prices(session)

    def of_turn(self, session: Session, *, is_summary: bool) -> tuple[Model, ModelInfo]:
        """Who answers in a session, or summarizes it. Raises ModelNotFound or NoPrice."""
        small = self._config.small_model if is_summary else None
        found = self._catalog.find(small or self._wanted(session))
        self._check_prices(session)
        return found

    def summary_writer(self, model_id: str) -> tuple[Model, Meter]:
        """Who writes summaries within a turn of that model. Raises ModelNotFound."""
        model, info = self._catalog.find(self._config.small_model or model_id)
        return model, self.meter(info)

    def small(self) -> tuple[Model, str] | None:
        """The model for titles: the configured small one, else Anthropic's where it can be used; None: there is none."""
        wanted = self._config.small_model or next((info.id for info in self._catalog.infos if info.id == SMALL), None)
        info = self._catalog.info(wanted) if wanted else None
        if info is None or info.is_demo or self._lacks_price(info):
            return None
        return self._catalog.find(wanted)[0], info.id

    def meter(self, info: ModelInfo) -> Meter:
        most = self._catalog.options(info.id).max_tokens or MAX_TOKENS
        return Meter(info=info, price=self._catalog.price(info), max_tokens=most)

    def is_nearly_full(self, session: Session) -> bool:
        """Whether the context of the session's model is filled so far that a summary comes before the next turn."""
        info = self._catalog.info(self._wanted(session))
        return info is not None and is_nearly_full(session.usage, info, self._config.summarize_at)

    def _wanted(self, session: Session) -> str | None:
        return session.model or self._preferences.model

    def _check_prices(self, session: Session) -> None:
        """Where costs are limited, the price of what the session uses is known. Raises NoPrice."""
        for name in (self._wanted(session), self._config.small_model or self._wanted(session)):
            info = self._catalog.info(name)
            if info is not None and self._lacks_price(info):
                said = f'[{{"id": "{info.id}", "price": {{"input": …, "output": …}}}}]'
                raise NoPrice(
                    f"budgets.cost_usd limits what a run may cost, and the price of {info.id} is not known. Say it in USD for a "
                    f"million tokens, CrushApp.models = {said}, or take cost_usd out of CrushApp.budgets."
                )

    def _lacks_price(self, info: ModelInfo) -> bool:
        return self._config.budgets.cost_usd is not None and self._catalog.price(info) is None
