"""The time laws over many measurements at once: points as arrays, constants as a vector, and the fit."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from maquette.capacity.batching import pace_at, room_for, settle
from maquette.capacity.constants import (
    SHORT_ANSWER_TOK,
    EngineCalibration,
    EngineConstants,
    GenerationFactors,
    adjusted,
    generation_of,
)
from maquette.capacity.points import Point
from maquette.capacity.roofline import Traffic, pace
from maquette.capacity.setup import Engine, LoadKind, Metric
from maquette.capacity.shapes import shape_of
from maquette.capacity.work import StepWork, chip_of, decode_work, prefill_work
from maquette.foundation.problems import InvalidInput

Array = NDArray[np.float64]

PRIORS: Mapping[str, tuple[float, float, float]] = {
    "weight_bandwidth": (0.8, 0.1, 0.08),
    "expert_bandwidth": (0.7, 0.25, 0.2),
    "cache_bandwidth": (0.7, 0.3, 0.15),
    "four_bit_read": (1.1, 0.15, 0.1),
    "four_bit_experts": (1.0, 0.2, 0.15),
    "emulated_read": (1.2, 0.2, 0.2),
    "decode_flops": (0.5, 0.4, 0.2),
    "prefill_flops": (0.5, 0.3, 0.2),
    "narrow_flops": (0.8, 0.2, 0.1),
    "expert_flops": (0.8, 0.3, 0.15),
    "expert_fill_tok": (40.0, 0.6, 0.3),
    "attention_flops": (0.5, 0.4, 0.1),
    "layer_s": (3e-5, 0.5, 0.25),
    "expert_layer_s": (2e-5, 0.5, 0.25),
    "sparse_layer_s": (6e-5, 0.4, 0.05),
    "state_layer_s": (3e-5, 0.4, 0.05),
    "message_s": (4e-6, 0.5, 0.25),
    "link_bandwidth": (0.5, 0.4, 0.2),
    "step_s": (5e-4, 0.5, 0.3),
    "sequence_s": (5e-6, 0.8, 0.4),
    "interference": (0.7, 0.3, 0.15),
    "imbalance": (0.2, 0.7, 0.1),
    "accepted_tok": (2.0, 0.2, 0.1),
    "offline": (1.0, 0.05, 0.15),
    "offline_choice": (1.1, 0.3, 0.1),
    "first_s": (0.04, 0.6, 0.4),
    "first_steps": (2.0, 0.6, 0.4),
    "first_prefill": (1.0, 0.4, 0.3),
    "queue": (0.05, 0.6, 0.4),
}
"""Each constant's prior, how far (in its logarithm) all engines together may lie from it, and an engine from them."""

FAMILIES = ("blackwell", "ampere", "ada", "cdna", "apple")
FACTORS: Mapping[str, float] = {"bandwidth": 0.1, "flops": 0.2, "overhead": 0.25}
"""How far, in the logarithm, a family of accelerators may lie from Hopper."""

SETTINGS = {Engine.VLLM: 1024.0, Engine.SGLANG: 2048.0, Engine.TENSORRT_LLM: 2048.0, Engine.LLAMA_CPP: 256.0}
"""Sequences at most, as published settings have them."""

_HUBER = 0.1
THROUGHPUT_TRUST = 0.3
SHORT_TRUST = 0.3
_TRUST = 1.4
_FIRST_TRUST = 3.0
_MANY = 1000
"""Measurements from which on each is trusted alike: of a kind with few, each says more than the priors do."""

_NAMES = tuple(PRIORS)
_FIRST = frozenset({"first_s", "first_steps", "first_prefill", "queue"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Points with their features in arrays of the same length."""

    points: tuple[Point, ...]
    decode: StepWork
    prefill: StepWork
    plain: dict[str, Array]

    def where(self, chosen: NDArray[np.bool_]) -> "Table":
        """The points for which ``chosen`` is true."""
        places = np.flatnonzero(chosen)
        return Table(
            points=tuple(self.points[i] for i in places),
            decode=StepWork(**{f.name: getattr(self.decode, f.name)[places] for f in fields(StepWork)}),
            prefill=StepWork(**{f.name: getattr(self.prefill, f.name)[places] for f in fields(StepWork)}),
            plain={name: values[places] for name, values in self.plain.items()},
        )

    @property
    def measured(self) -> Array:
        """The logarithms of the measured values."""
        return np.log([point.value for point in self.points])


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """Logarithms of the constants: of all engines together, each engine's distance, each family's factors."""

    engines: tuple[Engine, ...]
    base: Array
    apart: Array
    families: Array

    @classmethod
    def start(cls, engines: tuple[Engine, ...]) -> "Fitted":
        """The priors."""
        base = np.log([PRIORS[name][0] for name in _NAMES])
        apart = np.zeros((len(engines), len(_NAMES)))
        return cls(engines=engines, base=base, apart=apart, families=np.zeros((len(FAMILIES), len(FACTORS))))

    def vector(self) -> Array:
        """All of it as one vector."""
        return np.concatenate([self.base, self.apart.ravel(), self.families.ravel()])

    def moved(self, vector: Array) -> "Fitted":
        """The same with the vector's values."""
        count, split = len(_NAMES), len(_NAMES) * (1 + len(self.engines))
        return replace(
            self,
            base=vector[:count],
            apart=vector[count:split].reshape(len(self.engines), count),
            families=vector[split:].reshape(len(FAMILIES), len(FACTORS)),
        )

    def constants(self, engine: Engine) -> EngineConstants:
        """Of one engine."""
        row = np.exp(self.base + self.apart[self.engines.index(engine)])
        values = dict(zip(_NAMES, (float(value) for value in row), strict=True))
        return EngineConstants(**values, most_sequences=SETTINGS[engine])

    def generations(self) -> dict[str, GenerationFactors]:
        """Of each family that a measurement told something about."""
        told = {
            name: np.exp(row) for name, row in zip(FAMILIES, self.families, strict=True) if np.abs(row).max() > 1e-3
        }
        return {
            name: GenerationFactors(**dict(zip(FACTORS, (float(value) for value in row), strict=True)))
            for name, row in told.items()
        }

    def calibration(self, engine: Engine) -> EngineCalibration:
        """Of one engine, without bands."""
        return EngineCalibration(engine=engine, constants=self.constants(engine), generations=self.generations())


def table_of(points: Sequence[Point], fitted: Fitted) -> Table:
    """The points that can be asked, each at the batch where its load settles with the constants so far."""
    rows = [row for point in points if (row := _row(point, fitted)) is not None]
    decode, prefill = [row[1] for row in rows], [row[2] for row in rows]

    def stacked(works: Sequence[StepWork]) -> StepWork:
        return StepWork(**{f.name: _one(np.array([getattr(work, f.name) for work in works])) for f in fields(StepWork)})

    return Table(
        points=tuple(row[0] for row in rows),
        decode=stacked(decode),
        prefill=stacked(prefill),
        plain={name: np.array([row[3][name] for row in rows]) for name in rows[0][3]},
    )


def _row(point: Point, fitted: Fitted) -> tuple[Point, StepWork, StepWork, dict[str, float]] | None:
    setup, load = point.setup, point.load
    try:
        shape = shape_of(setup.card, setup.engine, setup.precision, setup.quantisation)
        chip = chip_of(setup.accelerator, shape.precision)
        room = room_for(setup, load.input_tok + load.output_tok / 2.0)
    except InvalidInput:
        return None
    known = fitted.calibration(setup.engine).for_accelerator(setup.accelerator)
    most = known.most_sequences * max(setup.data_parallel, 1)
    settled = settle(load, pace_at(setup, shape, chip, load, known), room.sequences, most, known.held_tpot)
    if settled.unstable and point.metric is Metric.TTFT:
        return None
    family = generation_of(setup.accelerator)
    plain = {
        "batch": settled.batch,
        "stages": float(max(setup.pipeline_parallel, 1)),
        "ranks": float(max(setup.data_parallel, 1)),
        "in_flight": max((1.0 if load.kind is LoadKind.RATE else settled.batch) / max(setup.data_parallel, 1), 1.0),
        "wait": settled.wait_s,
        "answer": max(load.output_tok, 1.0),
        "prompt": load.input_tok,
        "speculative": float(setup.speculative),
        "engine": float(fitted.engines.index(setup.engine)),
        "family": float(FAMILIES.index(family)) if family in FAMILIES else -1.0,
        "offline": float(load.kind is LoadKind.OFFLINE),
        "doublings": shape.choice_doublings,
        "rate": float(load.kind is LoadKind.RATE),
        "tail": settled.requests_per_s * max(load.output_tok, 1.0) * settled.pace.tpot_s / settled.batch,
        "held": float(load.ttft_most_s is not None),
        "fixed": settled.requests_per_s if load.kind is LoadKind.RATE and not settled.unstable else 0.0,
        "metric": float(list(Metric).index(point.metric)),
    }
    context = load.input_tok + load.output_tok / 2.0
    decode = decode_work(setup, shape, chip, max(settled.batch, 1.0), context)
    prefill = prefill_work(setup, shape, chip, max(load.input_tok * (1.0 - load.prefix_share), 1.0))
    return point, decode, prefill, plain


def predicted(fitted: Fitted, table: Table) -> Array:
    """The logarithms of what the laws predict for every point."""
    plain = table.plain
    constants = _constants(fitted, plain)
    traffic = Traffic(
        batch=_one(np.where(plain["prompt"] > 0, plain["batch"], 0.0)),
        in_flight=_one(plain["in_flight"]),
        output_tok=_one(plain["answer"]),
        speculative=_one(plain["speculative"]),
        together=_one(1.0 - plain["rate"]),
        stages=_one(plain["stages"]),
        ranks=_one(plain["ranks"]),
    )
    now: Any = pace(table.decode, table.prefill, traffic, constants)
    requests = _requests(plain, now, constants)
    by_metric = {
        Metric.TPOT: now.tpot_s,
        Metric.TTFT: now.ttft_s + plain["wait"],
        Metric.OUTPUT_THROUGHPUT: requests * plain["answer"],
        Metric.REQUEST_THROUGHPUT: requests,
        Metric.DECODE_RATE: 1.0 / now.tpot_s,
        Metric.PREFILL_RATE: np.maximum(plain["prompt"], 1.0) / now.prefill.total_s,
    }
    chosen: Array = np.choose(plain["metric"].astype(int), [np.asarray(by_metric[metric]) for metric in Metric])
    return np.log(chosen)


def _one(values: Array) -> Any:
    """The laws are arithmetic alone, and take arrays where their types say numbers."""
    return values


def _constants(fitted: Fitted, plain: Mapping[str, Array]) -> EngineConstants:
    """The constants as they hold for every point."""
    rows = np.exp(fitted.base + fitted.apart)[plain["engine"].astype(int)]
    many = {name: _one(rows[:, i]) for i, name in enumerate(_NAMES)}
    family = np.vstack([fitted.families, np.zeros(len(FACTORS))])[plain["family"].astype(int)]
    factors = {name: _one(np.exp(family[:, i])) for i, name in enumerate(FACTORS)}
    return adjusted(EngineConstants(**many), GenerationFactors(**factors))


def _requests(plain: Mapping[str, Array], now: Any, c: EngineConstants) -> Array:
    """Requests a second: see `maquette.capacity.predicting`, whose arithmetic this is."""
    whole = plain["answer"] * now.tpot_s
    closed = plain["batch"] / (now.ttft_s + whole)
    at_once = plain["batch"] / whole * plain["tail"] * c.offline / c.offline_choice ** plain["doublings"]
    at_once = at_once * np.where(plain["held"] > 0, c.held_rate, 1.0)
    return np.where(plain["fixed"] > 0, plain["fixed"], np.where(plain["offline"] > 0, at_once, closed))


def fit(table: Table, start: Fitted) -> Fitted:
    """Constants that bring the median of the errors down, drawn towards the priors and the engines to each other.

    Times between tokens and rates come first; the first token's own constants are fitted with the others held.
    """
    first = np.array([point.metric is Metric.TTFT for point in table.points])
    steady = _fit(table.where(~first), start, frozenset(_NAMES) - _FIRST)
    return _fit(table.where(first), steady, _FIRST) if first.any() else steady


def _fit(table: Table, start: Fitted, moving: frozenset[str]) -> Fitted:
    measured, trust = table.measured, trust_in(table)
    spread = np.array([PRIORS[name][1] for name in _NAMES])
    apart = np.array([PRIORS[name][2] for name in _NAMES])
    prior = Fitted.start(start.engines)
    widths = np.concatenate(
        [spread, np.tile(apart, len(start.engines)), np.tile(list(FACTORS.values()), len(FAMILIES))]
    )

    free = np.array([name in moving for name in _NAMES] * (1 + len(start.engines)))
    free = np.concatenate([free, np.full(len(FAMILIES) * len(FACTORS), not moving <= _FIRST)])
    whole = start.vector()
    few = max(1.0, float(np.sqrt(_MANY / len(table.points))))
    weight = (_FIRST_TRUST if moving <= _FIRST else _TRUST) * few

    def cost(part: Array) -> Array:
        vector = whole.copy()
        vector[free] = part
        error = predicted(start.moved(vector), table) - measured
        robust = np.sign(error) * np.sqrt(2 * _HUBER * (np.sqrt(_HUBER**2 + error**2) - _HUBER))
        return np.concatenate([robust * trust * weight, ((vector - prior.vector()) / widths)[free]])

    whole[free] = least_squares(cost, whole[free], max_nfev=30, ftol=1e-4).x
    return start.moved(whole)


def trust_in(table: Table) -> Array:
    """A weight for each point: the same measurement told twice counts once, and a throughput less than a time."""
    same = Counter((p.group, p.load, p.metric, p.setup.speculative) for p in table.points)
    return np.array([same[(p.group, p.load, p.metric, p.setup.speculative)] ** -0.5 * _trust(p) for p in table.points])


def _trust(point: Point) -> float:
    """Throughputs mix all constants, and closed loops of a hundred tokens hardly settle: they weigh less."""
    short = point.load.kind is LoadKind.CONCURRENCY and 0 < point.load.output_tok < SHORT_ANSWER_TOK
    if point.metric in {Metric.DECODE_RATE, Metric.PREFILL_RATE}:
        return 1.0
    if point.metric is Metric.TTFT or (point.metric is Metric.TPOT and point.load.kind is LoadKind.CONCURRENCY):
        return SHORT_TRUST if short else 1.0
    return THROUGHPUT_TRUST
