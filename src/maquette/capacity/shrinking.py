"""A project's own measurements draw predictions towards them: each metric by one factor, shrunk by what it rests on.

The log of measured over predicted is taken to be normal around the engine's own error: with the prior's spread s0 and
the measurements' spread s, the factor's log is mean x n / (n + s^2 / s0^2) (the posterior mean of a normal with a
normal prior, Gelman et al., Bayesian Data Analysis, 2.5).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from math import exp, inf, log, sqrt

from maquette.capacity.setup import Banded, Engine, Metric, Prediction

WITHIN = 0.1
"""The least spread of one measurement around a run's true figure, as a log: repeats of a benchmark differ that much."""

Key = tuple[Engine, str, Metric]
"""The engine, the accelerator's name and the metric that a factor is for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A measurement beside its prediction, both in the metric's unit.

    Attributes:
        source: What measured it: a result by its name and the digest of its content.
        model: The card's id.
    """

    engine: Engine
    accelerator: str
    metric: Metric
    measured: float
    predicted: Banded
    source: str = ""
    model: str = ""

    @property
    def usable(self) -> bool:
        """Whether both are figures that a ratio can be taken of."""
        return 0 < self.measured < inf and 0 < self.predicted.value < inf

    @property
    def inside(self) -> bool:
        """Whether the measured figure lies in the 80 % interval."""
        return self.predicted.low <= self.measured <= self.predicted.high

    @property
    def log_ratio(self) -> float:
        """The natural log of measured over predicted."""
        return log(self.measured / self.predicted.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Factor:
    """What a metric's prediction is multiplied by.

    Attributes:
        value: The shrunk factor.
        raw: The geometric mean of measured over predicted.
        measurements: How many it rests on.
        narrowed: The width of the interval's log after the measurements, as a share of that before.
    """

    value: float
    raw: float
    measurements: int
    narrowed: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectFactors:
    """A project's factors; an empty one changes nothing.

    Attributes:
        factors: One for each engine, accelerator and metric.
        measured_on: When the last measurement was added.
        sources: Where the measurements are from.
        measurements: What the factors rest on, kept so that later results add to them.
    """

    factors: Mapping[Key, Factor] = field(default_factory=dict)
    measured_on: date | None = None
    sources: tuple[str, ...] = ()
    measurements: tuple[Compared, ...] = ()

    def apply(self, prediction: Prediction) -> Prediction:
        """The prediction drawn towards what this project measured."""
        setup = prediction.setup
        metrics = {
            metric: _drawn(band, self.factors.get((setup.engine, setup.accelerator.name, metric)))
            for metric, band in prediction.metrics.items()
        }
        return replace(prediction, metrics=metrics)


def shrink(compared: Iterable[Compared], *, measured_on: date | None, sources: Sequence[str]) -> ProjectFactors:
    """The factors of what was measured; figures that are not positive are left out."""
    used = tuple(one for one in compared if one.usable)
    groups: dict[Key, list[Compared]] = defaultdict(list)
    for one in used:
        groups[(one.engine, one.accelerator, one.metric)].append(one)
    factors = {key: _factor(group) for key, group in groups.items()}
    return ProjectFactors(factors=factors, measured_on=measured_on, sources=tuple(sources), measurements=used)


def learned(before: ProjectFactors, compared: Iterable[Compared], *, measured_on: date) -> ProjectFactors:
    """The factors of what was measured before and now together.

    A source that is named again takes the place of what it measured before, so that nothing counts twice. A factor
    whose measurements nobody kept stays until its engine, accelerator and metric are measured anew.
    """
    new = tuple(compared)
    again = {one.source for one in new}
    together = (*(one for one in before.measurements if one.source not in again), *new)
    found = shrink(together, measured_on=measured_on, sources=tuple(dict.fromkeys(one.source for one in together)))
    kept = {(one.engine, one.accelerator, one.metric) for one in before.measurements}
    bare = {key: factor for key, factor in before.factors.items() if key not in kept}
    return replace(found, factors={**bare, **found.factors})


_Z80 = 1.2815515655446004
"""Of a two-sided interval of 80 % of the normal distribution."""


def _factor(group: Sequence[Compared]) -> Factor:
    ratios = [one.log_ratio for one in group]
    mean = sum(ratios) / len(ratios)
    prior = sum(log(one.predicted.high / one.predicted.low) / (2 * _Z80) for one in group) / len(group)
    spread = max(WITHIN, sqrt(sum((ratio - mean) ** 2 for ratio in ratios) / max(1, len(ratios) - 1)))
    if prior <= 0:  # a prediction that claims to be exact is not drawn
        return Factor(value=1.0, raw=exp(mean), measurements=len(group), narrowed=1.0)
    weight = len(ratios) / (len(ratios) + (spread / prior) ** 2)
    # What stays open is the factor's own error and the spread of one figure around it, never more than before.
    narrowed = min(1.0, sqrt(prior**2 * (1 - weight) + spread**2) / prior)
    return Factor(value=exp(weight * mean), raw=exp(mean), measurements=len(group), narrowed=narrowed)


def _drawn(band: Banded, factor: Factor | None) -> Banded:
    if factor is None:
        return band
    value = band.value * factor.value
    low, high = (value * (end / band.value) ** factor.narrowed for end in (band.low, band.high))
    return Banded(value=value, low=low, high=high)
