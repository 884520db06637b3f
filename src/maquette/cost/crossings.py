"""Where one input alone turns the order of the options, or takes one over the budget: found on the exact model.

From today's value outwards the projection is computed on a grid, each step a quarter more than the one before; where
the answer changes, the interval is halved until two neighbours are left. An input that turns something twice within
one step of the grid may be missed; what is reported was computed on both sides. What comes beside the models stays as
it is planned today, but for what is counted by the request.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from maquette.catalog.traffic import days_per_month
from maquette.cost.hosting import HOURS_PER_MONTH, machines
from maquette.cost.inputs import CostInputs
from maquette.cost.lines import cost_lines
from maquette.cost.options import CostOption, priced_option
from maquette.cost.workload import HIGHEST_VOLUME, Workload
from maquette.foundation.expression import Facts, FactValue
from maquette.foundation.problems import InvalidInput
from maquette.foundation.units import DAYS_PER_MONTH, Usd, readable_count, readable_usd

Settle: TypeAlias = Callable[[Mapping[str, FactValue]], Facts]
"""From changed answers to all facts, derived ones included."""

_SECONDS_PER_HOUR = 3600
_GROWS = Decimal("1.25")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lever:
    """An input that is moved alone.

    Attributes:
        name: As a reader knows it.
        step: Its values are whole multiples of this.
        shown_times: What a value is multiplied with for a reader.
        a_month: A value is a day's, and a reader sees a month's.
        whole_horizon: Whether it turns the sum over the horizon; otherwise the first month counts.
    """

    fact: str
    name: str
    step: Decimal
    most: Decimal
    least: Decimal = Decimal(0)
    shown_times: Decimal = Decimal(1)
    a_month: bool = False
    unit: str = ""
    whole_horizon: bool = False


LEVERS = (
    Lever(
        fact="scale.requests_per_day",
        name="requests a month",
        step=Decimal(1),
        most=(HIGHEST_VOLUME / DAYS_PER_MONTH).to_integral_value(),
        a_month=True,
    ),
    Lever(fact="tokens.output_avg", name="output tokens a request", step=Decimal(1), most=Decimal(1_000_000)),
    Lever(fact="tokens.input_avg", name="input tokens a request", step=Decimal(1), most=Decimal(2_000_000)),
    Lever(fact="tokens.shared_prefix", name="tokens of shared prefix", step=Decimal(1), most=Decimal(2_000_000)),
    Lever(
        fact="scale.growth_pct_month",
        name="growth a month",
        step=Decimal("0.1"),
        least=Decimal(-100),
        most=Decimal(100),
        unit=" %",
        whole_horizon=True,
    ),
    Lever(
        fact="scale.async_share",
        name="requests that may wait",
        step=Decimal("0.001"),
        most=Decimal(1),
        shown_times=Decimal(100),
        unit=" %",
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Crossing:
    """One flip.

    Attributes:
        fact: The input that moves; everything else stays.
        value: The first value at which it is otherwise, in the unit of the question; ``beside`` is the last before it.
        from_option, to_option: The cheapest before and from there on; equal where an option passes the budget.
        budget: None where the order turns; "breaks" or "holds" where ``to_option`` passes the budget or comes under it.
        utilisation: Of the machines that run there, the share of their measured throughput that is used over the month;
            None where no machine is part of it.
    """

    fact: str
    name: str
    now: Decimal
    value: Decimal
    beside: Decimal
    shown: str
    from_option: str
    to_option: str
    budget: str | None = None
    budget_usd_month: Usd | None = None
    utilisation: Decimal | None = None

    @property
    def above(self) -> bool:
        """Whether it lies above today's value."""
        return self.value > self.now

    @property
    def sentence(self) -> str:
        """The flip in words."""
        side = "from" if self.above else "at and below"
        place = f"{side} {self.shown} {self.name}"
        if self.budget is not None and self.budget_usd_month is not None:
            budget = readable_usd(self.budget_usd_month)
            does = f"passes the budget of {budget}" if self.budget == "breaks" else f"keeps the budget of {budget}"
            return f"{place} {self.to_option} {does}"
        used = "" if self.utilisation is None else f", machines used to {self.utilisation * 100:.1f} %"
        return f"{place} {self.to_option} is cheapest instead of {self.from_option}{used}"


@dataclass(frozen=True, kw_only=True, slots=True)
class _State:
    """What holds at one value: the cheapest option, and who is over the budget."""

    cheapest: str
    over: frozenset[str]


def find_crossings(inputs: CostInputs, settle: Settle, levers: Sequence[Lever] = LEVERS) -> tuple[Crossing, ...]:
    """The nearest flips of each lever, below and above today's value.

    Args:
        inputs: What the projection is computed from; options without a price are left out.
        settle: Gives the facts for changed answers.
        levers: What is moved.

    Raises:
        InvalidInput: A fact of today is wrong.
    """
    priced = [priced_option(option, inputs.facts, inputs.defaulted) for option in inputs.options]
    usable = tuple(one.option for one in priced if not one.unpriced and one.load is not None)
    load = next((one.load for one in priced if one.load is not None), None)
    if not usable or load is None:
        return ()
    return tuple(found for lever in levers for found in _Solver(inputs, settle, lever, usable, load).crossings())


class _Solver:
    """One lever over one project; what was computed is kept."""

    def __init__(
        self, inputs: CostInputs, settle: Settle, lever: Lever, options: tuple[CostOption, ...], load: Workload
    ) -> None:
        self._inputs, self._settle, self._lever, self._options = inputs, settle, lever, options
        self._budget = load.budget_usd_month
        self._states: dict[int, _State | None] = {}
        value = inputs.facts.get(lever.fact)
        self._today = Decimal(str(value)) if isinstance(value, int | float | Decimal) else None
        self._now = None if self._today is None else int(self._today / lever.step)

    def crossings(self) -> Iterator[Crossing]:
        """The nearest change of the order and of each option's side of the budget, in both directions."""
        if self._now is None:
            return
        here = self._state(self._now)
        if here is None:
            return
        for direction in (1, -1):
            if (found := self._nearest(direction, lambda state: state.cheapest)) is not None:
                yield self._turn(*found)
            for option in self._options if self._budget is not None else ():
                side = self._nearest(direction, lambda state, name=option.name: name in state.over)  # type: ignore[misc]  # a default argument binds the name
                if side is not None:
                    yield self._side_of_budget(option.name, *side)

    def _nearest(self, direction: int, of: Callable[[_State], object]) -> tuple[int, int] | None:
        """The last place with today's answer and its neighbour with another, walking one way; None without one."""
        last = self._now
        for place in self._grid(direction):
            state, before = self._state(place), self._state(last) if last is not None else None
            if state is None or before is None or last is None:
                return None
            if of(state) != of(before):
                return self._halved(last, place, of)
            last = place
        return None

    def _halved(self, known: int, other: int, of: Callable[[_State], object]) -> tuple[int, int] | None:
        start = self._state(known)
        while abs(other - known) > 1:
            middle = (known + other) // 2
            state = self._state(middle)
            if state is None or start is None:
                return None
            known, other = (middle, other) if of(state) == of(start) else (known, middle)
        return known, other

    def _grid(self, direction: int) -> Iterator[int]:
        """Places ever farther from today's: by a quarter, and at least by one step."""
        lever = self._lever
        end = int((lever.most if direction > 0 else lever.least) / lever.step)
        place, stride = self._now or 0, Decimal(1)
        while place != end:
            quarter = abs(place) / 4 if direction > 0 else abs(place) / 5
            stride = max(stride * _GROWS, Decimal(int(quarter)))
            place += direction * max(1, int(stride))
            place = min(place, end) if direction > 0 else max(place, end)
            yield place

    def _state(self, place: int) -> _State | None:
        """What holds there; None where the input is out of its range."""
        if place not in self._states:
            self._states[place] = self._computed(place)
        return self._states[place]

    def _facts(self, place: int) -> Facts:
        value = self._lever.step * place
        answer = int(value) if value == value.to_integral_value() else float(value)
        horizon: dict[str, FactValue] = {} if self._lever.whole_horizon else {"lifecycle.horizon_months": 1}
        return self._settle({self._lever.fact: answer, **horizon})

    def _computed(self, place: int) -> _State | None:
        try:
            facts = self._facts(place)
            priced = [priced_option(option, facts, self._inputs.defaulted) for option in self._options]
        except InvalidInput:
            return None
        totals: dict[str, Usd] = {one.option.name: Usd(0) for one in priced if not one.unpriced}
        over: set[str] = set()
        if len(totals) < len(self._options):
            return None
        months: dict[tuple[str, int], Usd] = {}
        for line in cost_lines(priced, self._inputs.side, self._inputs.calendar):
            key = (line.option, line.month)
            totals[line.option] += line.amount_usd.base
            if line.group.in_ceiling:
                months[key] = months.get(key, Usd(0)) + line.amount_usd.base
        if self._budget is not None:
            over = {option for (option, _), usd in months.items() if usd > self._budget}
        return _State(cheapest=min(totals, key=lambda name: (totals[name], name)), over=frozenset(over))

    def _turn(self, known: int, other: int) -> Crossing:
        before, after = self._state(known), self._state(other)
        if before is None or after is None:
            raise ValueError("a flip was computed on both sides")
        found = self._crossing(known, other, before.cheapest, after.cheapest)
        return replace(found, utilisation=self._utilisation(other, (before.cheapest, after.cheapest)))

    def _side_of_budget(self, option: str, known: int, other: int) -> Crossing:
        after = self._state(other)
        side = "breaks" if after is not None and option in after.over else "holds"
        return replace(self._crossing(known, other, option, option), budget=side, budget_usd_month=self._budget)

    def _crossing(self, known: int, other: int, from_option: str, to_option: str) -> Crossing:
        lever = self._lever
        value = lever.step * other
        shown = (value * lever.shown_times).normalize()
        if lever.a_month:
            shown = (value * days_per_month(self._inputs.facts)).to_integral_value()
        return Crossing(
            fact=lever.fact,
            name=lever.name,
            now=self._today or Decimal(0),
            value=value,
            beside=lever.step * known,
            shown=f"{readable_count(shown)}{lever.unit}",
            from_option=from_option,
            to_option=to_option,
        )

    def _utilisation(self, place: int, names: Sequence[str]) -> Decimal | None:
        facts = self._facts(place)
        for option in self._options:
            priced = priced_option(option, facts, self._inputs.defaulted) if option.name in names else None
            if priced is None or priced.host is None or priced.load is None or priced.host.provisioned is not None:
                continue
            running = machines(priced.load, 1, priced.host.throughput_per_s).base
            served = running * priced.host.throughput_per_s * HOURS_PER_MONTH * _SECONDS_PER_HOUR
            return (priced.load.requests_per_month / served).quantize(Decimal("0.0001"))
        return None
