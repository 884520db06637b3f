"""What a benchmark measured beside what is predicted, for people and for scripts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from maquette.adapters.engine_files import load_calibration
from maquette.adapters.factor_files import read_factors
from maquette.capacity.benchmark_notes import notes_on
from maquette.capacity.benchmarking import LevelResult, load_of, memory_bound
from maquette.capacity.calibrating import compare
from maquette.capacity.predicting import predict
from maquette.capacity.setup import Prediction
from maquette.capacity.shrinking import Compared
from maquette.cli.capacity.bench_data import (
    HEADINGS,
    MeasuredLevel,
    MemoryBound,
    bench_data,
    bench_rows,
    level_lines,
)
from maquette.cli.capacity.bench_plan import Bench
from maquette.cli.capacity.bench_running import Outcome
from maquette.cli.capacity.explain_data import figure
from maquette.cli.capacity.learning import Lesson, lesson, show_lesson
from maquette.cli.capacity.measuring_contracts import BenchData
from maquette.cli.console import clean, print_table, say
from maquette.foundation.problems import Problem

_LEAST_BYTES = 512 * 2**20
"""What is smaller may lie in a processor's caches, and the pace of main memory then says nothing."""

_BUSY = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A benchmark with its predictions; the lesson is there when the project is to learn from it."""

    bench: Bench
    outcome: Outcome
    levels: tuple[MeasuredLevel, ...]
    bound: MemoryBound | None
    notes: tuple[str, ...]
    lesson: Lesson | None


def reported(bench: Bench, outcome: Outcome, *, project: Path, calibrate: bool) -> Report:
    """The report; predictions are drawn towards what the project measured before.

    Raises:
        InvalidInput: The project's capacity.json is broken.
    """
    factors, source = read_factors(project), f"maquette capacity bench {datetime.now(tz=UTC):%Y-%m-%dT%H:%M:%SZ}"
    levels: list[MeasuredLevel] = []
    learnt: list[Compared] = []
    notes: list[str] = []
    for result in outcome.results:
        raw = _predicted(bench, outcome, result)
        if isinstance(raw, Prediction):
            learnt += compare(raw, result.metrics, source=source)
            drawn = factors.apply(raw)
            beside = compare(drawn, result.metrics, source=source)
            levels.append(MeasuredLevel(result=result, prediction=drawn, compared=beside))
        else:
            levels.append(MeasuredLevel(result=result))
            notes.append(raw)
        notes += notes_on(result, input_tok=bench.input_tok, output_tok=bench.output_tok)
    bound = _bound(bench) if outcome.on_processors else None
    return Report(
        bench=bench,
        outcome=outcome,
        levels=tuple(levels),
        bound=bound,
        notes=tuple(dict.fromkeys((*notes, *_circumstances(bench, outcome, bound)))),
        lesson=_lesson(project, learnt) if calibrate else None,
    )


def _predicted(bench: Bench, outcome: Outcome, result: LevelResult) -> Prediction | str:
    """What is predicted for the load as it was, or why nothing is."""
    if outcome.on_processors:
        return "The model ran on this machine's processors, for which no prediction was fitted."
    if bench.setup is None:
        return bench.why_unpredicted or ""
    load = load_of(result, input_tok=bench.input_tok, output_tok=bench.output_tok)
    try:
        return predict(bench.setup, load, load_calibration())
    except Problem as problem:
        return f"Nothing is predicted for {result.level.concurrency} at once: {problem.what}."


def _lesson(project: Path, learnt: list[Compared]) -> Lesson | None:
    return lesson(project, learnt) if learnt else None


def _circumstances(bench: Bench, outcome: Outcome, bound: MemoryBound | None) -> Iterator[str]:
    if bench.setup is not None and not outcome.on_processors:
        setup = bench.setup
        numbers = setup.quantisation or (setup.precision.value if setup.precision else "as published")
        yield (
            f"Predicted for {setup.card.id}, {numbers}, on {setup.gpus}x {setup.accelerator.name} behind"
            f" {setup.engine.value}."
        )
    if outcome.state == "interrupted":
        yield "Stopped before its end: the figures are of what was answered until then."
    if not outcome.forced:
        yield "The server does not take ignore_eos: answers end where the model ends them."
    if outcome.on_processors and bench.busy is not None and bench.busy > _BUSY:
        yield (
            f"Other programs were at work ({bench.busy:.1f} a core) before it began: the figures are too low, and"
            " fewer --threads can be faster."
        )
    if outcome.on_processors and bound is None:
        yield "The file is too small, or says too little, to tell from the memory's pace how fast it can be."


def _bound(bench: Bench) -> MemoryBound | None:
    """What the memory allows one sequence; routed experts are read in the share that a token passes."""
    from maquette.adapters.memory_pace import memory_bytes_per_s

    weights = None if bench.card is None else bench.card.weights
    if weights is None or weights.file_bytes is None or weights.file_bytes < _LEAST_BYTES:
        return None
    share = 1.0
    if weights.params_b and weights.active_params_b:
        share = float(weights.active_params_b / weights.params_b)
    pace = memory_bytes_per_s(int(bench.spec.options["threads"]))
    if pace is None:
        return None
    a_token = weights.file_bytes * share
    return MemoryBound(bandwidth=pace, bytes_per_token=a_token, decode=memory_bound(a_token, pace))


def report_data(found: Report, *, written: bool) -> BenchData:
    """The report for scripts."""
    return bench_data(
        found.bench,
        found.levels,
        state=found.outcome.state,
        bound=found.bound,
        notes=found.notes,
        changed=() if found.lesson is None else found.lesson.changes,
        written=written,
    )


def show_report(found: Report, *, plain_text: bool) -> None:
    """The report for people."""
    for line in level_lines(found.levels):
        click.echo(clean(line))
    click.echo()
    print_table(HEADINGS, bench_rows(found.levels), plain_text=plain_text)
    if found.bound is not None:
        click.echo()
        click.echo(_bound_line(found.bound))
    for note in found.notes:
        say(note)
    if found.lesson is not None:
        click.echo()
        show_lesson(found.lesson, plain_text=plain_text)


def _bound_line(bound: MemoryBound) -> str:
    decode, a_token = bound.decode, figure(bound.bytes_per_token / 1e9)
    return (
        f"Memory here is read at {figure(bound.bandwidth / 1e9)} GB/s, and a token reads {a_token} GB:"
        f" one sequence decodes at most {figure(decode.high)} tok/s; programs reach some {figure(decode.value)}"
        f" ({figure(decode.low)} - {figure(decode.high)}), an estimate that nobody fitted."
    )
