"""The models side by side: each with what was measured, what it costs and its card, and which of two is the smaller.

Values and their order only; choosing is in `recommending`, wording in `sentences`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from maquette.catalog.cards import ModelCard
from maquette.catalog.shortlist import Shortlist
from maquette.cost.projection import CostProjection, OptionCost
from maquette.evals.run import EvalRun, TargetResult
from maquette.foundation.expression import Facts
from maquette.foundation.units import Usd


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a model must meet. None where the requirement is unknown, which nothing misses.

    Attributes:
        threshold: The least score, as a fraction.
    """

    threshold: float | None
    p95_s: Decimal | None
    budget_usd_month: Usd | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Contender:
    """One model with whatever is known of it."""

    model: str
    result: TargetResult | None
    cost: OptionCost | None
    card: ModelCard | None

    @property
    def total_usd(self) -> Usd | None:
        """Over the projection's horizon, base case; None when unpriced."""
        return self.cost.total_usd.base if self.cost and self.cost.total_usd else None

    @property
    def first_month_usd(self) -> Usd | None:
        """In the first month, base case; None when unpriced."""
        return self.cost.first_month_usd.base if self.cost and self.cost.first_month_usd else None

    @property
    def p95_s(self) -> Decimal | None:
        """The measured 95th percentile; None when nothing succeeded."""
        return Decimal(str(self.result.latency.p95_s)) if self.result and self.result.latency else None

    @property
    def params_b(self) -> Decimal | None:
        """Parameters of its weights in billions; None when unknown."""
        return self.card.weights.params_b if self.card and self.card.weights else None

    @property
    def measured(self) -> bool:
        """Whether every planned example was asked: an unfinished series decides nothing."""
        return self.result is not None and self.result.scored > 0 and self.result.done >= self.result.planned


def contenders(
    run: EvalRun | None, projection: CostProjection | None, cards: Mapping[str, ModelCard]
) -> tuple[Contender, ...]:
    """Every evaluated model in the order of the run, then those that only have a cost, in the projection's order."""
    results = {result.target_id: result for result in run.results} if run else {}
    costs = {option.option: option for option in projection.options} if projection else {}
    return tuple(
        Contender(model=model, result=results.get(model), cost=costs.get(model), card=cards.get(model))
        for model in dict.fromkeys([*results, *costs])
    )


def cards_of(shortlist: Shortlist) -> dict[str, ModelCard]:
    """Every card of the catalog by id, whether it fits or not."""
    excluded = {exclusion.card.id: exclusion.card for exclusion in shortlist.exclusions}
    return excluded | {candidate.card.id: candidate.card for candidate in shortlist.candidates}


def limits_from(facts: Facts) -> Limits:
    """The limits among the facts."""
    threshold = _number(facts, "quality.threshold")
    p95_ms = _number(facts, "latency.p95_ms")
    return Limits(
        threshold=None if threshold is None else float(threshold),
        p95_s=None if p95_ms is None else p95_ms / 1000,
        budget_usd_month=_number(facts, "budget.monthly_usd"),
    )


def cheapest_first(contender: Contender) -> tuple[int, Decimal, float, str]:
    """Sorts by total cost, at equal cost the higher score first; unpriced ones last, the smaller weights first."""
    worse = -contender.result.score if contender.result and contender.result.score is not None else 0.0
    total = contender.total_usd
    if total is not None:
        return (0, total, worse, contender.model)
    size = contender.params_b
    return (1, Decimal("Infinity") if size is None else size, worse, contender.model)


def is_smaller(first: Contender, second: Contender) -> bool | None:
    """Whether ``first`` is the cheaper one, or the one with smaller weights where prices are missing or equal.

    None where neither is known of both.
    """
    pairs = ((first.total_usd, second.total_usd), (first.params_b, second.params_b))
    known = [(one, other) for one, other in pairs if one is not None and other is not None]
    return next((one < other for one, other in known if one != other), False if known else None)


def _number(facts: Facts, name: str) -> Decimal | None:
    value = facts.get(name)
    if value is None or isinstance(value, bool | str | tuple):
        return None
    return Decimal(str(value))
