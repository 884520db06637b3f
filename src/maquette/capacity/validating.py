"""How right the predictions are: published measurements beside predictions, by whose, by model, by accelerator."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import expm1, log
from statistics import median

from maquette.capacity.batching import DoesNotFit
from maquette.capacity.constants import Calibration
from maquette.capacity.points import Point, Refused
from maquette.capacity.predicting import predict
from maquette.capacity.setup import Banded
from maquette.foundation.problems import Problem

NEAR = 0.25
_UNFIT = "the weights do not fit the accelerators of the row"
_UNKNOWN = "a figure of the model or the accelerator is not known"
_NO_METRIC = "the load has no steady value of this metric"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One measurement beside its prediction.

    Attributes:
        error: The natural logarithm of predicted over measured.
    """

    point: Point
    predicted: Banded

    @property
    def error(self) -> float:
        """The natural logarithm of predicted over measured."""
        return log(self.predicted.value / self.point.value)

    @property
    def ape(self) -> float:
        """The absolute error as a fraction of the measured value."""
        return abs(expm1(self.error))

    @property
    def inside(self) -> bool:
        """Whether the measured value lies in the interval."""
        return self.predicted.low <= self.point.value <= self.predicted.high


@dataclass(frozen=True, kw_only=True, slots=True)
class AccuracyRow:
    """The accuracy over some measurements; fractions of one, None where nothing was predicted.

    Attributes:
        of: Whose: a family, a model, an accelerator.
        metric: The metric's name.
        points: Measurements, refused ones among them.
        covered: The fraction that was predicted.
        median_ape: The median of the absolute error over the measured value.
        within_25: The fraction predicted within 25 %.
        inside_interval: The fraction inside the 80 % interval.
        refused: How many were refused, by reason.
    """

    of: str
    metric: str
    points: int
    covered: float
    median_ape: float | None
    within_25: float | None
    inside_interval: float | None
    refused: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Accuracy:
    """The accuracy over a points file.

    Attributes:
        rows: By family and metric.
        by_model: By model and metric, of what was predicted.
        by_gpu: By accelerator and metric, of what was predicted.
        asked: Every prediction, for whoever looks at single points.
    """

    rows: tuple[AccuracyRow, ...]
    by_model: tuple[AccuracyRow, ...]
    by_gpu: tuple[AccuracyRow, ...]
    asked: tuple[Asked, ...] = ()


def validate(points: Iterable[Point | Refused], calibration: Calibration) -> Accuracy:
    """The accuracy of the calibration over the points, those that cannot be asked counted as not covered."""
    asked: list[Asked] = []
    refused: list[Refused] = []
    for point in points:
        if isinstance(point, Refused):
            refused.append(point)
            continue
        found = ask(point, calibration)
        if isinstance(found, Asked):
            asked.append(found)
        else:
            refused.append(found)
    return Accuracy(
        rows=_rows(asked, refused, lambda one: one.point.family, lambda one: one.family),
        by_model=_rows(asked, (), lambda one: one.point.setup.card.id, lambda one: one.model),
        by_gpu=_rows(asked, (), lambda one: one.point.setup.accelerator.name, lambda one: one.gpu),
        asked=tuple(asked),
    )


def ask(point: Point, calibration: Calibration) -> Asked | Refused:
    """The prediction for one measurement, or why there is none."""
    try:
        prediction = predict(point.setup, point.load, calibration)
    except DoesNotFit:
        return _refused(point, _UNFIT)
    except Problem:
        return _refused(point, _UNKNOWN)
    value = prediction.metrics.get(point.metric)
    return _refused(point, _NO_METRIC) if value is None else Asked(point=point, predicted=value)


def _refused(point: Point, reason: str) -> Refused:
    return Refused(
        line=point.line,
        family=point.family,
        metric=point.metric,
        model=point.setup.card.id,
        gpu=point.setup.accelerator.name,
        reason=reason,
    )


def _rows(
    asked: Sequence[Asked],
    refused: Sequence[Refused],
    of_asked: Callable[[Asked], str],
    of_refused: Callable[[Refused], str],
) -> tuple[AccuracyRow, ...]:
    groups: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    reasons: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in asked:
        groups[of_asked(one), one.point.metric].append(one)
    for other in refused:
        reasons[of_refused(other), other.metric][other.reason] += 1
    keys = sorted(groups.keys() | reasons.keys())
    return tuple(
        _row(of, metric, groups.get((of, metric), []), reasons.get((of, metric), Counter())) for of, metric in keys
    )


def _row(of: str, metric: str, asked: Sequence[Asked], refused: Counter[str]) -> AccuracyRow:
    count = len(asked) + refused.total()

    def share(holds: Callable[[Asked], bool]) -> float | None:
        return sum(map(holds, asked)) / len(asked) if asked else None

    return AccuracyRow(
        of=of,
        metric=metric,
        points=count,
        covered=len(asked) / count,
        median_ape=median(one.ape for one in asked) if asked else None,
        within_25=share(lambda one: one.ape <= NEAR),
        inside_interval=share(lambda one: one.inside),
        refused=dict(refused.most_common()),
    )
