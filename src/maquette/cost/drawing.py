"""Draws what is not known and says what a month then costs: p10, p50, p90, the chance over the budget, the drivers.

The draws are floats: bands are estimates, with a stated error. Every amount that stands for itself, a line, a sum, an
invoice to be, stays an exact decimal in `lines`.
"""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from math import ceil, floor, log, sqrt
from typing import TYPE_CHECKING, TypeAlias
from zlib import crc32

from maquette.cost.calendar import PLAIN_CALENDAR, Calendar
from maquette.cost.drawn import Band, Drawn, DrawnMonth, DrawnOption, Driver
from maquette.cost.month_model import MonthModel
from maquette.cost.options import CostOption, PricedOption, priced_option
from maquette.cost.projection import CostAssumption
from maquette.cost.side_lines import NO_SIDE_COSTS, SideCosts
from maquette.cost.uncertain import VOLUME_WITHIN, uncertain_inputs
from maquette.cost.uncertain_input import Shape, Uncertain
from maquette.cost.workload import default_horizon
from maquette.foundation.expression import Facts
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.units import Usd

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Places: TypeAlias = NDArray[np.intp]

DRAWS = 10_000
SEED = 20_261_121
FEWEST_DRAWS = 200
MOST_DRAWS = 100_000
BINS = 50
"""Slices of an input's draws for its share of the variance."""

_QUANTILES = (0.1, 0.5, 0.9)
_QUARTILE = 0.674489750196082
"""The upper quartile of the standard normal distribution."""
_TWO_SIDED = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""
_PERT_WEIGHT = 4.0
_ALIKE = 1e-9
"""Totals that differ by less, relatively, are equal but for the error of floats."""


def draw_costs(
    *,
    facts: Facts,
    options: Sequence[CostOption],
    defaulted: Collection[str] = (),
    count: int = DRAWS,
    seed: int = SEED,
    volume_within: Decimal = VOLUME_WITHIN,
    side: SideCosts = NO_SIDE_COSTS,
    calendar: Calendar = PLAIN_CALENDAR,
) -> Drawn:
    """Draw every uncertain input ``count`` times, independently, and cost each option with each draw.

    An input that several options share has the same draws for all of them, so that their order is compared fairly;
    the draws depend on the seed and the input's name alone, never on the other options.

    Args:
        facts: As for `project_cost`.
        options: As for `project_cost`; those without a price are left out.
        defaulted: The facts that hold a question's default, which are as uncertain as if unanswered.
        count: Draws, 200 to 100,000.
        seed: Which draws; from 0.
        volume_within: Half of all launches bring so many times the planned volume at most, and one by so many at
            least; 1 takes the volume at its word.
        side: As for `project_cost`.
        calendar: As for `project_cost`.

    Raises:
        InvalidInput: A fact is wrong, as for `project_cost`, or the count, the seed or the factor is out of range.
    """
    _check(count, seed, volume_within)
    priced = [priced_option(option, facts, defaulted) for option in options]
    usable = [one for one in priced if one.load is not None and not one.unpriced]
    inputs = [
        uncertain_inputs(one, defaulted=defaulted, volume_within=volume_within, side=side, calendar=calendar)
        for one in usable
    ]
    models = [MonthModel(one, side, calendar) for one in usable]
    return _drawn(usable, models, inputs, _Draws(count, seed), default_horizon(facts))


def _drawn(
    priced: Sequence[PricedOption],
    models: Sequence[MonthModel],
    inputs: Sequence[Sequence[Uncertain]],
    draws: "_Draws",
    usual_horizon: int,
) -> Drawn:
    load = priced[0].load if priced else None
    return Drawn(
        options=tuple(_option(*each, draws) for each in zip(priced, models, inputs, strict=True)),
        inputs=_each_once(inputs),
        horizon_months=load.horizon_months if load else usual_horizon,
        budget_usd_month=load.budget_usd_month if load else None,
        count=draws.count,
        seed=draws.seed,
    )


class _Draws:
    """The draws of each input, made once."""

    def __init__(self, count: int, seed: int) -> None:
        self.count, self.seed = count, seed
        self._made: dict[Uncertain, Floats] = {}
        self._slices: dict[Uncertain, Places] = {}

    def of(self, one: Uncertain) -> "Floats":
        """The values of an input."""
        if one not in self._made:
            self._made[one] = self._drawn(one)
        return self._made[one]

    def order(self, one: Uncertain) -> "Places":
        """The draws in the order of an input's values."""
        import numpy as np

        if one not in self._slices:
            self._slices[one] = np.argsort(self.of(one))
        return self._slices[one]

    def _drawn(self, one: Uncertain) -> "Floats":
        import numpy as np

        random = np.random.default_rng([self.seed, crc32(one.name.encode())])
        low, base, high = float(one.low), float(one.base), float(one.high)
        if one.shape is Shape.LOGNORMAL:
            return base * np.exp(random.standard_normal(self.count) * (log(high / base) / _QUARTILE))
        if one.shape is Shape.GAMMA:
            return random.gamma(base * high + 0.5, 1 / high, self.count)
        before, behind = (base - low) / (high - low), (high - base) / (high - low)
        values = low + (high - low) * random.beta(1 + _PERT_WEIGHT * before, 1 + _PERT_WEIGHT * behind, self.count)
        return np.round(values) if one.whole else values


def _option(priced: PricedOption, model: MonthModel, inputs: Sequence[Uncertain], draws: _Draws) -> DrawnOption:
    import numpy as np

    costs = model.costs({one.key: draws.of(one) for one in inputs})
    usd, counted = (np.broadcast_to(rows, (len(rows), draws.count)) for rows in (costs.total, costs.in_ceiling))
    total = usd.sum(axis=0)
    budget = priced.load.budget_usd_month if priced.load else None
    over = None if budget is None else counted > float(budget)
    bands = _bands(usd)
    apart = [None] * len(bands) if costs.in_ceiling is costs.total else _bands(counted)
    return DrawnOption(
        option=priced.option.name,
        months=tuple(
            DrawnMonth(
                month=place + 1,
                usd=bands[place],
                over_budget=None if over is None else _share(over[place].mean()),
                in_ceiling=apart[place],
            )
            for place in range(len(bands))
        ),
        total=_bands(total[np.newaxis])[0],
        ever_over_budget=None if over is None else _share(over.any(axis=0).mean()),
        drivers=_drivers(model, inputs, draws, total),
        base_percentile=_percentile(float(model.months({}).sum()), total),
    )


def _percentile(base: float, total: "Floats") -> Decimal:
    """The share of draws below the expected case in percent, half of those that are equal to it among them."""
    import numpy as np

    alike = np.isclose(total, base, rtol=_ALIKE, atol=0.0)
    below = float(((total < base) & ~alike).mean() + alike.mean() / 2)
    return Decimal(f"{100 * below:.2f}")


def _bands(rows: "Floats") -> list[Band]:
    """The quantiles of each row with the error that so many draws leave."""
    import numpy as np

    count = rows.shape[1]
    ordered = np.sort(rows, axis=1)
    ranks = [_ranks(quantile, count) for quantile in _QUANTILES]
    below, at, above = (ordered[:, [rank[part] for rank in ranks]] for part in range(3))
    errors = np.maximum(above - at, at - below).max(axis=1)
    return [
        Band(p10=_usd(low), p50=_usd(middle), p90=_usd(high), error_usd=_usd(error))
        for (low, middle, high), error in zip(at.tolist(), errors.tolist(), strict=True)
    ]


def _ranks(quantile: float, count: int) -> tuple[int, int, int]:
    """The ranks (from 0) of a quantile and of its 95 % interval: a draw is below it as a coin falls."""
    at, half = quantile * count, _TWO_SIDED * sqrt(count * quantile * (1 - quantile))
    last = count - 1
    return max(0, floor(at - half)), min(last, int(at)), min(last, ceil(at + half))


def _drivers(model: MonthModel, inputs: Sequence[Uncertain], draws: _Draws, total: "Floats") -> tuple[Driver, ...]:
    """Each input alone at its 10th and 90th percentile, all others as expected; the widest swing first."""
    import numpy as np

    if not inputs:
        return ()
    ends = {one: np.quantile(draws.of(one), [0.1, 0.9]) for one in inputs}
    width = 2 * len(inputs)
    probes = {one.key: np.full(width, float(one.base)) for one in inputs}
    for place, one in enumerate(inputs):
        probes[one.key][2 * place : 2 * place + 2] = ends[one]
    monthly = model.months(probes).mean(axis=0)
    base = _usd(float(model.months({}).mean()))
    varies = float(total.var())
    found = [
        Driver(
            input=one.name,
            low=one.shown(Decimal(repr(float(ends[one][0])))),
            high=one.shown(Decimal(repr(float(ends[one][1])))),
            low_usd=_usd(float(monthly[2 * place])),
            high_usd=_usd(float(monthly[2 * place + 1])),
            share=_explained(total, draws.order(one), varies),
            base_usd=base,
        )
        for place, one in enumerate(inputs)
    ]
    return tuple(sorted((one for one in found if one.swing_usd), key=lambda driver: -driver.swing_usd))


def _explained(total: "Floats", order: "Places", variance: float) -> Decimal | None:
    """The first-order share of the variance: between slices of the input, less what chance puts between them."""
    import numpy as np

    if variance <= 0:
        return None
    slices = np.array_split(total[order], BINS)
    between = sum(len(part) * (part.mean() - total.mean()) ** 2 for part in slices) / len(total) / variance
    by_chance = BINS / len(total)
    return _share(min(1.0, max(0.0, (between - by_chance) / (1 - by_chance))))


def _usd(amount: float) -> Usd:
    """Six digits, without an exponent."""
    return Usd(f"{Decimal(f'{amount:.6g}'):f}")


def _share(share: float) -> Decimal:
    return Decimal(f"{share:.4f}")


def _check(count: int, seed: int, volume_within: Decimal) -> None:
    if seed < 0:
        raise InvalidInput(f"a seed of {seed}", place=Place(field="seed"), fix="Give a whole number from 0.")
    if not FEWEST_DRAWS <= count <= MOST_DRAWS:
        raise InvalidInput(
            f"{count} draws", place=Place(field="draws"), fix=f"Give {FEWEST_DRAWS} to {MOST_DRAWS:,} draws."
        )
    if not volume_within.is_finite() or not 1 <= volume_within <= 100:
        raise InvalidInput(
            f"the volume within a factor of {volume_within}",
            place=Place(field="volume_within"),
            fix="Give a factor from 1 (the volume is certain) to 100.",
        )


def _each_once(groups: Sequence[Sequence[Uncertain]]) -> tuple[CostAssumption, ...]:
    found: Mapping[Uncertain, CostAssumption] = {one: one.as_assumption() for group in groups for one in group}
    return tuple(found.values())
