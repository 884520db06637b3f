"""Whether volume, latency and budget can hold together, before any model is measured: the arithmetic, with its figures.

Only what no choice of model can mend is a contradiction; what is unknown contradicts nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal

from maquette.catalog.cards import ModelCard
from maquette.cost.projection import CostProjection
from maquette.cost.rates import Rates, api_rates
from maquette.cost.workload import MissingFacts, Workload, workload
from maquette.evals.run import TargetResult
from maquette.foundation.expression import Facts
from maquette.foundation.problems import InvalidInput
from maquette.foundation.units import SECONDS_PER_DAY, Usd, readable_count, readable_usd

USUAL_DECODE_TOK_S = Decimal(150)
"""Tokens a second of one answer that an API rarely passes; rule R-LAT-02 has the figure."""

_THREE_DIGITS = Context(prec=3)
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One piece of arithmetic.

    Attributes:
        kind: "price" of a request, "speed" of an answer, or "speed and price" of what was measured.
        contradicts: Whether the requirements cannot hold together.
        formula: What is divided by what, in words.
        figures: Each figure of the formula by its name, exact.
        sentence: The same for a reader.
        changes: What would have to be given up, each by itself.
    """

    kind: str
    contradicts: bool
    formula: str
    figures: Mapping[str, Decimal]
    sentence: str
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Feasibility:
    """What was found; ``unchecked`` are the answers for want of which something was not."""

    findings: tuple[Finding, ...] = ()
    unchecked: tuple[str, ...] = field(default=())

    @property
    def contradictions(self) -> tuple[Finding, ...]:
        """The findings that cannot hold."""
        return tuple(one for one in self.findings if one.contradicts)


def check_feasibility(
    facts: Facts,
    cards: Iterable[ModelCard],
    *,
    projection: CostProjection | None = None,
    results: Iterable[TargetResult] = (),
) -> Feasibility:
    """Volume, latency and budget held against each other.

    Args:
        facts: Answers, defaults and derived facts; what is absent is unknown.
        cards: The models that take the requirements' kinds of input; those without a price are passed over.
        projection: Of the project's options: one that keeps the budget shows that the price can be paid.
        results: What was measured, for speeds and for p95.

    Raises:
        InvalidInput: A fact is not a number, is negative, or makes the volume absurd.
    """
    measured = tuple(results)
    load = workload(facts, measured=None)
    budget, p95 = _number(facts, "budget.monthly_usd"), _number(facts, "latency.p95_ms")
    unchecked = list(load.names) if isinstance(load, MissingFacts) else []
    unchecked += [name for name, one in (("budget.monthly_usd", budget), ("latency.p95_ms", p95)) if one is None]
    found: list[Finding] = []
    if not isinstance(load, MissingFacts) and budget is not None:
        found += _price(load, budget, cards, projection)
    if p95 is not None:
        found += _speed(facts, p95, measured)
    if budget is not None and p95 is not None and projection is not None:
        found += _both(budget, p95, projection, measured)
    return Feasibility(findings=tuple(found), unchecked=tuple(dict.fromkeys(unchecked)))


def _price(
    load: Workload, budget: Usd, cards: Iterable[ModelCard], projection: CostProjection | None
) -> Iterator[Finding]:
    """The budget of a request against the least that any model takes for one."""
    volume = load.requests_per_month
    least = _cheapest(load, cards)
    if not volume or least is None:
        return
    model, each = least
    limit, tokens = budget / volume, volume * (load.input_tok + load.output_tok.base)
    own = [one.first_month_usd.low for one in projection.options if one.first_month_usd] if projection else []
    month = min([each * volume, *own])
    against = month > budget
    rps = volume / (load.days_per_month * SECONDS_PER_DAY)
    text = (
        f"{_count(rps)} requests a second on average are {_count(volume)} a month; {readable_usd(budget)} leave"
        f" {readable_usd(limit)} for one, or {readable_usd(budget / tokens * _MILLION)} for a million tokens."
        f" The cheapest model ({model}) takes {readable_usd(each)} with everything cached that can be,"
        f" {readable_usd(each * volume)} a month"
    )
    times = month / budget if budget else None
    text += f": {_count(times)} times the budget" if against and times is not None else ""
    yield Finding(
        kind="price",
        contradicts=against,
        formula=(
            f"budget / (requests a second x 86,400 s x {load.days_per_month:f} days)"
            " against the least price of a request"
        ),
        figures={
            "requests_per_month": volume,
            "tokens_per_month": tokens,
            "budget_usd_month": budget,
            "usd_per_request_affordable": limit,
            "usd_per_request_least": each,
            "usd_month_least": month,
        },
        sentence=text,
        changes=_cheaper(load, budget, each, month) if against else (),
    )


def _cheaper(load: Workload, budget: Usd, each: Usd, month: Usd) -> tuple[str, ...]:
    daily = budget / each / load.days_per_month if each else Decimal(0)
    return (
        f"a budget of {readable_usd(month)} a month",
        f"{_count(daily)} requests a day instead of {_count(load.requests_per_month / load.days_per_month)}",
        f"{_count(budget / month * 100)} % of the tokens of a request",
    )


def _cheapest(load: Workload, cards: Iterable[ModelCard]) -> tuple[str, Usd] | None:
    """The model with the lowest price of a request in its cheap case; ties go to the first name."""
    prices: list[tuple[Usd, str]] = []
    for card in cards:
        rates = api_rates(card.id, card, load, Decimal(0)) if card.price is not None else None
        if isinstance(rates, Rates) and rates.request_usd.low > 0:
            prices.append((rates.request_usd.low, card.id))
    if not prices:
        return None
    each, name = min(prices)
    return name, each


def _speed(facts: Facts, p95_ms: Decimal, results: Iterable[TargetResult]) -> Iterator[Finding]:
    """The tokens a second that an answer has to come with to be whole in time."""
    output, first = _number(facts, "tokens.output_avg"), _number(facts, "latency.ttft_ms") or Decimal(0)
    if output is None or p95_ms <= 0:
        return
    left_ms = p95_ms - first
    if left_ms <= 0:
        text = f"the first token alone may take {_count(first)} ms, and the whole answer {_count(p95_ms)} ms"
        yield Finding(
            kind="speed",
            contradicts=True,
            formula="latency.p95_ms - latency.ttft_ms",
            figures={"p95_ms": p95_ms, "ttft_ms": first},
            sentence=text,
            changes=(f"a p95 above {_count(first)} ms", f"a first token in less than {_count(p95_ms)} ms"),
        )
        return
    needed, known = output / (left_ms / 1000), _fastest(results)
    reach = max([USUAL_DECODE_TOK_S, *([known[1]] if known else [])])
    against = needed > reach
    whose = f"{known[0]} measured {_count(known[1])}" if known else "none is measured"
    after = f" after a first token at {_count(first)} ms" if first else " even if the first token came at once"
    yield Finding(
        kind="speed",
        contradicts=against,
        formula="tokens.output_avg / ((latency.p95_ms - latency.ttft_ms) / 1,000)",
        figures={
            "output_tok": output,
            "p95_ms": p95_ms,
            "ttft_ms": first,
            "tok_per_s_needed": needed,
            "tok_per_s_reach": reach,
        },
        sentence=(
            f"{_count(output)} tokens within {_count(p95_ms)} ms need {_count(needed)} tokens a second{after};"
            f" an API rarely passes {_count(USUAL_DECODE_TOK_S)} (R-LAT-02), {whose}"
        ),
        changes=_slower(output, left_ms, first, reach) if against else (),
    )


def _slower(output: Decimal, left_ms: Decimal, first: Decimal, reach: Decimal) -> tuple[str, ...]:
    return (
        f"answers of {_count(reach * left_ms / 1000)} tokens",
        f"a p95 of {_count(first + output / reach * 1000)} ms",
        "answers that are streamed, and the first token in time",
    )


def _both(
    budget: Usd, p95_ms: Decimal, projection: CostProjection, results: Iterable[TargetResult]
) -> Iterator[Finding]:
    """Of the evaluated options those that are fast enough, against the budget."""
    timed = {one.target_id: Decimal(str(one.latency.p95_s)) * 1000 for one in results if one.latency is not None}
    months = {one.option: one.first_month_usd.base for one in projection.options if one.first_month_usd is not None}
    known = [name for name in timed if name in months]
    if not known:
        return
    fast = [name for name in known if timed[name] <= p95_ms]
    best = min(fast or known, key=lambda name: months[name] if fast else timed[name])
    against = not fast or months[best] > budget
    if not fast:
        text = f"of {len(known)} evaluated options none answers within {_count(p95_ms)} ms: {best} takes"
        text += f" {_count(timed[best])} ms"
    else:
        text = f"of the options that answer within {_count(p95_ms)} ms the cheapest, {best}, costs"
        text += f" {readable_usd(months[best])} a month against {readable_usd(budget)}"
    yield Finding(
        kind="speed and price",
        contradicts=against,
        formula="the cheapest month among the options whose measured p95 keeps the limit, against the budget",
        figures={"p95_ms_measured": timed[best], "usd_month": months[best], "budget_usd_month": budget},
        sentence=text,
        changes=(f"a p95 of {_count(timed[best])} ms",)
        if not fast
        else (f"a budget of {readable_usd(months[best])} a month",)
        if against
        else (),
    )


def _fastest(results: Iterable[TargetResult]) -> tuple[str, Decimal] | None:
    rates = [
        (1 / Decimal(str(one.tpot.p50_s)), one.target_id)
        for one in results
        if one.tpot is not None and one.tpot.p50_s > 0
    ]
    if not rates:
        return None
    rate, name = max(rates)
    return name, rate


def _number(facts: Facts, name: str) -> Decimal | None:
    value = facts.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise InvalidInput(f"{name} = {value!r} is not a number", fix="Give a number.")
    return Decimal(str(value))


def _count(figure: Decimal | None) -> str:
    if figure is None:
        return "unknown"
    if 0 < abs(figure) < 1:
        return f"{_THREE_DIGITS.create_decimal(figure):f}"
    digits = Decimal(1) if abs(figure) >= 100 else Decimal("0.01")
    return readable_count(figure.quantize(digits))
