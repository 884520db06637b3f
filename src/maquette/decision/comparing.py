"""The options side by side: quality with its interval, cost with its range, latency, machines, retirement, risks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from maquette.catalog.cards import Capability, Hosting, ModelCard
from maquette.catalog.families import home, host
from maquette.decision.contenders import Contender, cheapest_first
from maquette.decision.decision import Decision
from maquette.evals.run import Interval
from maquette.foundation.units import Range, Usd


@dataclass(frozen=True, kw_only=True, slots=True)
class Speed:
    """The 95th percentile of an answer's time: measured in a run, or predicted for sized accelerators."""

    p95_s: float
    measured: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Machines:
    """What the model runs on, in words, and how many requests a second that takes; None where nobody knows."""

    words: str
    requests_per_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One option in the comparison; None wherever it is not known.

    Attributes:
        standing: "decided", "fallback", "recommended" or "".
        score, interval: Measured, as fractions; ``scored`` examples stand behind them.
        usd_first_month, usd_total: With their ranges.
        retires_on: The provider's last day.
        terms: Where the data goes, and what the provider says it does with it.
        risks: What speaks against it, a sentence each.
    """

    model: str
    standing: str
    score: float | None
    interval: Interval | None
    scored: int
    verdict: str
    usd_first_month: Range[Usd] | None
    usd_total: Range[Usd] | None
    speed: Speed | None
    machines: Machines | None
    retires_on: date | None
    terms: str
    risks: tuple[str, ...]


def side_by_side(
    decision: Decision,
    cards: Mapping[str, ModelCard],
    *,
    predicted: Mapping[str, Speed] | None = None,
    machines: Mapping[str, Machines] | None = None,
) -> tuple[Side, ...]:
    """Every option, the cheapest first, unpriced ones last.

    Args:
        decision: As weighed.
        cards: What the project calls a model, to its card.
        predicted: Speeds of models that were sized, used where nothing is measured.
        machines: What the sized models take.
    """
    options = {option.model: option for option in decision.options}
    ranked = sorted(
        (
            Contender(model=name, result=option.result, cost=option.cost, card=cards.get(name))
            for name, option in options.items()
        ),
        key=cheapest_first,
    )
    return tuple(_side(one, decision, options[one.model].against_it, predicted or {}, machines or {}) for one in ranked)


def _side(
    one: Contender,
    decision: Decision,
    against: Sequence[str],
    predicted: Mapping[str, Speed],
    machines: Mapping[str, Machines],
) -> Side:
    result, cost, card = one.result, one.cost, one.card
    measured = Speed(p95_s=result.latency.p95_s, measured=True) if result and result.latency else None
    return Side(
        model=one.model,
        standing=_standing(one.model, decision),
        score=result.score if result else None,
        interval=result.interval if result else None,
        scored=result.scored if result else 0,
        verdict=result.verdict.value if result else "not evaluated",
        usd_first_month=cost.first_month_usd if cost else None,
        usd_total=cost.total_usd if cost else None,
        speed=measured or predicted.get(one.model),
        machines=machines.get(one.model) or (_elsewhere(card) if card else None),
        retires_on=card.retires_on if card else None,
        terms=terms(card) if card else "unknown: it is not in the catalog",
        risks=tuple(against),
    )


def _standing(model: str, decision: Decision) -> str:
    choice = decision.choice
    if choice is not None and model == choice.model:
        return "decided"
    if choice is not None and model == choice.fallback:
        return "fallback"
    return "recommended" if model == decision.recommended else ""


def _elsewhere(card: ModelCard) -> Machines | None:
    return Machines(words=f"{host(card)}'s") if card.hosting is Hosting.API else None


def terms(card: ModelCard) -> str:
    """Where the data goes and what is known of how it is kept; what nobody states is said to be unknown."""
    if card.hosting is not Hosting.API:
        return "data stays on own machines"
    seat = home(card)
    kept = {True: "zero retention offered", False: "no zero retention", None: "retention unknown"}
    agreement = {True: "BAA offered", False: "no BAA", None: "BAA unknown"}
    where = f"{host(card)}, controlled from {seat}" if seat else host(card)
    regions = f"regions {', '.join(card.regions)}" if card.regions else "regions unknown"
    return "; ".join([where, regions, kept[card.can(Capability.ZERO_RETENTION)], agreement[card.can(Capability.BAA)]])
