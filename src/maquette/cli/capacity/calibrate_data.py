"""A calibration as data and as rows."""

from collections.abc import Iterator, Sequence

from maquette.capacity.calibrating import Change, LeftOut, Run, load_in_words
from maquette.capacity.setup import Load
from maquette.capacity.shrinking import Compared
from maquette.cli.capacity.explain_data import NAMES, banded_data, figure, setup_data
from maquette.cli.capacity.measuring_contracts import CalibrateData, ComparedData, FactorData, LoadData
from maquette.cli.contract_parts import FORMAT

RUN_HEADINGS = ["result", "model", "on", "load", "figure", "measured", "predicted", "80 % interval", "ratio", "inside"]
FACTOR_HEADINGS = ["engine", "accelerator", "figure", "factor before", "after", "measured", "from", "interval's width"]


def calibrate_data(
    runs: Sequence[Run], left_out: Sequence[LeftOut], changed: Sequence[Change], *, file: str, written: bool
) -> CalibrateData:
    """The calibration."""
    return {
        "format": FORMAT,
        "runs": [
            {
                "source": run.source,
                "where": run.measured.where,
                "tool": run.measured.tool,
                "setup": setup_data(run.prediction.setup),
                "load": load_data(run.measured.load),
                "compared": [compared_data(one) for one in run.compared],
            }
            for run in runs
        ],
        "left_out": [{"source": one.source, "where": one.where, "reason": one.reason} for one in left_out],
        "factors": [factor_data(one) for one in changed],
        "file": file,
        "written": written,
    }


def load_data(load: Load) -> LoadData:
    """What was sent."""
    return {
        "kind": load.kind.value,
        "input_tok": load.input_tok,
        "output_tok": load.output_tok,
        "concurrency": load.concurrency,
        "rate_per_s": load.rate_per_s,
    }


def compared_data(one: Compared) -> ComparedData:
    """A measured figure beside its prediction."""
    return {
        "metric": one.metric.value,
        "measured": one.measured,
        "predicted": banded_data(one.predicted),
        "ratio": one.measured / one.predicted.value,
        "inside": one.inside,
    }


def factor_data(change: Change) -> FactorData:
    """What becomes of a factor."""
    engine, accelerator, metric = change.key
    after = change.after
    return {
        "engine": engine.value,
        "accelerator": accelerator,
        "metric": metric.value,
        "before": None if change.before is None else change.before.value,
        "after": None if after is None else after.value,
        "measured_ratio": None if after is None else after.raw,
        "measurements": 0 if after is None else after.measurements,
        "interval_width": None if after is None else after.narrowed,
    }


def run_rows(runs: Sequence[Run]) -> Iterator[tuple[str, ...]]:
    """A line a figure."""
    for run in runs:
        setup = run.prediction.setup
        for one in run.compared:
            yield (
                f"{run.source.rpartition(' ')[0]} {run.measured.where}".strip(),
                setup.card.id,
                f"{setup.gpus}x {setup.accelerator.name}, {setup.engine.value}",
                load_in_words(run.measured.load),
                *compared_cells(one),
            )


def compared_cells(one: Compared) -> tuple[str, str, str, str, str, str]:
    """Figure, measured, predicted, interval, ratio, inside."""
    name, unit, times = NAMES[one.metric]
    band = one.predicted
    return (
        f"{name}, {unit}",
        figure(times * one.measured),
        figure(times * band.value),
        f"{figure(times * band.low)} - {figure(times * band.high)}",
        f"{one.measured / band.value:.2f}",
        "yes" if one.inside else "no",
    )


def factor_rows(changed: Sequence[Change]) -> Iterator[tuple[str, ...]]:
    """A line a factor; 1 is where nobody measured."""
    for change in changed:
        engine, accelerator, metric = change.key
        before, after = change.before, change.after
        yield (
            engine.value,
            accelerator,
            NAMES[metric][0],
            "1" if before is None else f"{before.value:.3f}",
            "1" if after is None else f"{after.value:.3f}",
            "" if after is None else f"{after.raw:.3f}",
            "" if after is None else str(after.measurements),
            "" if after is None else f"{after.narrowed:.0%}",
        )
