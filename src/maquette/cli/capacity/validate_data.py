"""How right the predictions are, as data and as rows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from maquette.capacity.validating import Accuracy, AccuracyRow, Asked
from maquette.cli.capacity.explain_data import NAMES, figure
from maquette.cli.contract_parts import FORMAT

HEADINGS = ["of", "metric", "points", "covered", "median error", "within 25 %", "in interval"]
WORST_HEADINGS = ["line", "error", "metric", "measured", "predicted", "model", "accelerators", "load"]


class AccuracyFigures(TypedDict):
    """The accuracy of one metric; shares are fractions, None where nothing was predicted."""

    metric: str
    points: int
    covered: float
    median_ape: float | None
    within_25: float | None
    inside_interval: float | None


class FamilyAccuracyData(AccuracyFigures):
    """That of a family."""

    family: str
    refused: dict[str, int]


class AccuracyData(AccuracyFigures):
    """That of a model or an accelerator."""

    of: str


class ValidateData(TypedDict):
    """`maquette capacity validate --json`."""

    format: int
    rows: list[FamilyAccuracyData]
    by_model: list[AccuracyData]
    by_gpu: list[AccuracyData]


def validate_data(found: Accuracy) -> ValidateData:
    """The accuracy."""
    return {
        "format": FORMAT,
        "rows": [{"family": row.of, **_figures(row), "refused": dict(row.refused)} for row in found.rows],
        "by_model": [{"of": row.of, **_figures(row)} for row in found.by_model],
        "by_gpu": [{"of": row.of, **_figures(row)} for row in found.by_gpu],
    }


def _figures(row: AccuracyRow) -> AccuracyFigures:
    return {
        "metric": row.metric,
        "points": row.points,
        "covered": row.covered,
        "median_ape": row.median_ape,
        "within_25": row.within_25,
        "inside_interval": row.inside_interval,
    }


def validate_rows(found: Accuracy, table: str) -> Iterator[tuple[str, ...]]:
    """A line a row of the table by "family", "model" or "gpu"."""
    for row in {"family": found.rows, "model": found.by_model, "gpu": found.by_gpu}[table]:
        shares = (row.covered, row.median_ape, row.within_25, row.inside_interval)
        yield row.of, row.metric, f"{row.points:,}", *(_percent(share) for share in shares)


def refused_lines(found: Accuracy) -> Iterator[str]:
    """Why some could not be predicted."""
    reasons: Counter[str] = Counter()
    for row in found.rows:
        reasons.update(row.refused)
    for reason, count in reasons.most_common():
        yield f"{count:,} not predicted: {reason}."


def worst_rows(found: Accuracy, most: int) -> tuple[Sequence[str], Iterator[tuple[str, ...]]]:
    """The headings and the rows of the points that were predicted worst."""
    worst = sorted(found.asked, key=lambda one: -abs(one.error))[:most]
    return WORST_HEADINGS, (_worst(one) for one in worst)


def _worst(one: Asked) -> tuple[str, ...]:
    point, setup = one.point, one.point.setup
    _, unit, times = NAMES[point.metric]
    loaded = point.load.concurrency or point.load.rate_per_s or ""
    return (
        str(point.line),
        _percent(one.ape),
        point.metric.value,
        f"{figure(times * point.value)} {unit}",
        f"{figure(times * one.predicted.value)} {unit}",
        setup.card.id,
        f"{setup.gpus}x {setup.accelerator.name}",
        f"{point.load.kind} {loaded}, {point.load.input_tok:.0f} + {point.load.output_tok:.0f}",
    )


class ShippedRowData(TypedDict):
    """A family and metric of the shipped fit's measurements."""

    family: str
    metric: str
    points: int
    median_ape: float
    within_25: float


class ShippedData(TypedDict):
    """`maquette capacity validate --json` without a file.

    ``tables``: "within" on the measurements of the fit itself; "grouped", "model", "accelerator" and "family" on those
    that were left out of it.
    """

    format: int
    fitted_on: str
    measurements: int
    tables: dict[str, list[ShippedRowData]]


SHIPPED_HEADINGS = ["of", "metric", "points", "configurations", "models", "accelerators", "families", "of the fit"]
_TABLES = ("grouped", "model", "accelerator", "family", "within")


def shipped_data(accuracy: Mapping[str, Any]) -> ShippedData:
    """The accuracy of the shipped fit."""
    return {
        "format": FORMAT,
        "fitted_on": str(accuracy["fitted_on"]),
        "measurements": int(accuracy["measurements"]),
        "tables": {
            name: [
                {
                    "family": str(row["family"]),
                    "metric": str(row["metric"]),
                    "points": int(row["points"]),
                    "median_ape": float(row["median_ape"]),
                    "within_25": float(row["within_25"]),
                }
                for row in accuracy[name]
            ]
            for name in _TABLES
        },
    }


def shipped_rows(accuracy: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """A line a family and metric: its median error when configurations, models and so on were left out."""
    errors = {
        (name, row["family"], row["metric"]): _percent(float(row["median_ape"]))
        for name in _TABLES
        for row in accuracy[name]
    }
    for row in accuracy["within"]:
        own = (row["family"], row["metric"])
        yield *own, f"{row['points']:,}", *(errors.get((name, *own), "") for name in _TABLES)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
