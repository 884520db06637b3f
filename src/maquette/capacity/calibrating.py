"""What a project measured beside what is predicted for it, and how its factors change by that."""

from collections.abc import Mapping
from dataclasses import dataclass

from maquette.capacity.measured import Measured
from maquette.capacity.setup import Engine, Load, LoadKind, Metric, Prediction
from maquette.capacity.shrinking import Compared, Factor, Key, ProjectFactors

ENGINES: Mapping[str, Engine] = {
    "vllm bench serve": Engine.VLLM,
    "sglang.bench_serving": Engine.SGLANG,
    "llama-bench": Engine.LLAMA_CPP,
}
"""Whose own tool it is; GuideLLM asks any server."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run of a benchmark with its predictions.

    Attributes:
        compared: Each figure that was measured and that is predicted.
    """

    source: str
    measured: Measured
    prediction: Prediction
    compared: tuple[Compared, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """A run that nothing is predicted for, and why."""

    source: str
    where: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What becomes of one factor; None before is a factor of 1 that nobody measured, None after is one that goes."""

    key: Key
    before: Factor | None
    after: Factor | None


def compare(prediction: Prediction, measured: Mapping[Metric, float], *, source: str) -> tuple[Compared, ...]:
    """The measured figures that are predicted, each beside its prediction; what is no figure is left out."""
    setup = prediction.setup
    found = (
        Compared(
            engine=setup.engine,
            accelerator=setup.accelerator.name,
            metric=metric,
            measured=value,
            predicted=prediction.metrics[metric],
            source=source,
            model=setup.card.id,
        )
        for metric, value in measured.items()
        if metric in prediction.metrics
    )
    return tuple(one for one in found if one.usable)


def changes(before: ProjectFactors, after: ProjectFactors) -> tuple[Change, ...]:
    """Every factor of either, in the order of the file."""
    keys = sorted(before.factors.keys() | after.factors.keys())
    return tuple(Change(key=key, before=before.factors.get(key), after=after.factors.get(key)) for key in keys)


def load_in_words(load: Load) -> str:
    """Such as "16 at once, 512 + 128 tok"."""
    how = {
        LoadKind.CONCURRENCY: f"{load.concurrency or 0:g} at once",
        LoadKind.RATE: f"{load.rate_per_s or 0:g} a second",
        LoadKind.OFFLINE: "all at once",
    }[load.kind]
    return f"{how}, {load.input_tok:.0f} + {load.output_tok:.0f} tok"
