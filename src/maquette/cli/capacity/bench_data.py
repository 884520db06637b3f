"""A benchmark as data and as rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from maquette.capacity.benchmarking import LevelResult, Spread
from maquette.capacity.calibrating import Change
from maquette.capacity.setup import Banded, Metric, Prediction
from maquette.capacity.shrinking import Compared
from maquette.cli.capacity.bench_plan import Bench
from maquette.cli.capacity.calibrate_data import compared_cells, compared_data, factor_data
from maquette.cli.capacity.explain_data import NAMES, banded_data, figure, setup_data
from maquette.cli.capacity.measuring_contracts import BenchData, BenchLevelData, MemoryBoundData, SpreadData
from maquette.cli.contract_parts import FORMAT

HEADINGS = ["at once", "figure", "measured", "10 % - 90 %", "predicted", "80 % interval", "ratio", "inside"]


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasuredLevel:
    """One level with what is predicted for it, where something is."""

    result: LevelResult
    prediction: Prediction | None = None
    compared: tuple[Compared, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryBound:
    """What this machine's memory allows."""

    bandwidth: float
    bytes_per_token: float
    decode: Banded


def bench_data(
    bench: Bench,
    levels: Sequence[MeasuredLevel],
    *,
    state: str,
    bound: MemoryBound | None,
    notes: Sequence[str],
    changed: Sequence[Change],
    written: bool,
) -> BenchData:
    """The benchmark."""
    return {
        "format": FORMAT,
        "state": state,
        "model": bench.spec.id,
        "where": bench.where,
        "asked_input_tok": bench.input_tok,
        "asked_output_tok": bench.output_tok,
        "setup": None if bench.setup is None else setup_data(bench.setup),
        "levels": [_level(one) for one in levels],
        "memory_bound": None if bound is None else _bound(bound),
        "notes": list(notes),
        "factors": [factor_data(one) for one in changed],
        "written": written,
    }


def _bound(bound: MemoryBound) -> MemoryBoundData:
    return {
        "bandwidth_gb_per_s": bound.bandwidth / 1e9,
        "bytes_per_token": bound.bytes_per_token,
        "decode_tok_per_s": banded_data(bound.decode),
    }


def _level(one: MeasuredLevel) -> BenchLevelData:
    found = one.result
    return {
        "concurrency": found.level.concurrency,
        "planned": found.level.requests,
        "completed": found.completed,
        "failed": found.failed,
        "wall_s": found.wall_s,
        "input_tok": found.input_tok,
        "output_tok": found.output_tok,
        "cached_tok": found.cached_tok,
        "ttft_s": _spread(found.ttft_s),
        "tpot_s": _spread(found.tpot_s),
        "latency_s": _spread(found.latency_s),
        "prefill_tok_per_s": _spread(found.prefill),
        "decode_tok_per_s": _spread(found.decode),
        "output_tok_per_s": found.output_tok_per_s,
        "requests_per_s": found.requests_per_s,
        "prediction": {}
        if one.prediction is None
        else {metric.value: banded_data(band) for metric, band in one.prediction.metrics.items()},
        "compared": [compared_data(each) for each in one.compared],
    }


def _spread(found: Spread | None) -> SpreadData | None:
    if found is None:
        return None
    return {"median": found.median, "p10": found.p10, "p90": found.p90, "count": found.count}


def bench_rows(levels: Sequence[MeasuredLevel]) -> Iterator[tuple[str, ...]]:
    """A line a figure of each level."""
    for one in levels:
        found = one.result
        beside = {each.metric: compared_cells(each) for each in one.compared}
        spreads = (
            (Metric.PREFILL_RATE, found.prefill),
            (Metric.DECODE_RATE, found.decode),
            (Metric.TTFT, found.ttft_s),
            (Metric.TPOT, found.tpot_s),
            (Metric.OUTPUT_THROUGHPUT, found.output_tok_per_s),
            (Metric.REQUEST_THROUGHPUT, found.requests_per_s),
        )
        for metric, measured in spreads:
            if measured is not None:
                cells = beside.get(metric, ("",) * 6)
                yield (str(found.level.concurrency), *_figure_cells(metric, measured), *cells[2:])


def _figure_cells(metric: Metric, measured: Spread | float) -> tuple[str, str, str]:
    name, unit, times = NAMES[metric]
    if isinstance(measured, float | int):
        return f"{name}, {unit}", figure(times * measured), ""
    low, high = figure(times * measured.p10), figure(times * measured.p90)
    return f"{name}, {unit}", figure(times * measured.median), f"{low} - {high}"


def level_lines(levels: Sequence[MeasuredLevel]) -> Iterator[str]:
    """What was sent and answered at each level."""
    for one in levels:
        found = one.result
        sizes = [f"{tok:.0f}" if tok is not None else "unknown" for tok in (found.input_tok, found.output_tok)]
        yield (
            f"{found.level.concurrency} at once: {found.completed} of {found.level.requests} answered"
            f" in {figure(found.wall_s)} s, {sizes[0]} + {sizes[1]} tok each"
        )
