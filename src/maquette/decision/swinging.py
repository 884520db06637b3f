"""What an unknown fact that the projection reads does to the first month: the same projection at both ends of its band.

Nothing is drawn. Who knows the project makes the inputs; here one option is projected again for each end.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from maquette.cost.fact_reader import unknown_band
from maquette.cost.inputs import CostInputs
from maquette.cost.workload import COST_FACTS, NEEDED
from maquette.foundation.expression import Facts, FactValue
from maquette.foundation.problems import Problem
from maquette.foundation.units import Usd, readable_usd
from maquette.requirements.questions import QuestionBook, QuestionKind
from maquette.rules.explaining import readable_fact
from maquette.rules.probing import with_fact

UNPRICED = 8
"""What a fact counts for without which nothing can be projected: as much as a rule that must be followed."""

PASSES_THE_BUDGET = 8
"""What a fact counts for at one end of which the first month passes the budget, and at the other does not."""

WEIGHTS = ((Decimal("0.5"), 4), (Decimal("0.05"), 1))
"""What a swing counts for from that share of the month as expected on: this product's own weighting."""

_BANDS: Mapping[str, tuple[FactValue, FactValue]] = {
    "scale.async_share": (Decimal(0), Decimal(1)),
    "scale.active_hours": (Decimal(8), Decimal(24)),
    "traffic.exact_repeat_share": (Decimal(0), Decimal("0.3")),
    "traffic.repeat_share": (Decimal(0), Decimal("0.45")),
    "context.turns_avg": (Decimal(1), Decimal(10)),
}
"""Both ends of what is plausible: working hours or the whole day, the hit rates in production that the rules cite as
SEMCACHE, a question and an answer or the ten turns of R-COST-03."""

_LENGTHS: Mapping[str, tuple[str, Decimal, Decimal]] = {
    "tokens.shared_prefix": ("tokens.input_avg", Decimal(0), Decimal(1)),
    "tokens.input_p99": ("tokens.input_avg", Decimal(1), Decimal(2)),
    "tokens.output_max": ("tokens.output_avg", Decimal(1), Decimal(2)),
}
"""A length to the average whose multiples are its ends, as the projection takes them while it is unknown."""

_CACHES = ("none", "exact", "semantic")


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """One answer and the first month with it, US dollars."""

    answer: str
    usd: Usd


@dataclass(frozen=True, kw_only=True, slots=True)
class CostSwing:
    """What one unknown fact does to the first month of one option.

    Attributes:
        low, high: The cheapest and the dearest answer; None where nothing can be projected without the fact.
        expected_usd: The first month as it is projected now.
        dear: The expected case is the same with every answer, and the dear one differs.
        budget_usd_month: None without one.
    """

    fact: str
    option: str | None
    low: End | None
    high: End | None
    expected_usd: Usd | None = None
    dear: bool = False
    budget_usd_month: Usd | None = None

    @property
    def usd(self) -> Usd | None:
        """From the cheapest answer to the dearest; None where nothing can be projected."""
        return None if self.low is None or self.high is None else self.high.usd - self.low.usd

    @property
    def weight(self) -> int:
        """What it counts for beside the rules: `UNPRICED`, `PASSES_THE_BUDGET`, or the largest of `WEIGHTS`."""
        if self.low is None or self.high is None:
            return UNPRICED
        budget, expected = self.budget_usd_month, self.expected_usd
        if budget is not None and self.low.usd <= budget < self.high.usd:
            return PASSES_THE_BUDGET
        share = (self.high.usd - self.low.usd) / expected if expected else Decimal(1)
        return next((weight for least, weight in WEIGHTS if share >= least), 0)

    @property
    def words(self) -> str:
        """For a person: ``month 1 of gpt-6-luna: $26 (1) to $28 (0)``."""
        if self.low is None or self.high is None:
            return "nothing can be projected without it"
        case = ", if it goes badly" if self.dear else ""
        low, high = (f"{readable_usd(end.usd)} ({end.answer})" for end in (self.low, self.high))
        return f"month 1 of {self.option}{case}: {low} to {high}"


def cost_swings(inputs: CostInputs, option: str | None, questions: QuestionBook) -> tuple[CostSwing, ...]:
    """The swing of every unknown fact that the projection reads and that moves the first month, the widest first.

    Args:
        inputs: Of the projection as it stands.
        option: The one that is looked at; None where none is priced.
        questions: For the choices of an enum, and the derived facts that follow.
    """
    unknown = [name for name in COST_FACTS if name not in inputs.facts and name in (*questions.questions, *_CACHED)]
    one = replace(inputs, options=tuple(each for each in inputs.options if each.name == option))
    found = [_swing(name, one, option, questions) for name in unknown]
    if option is None:
        found = [CostSwing(fact=name, option=None, low=None, high=None) for name in unknown if name in NEEDED]
    moved = [swing for swing in found if swing is not None]
    return tuple(sorted(moved, key=lambda each: (-each.weight, -(each.usd or Decimal(0)), each.fact)))


_CACHED = ("design.cache",)


def _swing(fact: str, inputs: CostInputs, option: str | None, questions: QuestionBook) -> CostSwing | None:
    """None where the first month is the same at both ends."""
    now = _first_month(inputs)
    tried = [(readable_fact(value), _with(inputs, fact, value, questions)) for value in _ends(fact, inputs, questions)]
    months = [(words, month) for words, each in tried if (month := _first_month(each)) is not None]
    if now is None or len(months) < 2:
        return None
    for case in (0, 1):
        ends = sorted((End(answer=words, usd=month[case]) for words, month in months), key=lambda end: end.usd)
        if ends[0].usd != ends[-1].usd:
            budget = inputs.facts.get("budget.monthly_usd")
            return CostSwing(
                fact=fact,
                option=option,
                low=ends[0],
                high=ends[-1],
                expected_usd=now[case],
                dear=case == 1,
                budget_usd_month=None if budget is None or isinstance(budget, str | tuple) else Decimal(str(budget)),
            )
    return None


def _ends(fact: str, inputs: CostInputs, questions: QuestionBook) -> Iterator[FactValue]:
    asked, band = questions.questions.get(fact), unknown_band(fact)
    if fact in _LENGTHS:
        average, least, most = _LENGTHS[fact]
        yield from _multiples(inputs.facts, average, (least, most))
    elif fact in _BANDS:
        yield from _BANDS[fact]
    elif band is not None:
        yield from (band.low, band.high)
    elif fact in _CACHED:
        yield from _CACHES
    elif asked is not None and asked.kind is QuestionKind.ENUM:
        yield from asked.choices
    elif asked is not None and asked.kind is QuestionKind.BOOL:
        yield from (True, False)


def _multiples(facts: Facts, average: str, factors: Iterable[Decimal]) -> Iterator[Decimal]:
    value = facts.get(average)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        yield from (Decimal(str(value)) * factor for factor in factors)


def _with(inputs: CostInputs, fact: str, value: FactValue, questions: QuestionBook) -> CostInputs:
    return replace(inputs, facts=with_fact(inputs.facts, fact, value, questions))


def _first_month(inputs: CostInputs) -> tuple[Usd, Usd] | None:
    """The first month in the expected and the dear case; None where it has no price."""
    try:
        option = next(iter(inputs.projection().options), None)
    except Problem:
        return None
    month = option.first_month_usd if option is not None else None
    return None if month is None else (month.base, month.high)
