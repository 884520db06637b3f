"""The text of the files in catalog/engines: each constant with its unit and what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields

import numpy as np

from catalog.engines.laws import Array, Fitted, Table
from maquette.capacity.constants import Band, EngineConstants
from maquette.capacity.setup import Engine

_HEAD = "# Made by fit.py from published measurements; do not edit by hand.\n"

SAYINGS: Mapping[str, tuple[str, str]] = {
    "weight_bandwidth": ("share of the bandwidth", "How fast weights are read that every token passes."),
    "expert_bandwidth": ("share of the bandwidth", "How fast routed experts are read."),
    "cache_bandwidth": ("share of the bandwidth", "How fast the KV cache is read."),
    "four_bit_read": ("factor on time", "What unpacking adds to reading dense weights of four bits."),
    "four_bit_experts": ("factor on time", "What unpacking adds to reading routed experts of four bits."),
    "emulated_read": ("factor on time", "What it adds that the accelerator lacks the format of the experts."),
    "decode_flops": ("share of 16 bit operations", "How fast a decode step multiplies."),
    "prefill_flops": ("share of 16 bit operations", "How fast a prefill multiplies."),
    "narrow_flops": ("factor on that share", "For each halving of the bits below 16."),
    "expert_flops": ("factor on that share", "For routed experts with many tokens each."),
    "expert_fill_tok": ("tokens", "Of an expert at which its matrices reach half of their speed."),
    "attention_flops": ("share of 16 bit operations", "How fast attention over a prompt multiplies."),
    "layer_s": ("seconds", "Of a layer beside reading and multiplying."),
    "expert_layer_s": ("seconds", "More of it where experts are routed."),
    "sparse_layer_s": ("seconds", "More of it where an index chooses what attention reads."),
    "state_layer_s": ("seconds", "More of it for a linear layer."),
    "message_s": ("seconds", "Of an exchange between accelerators, for each doubling of their number."),
    "link_bandwidth": ("share of the link", "How fast bytes go between accelerators."),
    "step_s": ("seconds", "Of a step beside its layers."),
    "sequence_s": ("seconds", "More of it for each sequence."),
    "interference": ("share", "How much of the arriving prefills stops the sequences that are being decoded."),
    "imbalance": ("share", "How much more than the mean the busiest rank of spread experts has to do."),
    "accepted_tok": ("tokens", "Of a step with speculative decoding."),
    "offline": ("factor on throughput", "When all requests wait from the start."),
    "offline_choice": ("divisor of throughput", "Then, for each doubling of a token's routed experts beyond two."),
    "first_s": ("seconds", "Of a first token beside all work."),
    "first_steps": ("steps", "That a prompt waits for its turn."),
    "first_prefill": ("factor on time", "On a prompt's own prefill."),
    "queue": ("share", "How much of the other requests' prefills a prompt waits for."),
    "held_tpot": ("share", "Of a promised time between tokens at which the mean lies; set by hand."),
    "held_rate": ("factor on throughput", "Under a promised first token; set by hand."),
    "most_sequences": ("sequences", "That a replica decodes together at most; the engine's published settings."),
}


def engine_text(
    fitted: Fitted, engine: Engine, table: Table, bands: Mapping[str, Band], rest: Array, fitted_on: str
) -> str:
    """The file of one engine.

    Args:
        fitted: The constants of all engines.
        engine: Whose file it is.
        table: The points of the fit.
        bands: The engine's bands by name.
        rest: What the grouped cross-validation left of each point, as logarithms.
        fitted_on: The day.
    """
    mine = np.array([point.setup.engine is engine for point in table.points])
    known = np.abs(rest[mine & ~np.isnan(rest)])
    points = [point for point in table.points if point.setup.engine is engine]
    constants = fitted.constants(engine)
    lines = [
        f"{_HEAD}schema: 1",
        f'engine: "{engine}"',
        f'fitted_on: "{fitted_on}"',
        f"points: {len(points)}",
        f"log_residual: {{median: {_short(float(np.median(known)))}, p90: {_short(float(np.quantile(known, 0.9)))}}}",
        "constants:",
        *(_constant(field.name, getattr(constants, field.name)) for field in fields(EngineConstants)),
        "generations:",
        *(f"  {name}: {_flow(asdict(factors))}" for name, factors in fitted.generations().items()),
        "bands:",
        *(f'  "{name}": {_flow(asdict(band))}' for name, band in bands.items()),
        "models:",
        *(f'  - "{name}"' for name in sorted({point.setup.card.id for point in points})),
        "accelerators:",
        *(f'  - "{name}"' for name in sorted({point.setup.accelerator.name for point in points})),
    ]
    return "\n".join(lines) + "\n"


def accuracy_text(
    tables: Mapping[str, Sequence[Mapping[str, str | int | float]]], measurements: int, fitted_on: str
) -> str:
    """The file of the cross-validations."""
    lines = [
        _HEAD + "# within: on the points of the fit. grouped: a fifth of the configurations left out at a time. model,",
        "# accelerator, family: each of them left out. Errors are fractions of the measured value.",
        "schema: 1",
        f'fitted_on: "{fitted_on}"',
        f"measurements: {measurements}",
    ]
    for name, rows in tables.items():
        lines.append(f"{name}:")
        lines.extend(f"  - {_flow(row)}" for row in rows)
    return "\n".join(lines) + "\n"


def _constant(name: str, value: float) -> str:
    unit, says = SAYINGS[name]
    return f'  {name}: {{value: {_short(value)}, unit: "{unit}", says: "{says}"}}'


def _flow(values: Mapping[str, object]) -> str:
    return "{" + ", ".join(f"{name}: {_plain(value)}" for name, value in values.items()) + "}"


def _plain(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return _short(value) if isinstance(value, float) else str(value)


def _short(value: float) -> str:
    """Four figures, without an exponent: YAML's readers differ on those."""
    if value == 0:
        return "0.0"
    places = max(3 - int(np.floor(np.log10(abs(value)))), 1)
    return f"{value:.{places}f}"
