"""Rows of published measurements as questions to the prediction, or why they cannot be asked. Pure: no files."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import NoReturn

from maquette.capacity.naming_accelerators import AcceleratorNames
from maquette.capacity.naming_loads import (
    Pushed,
    SaidLoad,
    engine_of,
    kv_dtype_of,
    length_of,
    load_of,
    metric_of,
    mlperf_model,
    precision_in_name,
    precision_said,
    value_of,
)
from maquette.capacity.naming_models import ModelNames
from maquette.capacity.naming_parallel import Spread, spread_of
from maquette.capacity.points import Point, Refused
from maquette.capacity.setup import Engine, Load, LoadKind, Metric, Precision, Setup
from maquette.capacity.shapes import precision_of, shape_of
from maquette.catalog.cards import ModelCard
from maquette.catalog.hardware import Accelerator

_MACHINE = 8
_RACK = 72
_WEIGHTS_SHARE = 0.65
_BITS = {Precision.BF16: 16, Precision.FP8: 8, Precision.INT8: 8, Precision.FP4: 4, Precision.INT4: 4}
_UNSTATED = ("", "unstated", "unknown", "n/a", "not stated")


@dataclass(frozen=True, kw_only=True, slots=True)
class PointRow:
    """One row of a points file as it stands, blanks as "". ``value`` and ``gpus`` are already numbers.

    Attributes:
        line: Of the file.
        gpus: Accelerators of the system; None where the file has a blank.
        parallel: The column tp in the file's words.
    """

    line: int
    family: str
    run: str
    engine: str
    gpu: str
    gpus: int | None
    parallel: str
    model: str
    precision: str
    input_len: str
    output_len: str
    load: str
    metric: str
    value: float
    unit: str
    url: str = ""


class _Refusing(Exception):
    """Why a row cannot be asked."""


def points_from_rows(
    rows: Iterable[PointRow], cards: Mapping[str, ModelCard], accelerators: Sequence[Accelerator]
) -> list[Point | Refused]:
    """Every row as a point or as a refusal, in their order.

    Args:
        rows: As the file has them.
        cards: The catalog's models; those with open weights count.
        accelerators: The catalog's accelerators.
    """
    all_rows = list(rows)
    known = _Known(
        models=ModelNames(cards.values()), accelerators=AcceleratorNames(accelerators), implied=_implied(all_rows)
    )
    made: list[Point | Refused] = []
    for row in all_rows:
        try:
            made.append(_point(row, known))
        except _Refusing as refusing:
            made.append(_refused(row, str(refusing)))
    return made


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    models: ModelNames
    accelerators: AcceleratorNames
    implied: Mapping[tuple[str, str], str]


def _implied(rows: Sequence[PointRow]) -> Mapping[tuple[str, str], str]:
    """For rows that do not state their accelerator: the one that all others of their family and engine state."""
    stated = defaultdict(set)
    for row in rows:
        if not _is_unstated(row.gpu):
            stated[row.family, row.engine].add(row.gpu)
    return {key: next(iter(names)) for key, names in stated.items() if len(names) == 1}


def _is_unstated(gpu: str) -> bool:
    return gpu.split("(", maxsplit=1)[0].strip().lower() in _UNSTATED


def _point(row: PointRow, known: _Known) -> Point:
    metric = metric_of(row.metric, row.unit)
    if not isinstance(metric, Metric):
        raise _Refusing(metric)
    engine = engine_of(row.engine) or _refuse("unknown engine")
    card = known.models.find(row.model) or _refuse("unknown model")
    if card.weights is None or card.weights.params_b is None:
        raise _Refusing("unknown shape of the model")
    accelerator = _accelerator(row, known)
    pushed = mlperf_model(row.model, row.load)
    if metric is Metric.REQUEST_THROUGHPUT and pushed is not None and pushed.in_tokens:
        metric = Metric.OUTPUT_THROUGHPUT
    said = load_of(row.load, pushed) or _refuse("unknown load")
    setup = _setup(row, card, accelerator, engine)
    setup, copies = _one_replica(row, setup, pushed)
    if not _holds_weights(setup):
        raise _Refusing("the weights exceed the memory of the stated accelerators")
    value = value_of(row.value, metric, row.metric, row.unit, row.gpus or setup.gpus)
    if value is None:
        raise _Refusing("unknown unit" if row.value > 0 else "no positive value")
    return Point(
        line=row.line,
        family=row.family,
        group=_group(setup),
        setup=setup,
        load=_load(row, said, pushed, metric),
        metric=metric,
        value=value / copies if metric in _RATES else value,
        assumed=_assumed(row),
    )


_RATES = frozenset({Metric.OUTPUT_THROUGHPUT, Metric.REQUEST_THROUGHPUT})


def _refuse(reason: str) -> NoReturn:
    raise _Refusing(reason)


def _accelerator(row: PointRow, known: _Known) -> Accelerator:
    name = row.gpu
    if _is_unstated(name):
        name = known.implied.get((row.family, row.engine)) or _refuse("unstated accelerator")
    return known.accelerators.find(name) or _refuse("unknown accelerator")


def _setup(row: PointRow, card: ModelCard, accelerator: Accelerator, engine: Engine) -> Setup:
    """The replica as far as the row says it; without parallel settings it is one accelerator."""
    precision, exact = precision_said(row.precision) or _refuse("unknown precision")
    if precision is None:
        precision, exact = precision_in_name(row.model.rsplit("/", 1)[-1])
    asked = precision
    if _is_wider(card, precision):
        precision = None
    spread = _splittable(spread_of(row.parallel, row.gpus, row.run) or Spread(gpus=1), card)
    place = _RACK if "rack" in (accelerator.interconnect or "") else _MACHINE
    return Setup(
        card=card,
        accelerator=accelerator,
        engine=engine,
        gpus=spread.gpus,
        tensor_parallel=spread.tensor,
        expert_parallel=spread.expert,
        data_parallel=spread.data,
        pipeline_parallel=spread.pipeline,
        precision=precision,
        quantisation=exact,
        kv_dtype=kv_dtype_of(engine, asked),
        speculative=_is_speculative(row),
        machines=ceil(spread.gpus / place),
    )


def _is_wider(card: ModelCard, asked: Precision | None) -> bool:
    """Whether the model is published in fewer bits than are asked for, as gpt-oss is: those are what is read.

    A model published at eight bit may well be run at sixteen; nobody widens one of four.
    """
    published = _BITS[precision_of(card, None)]
    return asked is not None and published == 4 and _BITS[asked] > published


def _splittable(spread: Spread, card: ModelCard) -> Spread:
    """Heads split over powers of two only: a tensor parallelism of 36 or 72 means copies of the attention."""
    if spread.tensor & (spread.tensor - 1) == 0 or card.weights is None or not card.weights.experts:
        return spread
    wide = spread.tensor * spread.data
    return replace(spread, tensor=1, data=wide, expert=wide)


def _is_speculative(row: PointRow) -> bool:
    words = f"{row.run} {row.engine} {row.parallel} {row.model}".lower().replace("-", "_").replace(" ", "_").split("_")
    return any(word in {"mtp", "eagle", "eagle3", "speculative", "draft", "mtp1", "mtp2", "mtp3"} for word in words)


def _one_replica(row: PointRow, setup: Setup, pushed: Pushed | None) -> tuple[Setup, int]:
    """The setup on its own, and how many copies of it the measured system has.

    Where nobody says how a system is divided, a benchmark's replica is the whole system, split by tensors or, with
    llama.cpp, by layers. MLPerf's systems are full of replicas: each takes as few accelerators as leave a third of the
    memory to the cache; a model with routed experts and a latent cache takes a machine, with copies of the attention.
    """
    gpus = row.gpus or 1
    if row.parallel.strip() or gpus == 1:
        return setup, 1
    if pushed is None:
        layers = setup.engine is Engine.LLAMA_CPP
        tensor, stages = (1, gpus) if layers else (gpus, 1)
        return replace(setup, gpus=gpus, tensor_parallel=tensor, pipeline_parallel=stages), 1
    width = _narrowest(setup, gpus)
    if setup.card.weights is not None and "MLA" in (setup.card.weights.attention or ""):
        width = max(width, _MACHINE) if gpus % _MACHINE == 0 else width
        return replace(setup, gpus=width, data_parallel=width, expert_parallel=width), gpus // width
    return replace(setup, gpus=width, tensor_parallel=width), gpus // width


def _holds_weights(setup: Setup) -> bool:
    memory = setup.accelerator.memory_gb
    shape = shape_of(setup.card, setup.engine, setup.precision, setup.quantisation)
    return memory is None or shape.total_bytes <= float(memory) * 2**30 * setup.gpus


def _narrowest(setup: Setup, gpus: int) -> int:
    shape = shape_of(setup.card, setup.engine, setup.precision, setup.quantisation)
    memory = setup.accelerator.memory_gb
    width = 1
    while memory is not None and width * 2 <= gpus and gpus % (width * 2) == 0:
        if shape.total_bytes <= float(memory) * 1e9 * width * _WEIGHTS_SHARE:
            break
        width *= 2
    return width


def _load(row: PointRow, said: SaidLoad, pushed: Pushed | None, metric: Metric) -> Load:
    prompt = length_of(row.input_len, 0, pushed.input_tok if pushed else None)
    answer = length_of(row.output_len, 1, pushed.output_tok if pushed else None)
    if prompt is None or answer is None:
        raise _Refusing("unknown length of prompts or answers")
    if metric is Metric.TTFT and said.kind is LoadKind.OFFLINE and said.requests is None:
        raise _Refusing("time to first token of an endless burst")
    return Load(
        input_tok=prompt,
        output_tok=answer,
        kind=said.kind,
        concurrency=said.concurrency,
        rate_per_s=said.rate_per_s,
        requests=said.requests,
        ttft_most_s=said.ttft_most_s,
        tpot_most_s=said.tpot_most_s,
    )


def _group(setup: Setup) -> str:
    """One configuration, whoever measured it; models of one shape are one."""
    weights = setup.card.weights
    shape = "" if weights is None else f"{weights.params_b}B in {weights.layers} layers"
    precision = precision_of(setup.card, setup.precision).value
    widths = (
        setup.gpus,
        setup.tensor_parallel,
        setup.expert_parallel,
        setup.data_parallel,
        setup.pipeline_parallel,
    )
    spread = ":".join(str(width) for width in widths)
    exact = setup.quantisation or "no exact format"
    return " | ".join((shape, setup.accelerator.name, setup.engine.value, precision, exact, spread))


def _assumed(row: PointRow) -> tuple[str, ...]:
    """What the row does not say and the mapping filled in."""
    found = []
    if _is_unstated(row.gpu):
        found.append("accelerator")
    if not row.parallel.strip():
        found.append("parallelism")
    if not row.input_len.strip() or not row.input_len.strip()[0].isdigit():
        found.append("input_tok")
    return tuple(found)


def _refused(row: PointRow, reason: str) -> Refused:
    metric = metric_of(row.metric, row.unit)
    return Refused(
        line=row.line,
        family=row.family,
        metric=metric.value if isinstance(metric, Metric) else row.metric,
        model=row.model,
        gpu=row.gpu,
        reason=reason,
    )
