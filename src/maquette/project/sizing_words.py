"""A sizing as rows, sentences and commands, the same in the terminal and in notebooks."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from maquette.capacity.memory import kv_bytes_on_one, plan_memory
from maquette.capacity.sizing import Demand, Sized
from maquette.catalog.attention import KvDtype
from maquette.foundation.problems import Problem
from maquette.foundation.units import readable_count, readable_usd
from maquette.project.sizing import ModelSizing, OwnSizing, ProjectSizing

HEADINGS = ("model", "machines", "replicas", "$/month", "in flight", "TTFT ms", "TPOT ms", "p95 s", "binds")
ROWS = 6
"""So many rented options of each model."""

_GIB = 2**30


@dataclass(frozen=True, kw_only=True, slots=True)
class SizingRow:
    """One line of the table: an option, or why there is none.

    Attributes:
        key: Unique in the table.
        sized: None in a line that only says why.
    """

    key: str
    cells: tuple[str, ...]
    model: ModelSizing
    sized: Sized | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryPart:
    """What a part of one accelerator's memory is for."""

    name: str
    gib: float


def sizing_rows(found: ProjectSizing, most: int = ROWS) -> tuple[SizingRow, ...]:
    """For each model the device, the own machines, then the cheapest rents; a model without any has its reason."""
    return tuple(row for model in found.models for row in _model_rows(model, most))


def sizing_lead(found: ProjectSizing) -> str:
    """The load and its targets in a line."""
    load = found.load
    rate = f"{_figure(load.rate_per_s)} requests/s at the peak"
    tokens = f"{readable_count(round(load.input_tok))} + {readable_count(round(load.output_tok))} tokens"
    targets = [
        f"{name} {_figure(value)} s"
        for name, value in (("TTFT", load.ttft_s), ("TPOT", load.tpot_s), ("p95", load.p95_s))
        if value is not None
    ]
    aims = f" within {', '.join(targets)}" if targets else ", no latency target"
    return f"{rate}, {tokens}, up to {readable_count(load.longest_tok)}{aims}"


def sizing_notes(found: ProjectSizing) -> tuple[str, ...]:
    """What else a reader must know: of all models, of each, then what was assumed."""
    own = [f"{model.card.id}: {note}" for model in found.models for note in (*_own_words(model), *model.notes)]
    return (*found.notes, *own, *(f"assumed: {sentence}" for sentence in found.assumed))


def serve_words(sized: Sized) -> str:
    """How the engine is started."""
    one = sized.settings
    return (
        f"{sized.setup.engine}: max_model_len {one.max_model_len}, max_num_seqs {one.max_num_seqs}, "
        f"tensor_parallel {one.tensor_parallel}, weights {one.precision}, KV cache {one.kv_dtype}"
    )


def memory_parts(sized: Sized, load: Demand) -> tuple[MemoryPart, ...]:
    """One accelerator's memory by purpose, in GiB.

    Of what is left for the cache, the requests that are in flight take their mean context each; the rest is free.

    Raises:
        InvalidInput: Something that is needed is not known.
    """
    plan, setup = plan_memory(sized.setup), sized.setup
    room = max(plan.kv_room_bytes, 0)
    taken = min(room, kv_bytes_on_one(setup, ceil(load.input_tok + load.output_tok)) * sized.in_flight)
    parts = (
        ("weights", plan.weights_bytes),
        ("KV cache", taken),
        ("activations", plan.activations_bytes),
        ("runtime", plan.runtime_bytes),
        ("free for cache", room - taken),
        (
            "kept free",
            max(0, plan.total_bytes - plan.weights_bytes - plan.activations_bytes - plan.runtime_bytes - room),
        ),
    )
    return tuple(MemoryPart(name=name, gib=size / _GIB) for name, size in parts if size > 0)


def memory_words(sized: Sized, load: Demand) -> str:
    """The same in a line; what is not known says so."""
    try:
        parts = memory_parts(sized, load)
    except Problem as problem:
        return f"memory: {problem.what}"
    told = ", ".join(f"{part.name} {part.gib:.1f}" for part in parts)
    return f"memory of each {sized.setup.accelerator.name}, GiB: {told}"


def why_out(model: ModelSizing) -> tuple[str, ...]:
    """Why the others are out, each reason with how many setups it holds for."""
    return tuple(
        f"{count} out: {reason}, such as {one.gpus}x {one.accelerator.name}" for reason, count, one in model.out
    )


def twin_commands(found: ProjectSizing, sized: Sized) -> tuple[str, ...]:
    """The command lines that size this model and explain this option."""
    setup, load = sized.setup, found.load
    explain = [setup.card.id, "--on", f"{setup.gpus}x {setup.accelerator.name}", "--engine", setup.engine.value]
    if setup.precision is not None:
        explain += ["--precision", setup.precision.value]
    if setup.quantisation is not None:
        explain += ["--quantisation", setup.quantisation]
    if setup.kv_dtype is KvDtype.FP8:
        explain += ["--kv-dtype", "fp8"]
    explain += ["--input", f"{load.input_tok:g}", "--output", f"{load.output_tok:g}"]
    explain += ["--concurrency", str(sized.in_flight), "--cached", f"{load.prefix_share:.4g}"]
    return (
        shlex.join(["maquette", "capacity", "size", setup.card.id]),
        shlex.join(["maquette", "capacity", "explain", *explain]),
    )


def owned_words(own: OwnSizing) -> str:
    """How many of the own machines it takes, or why they do not do."""
    name = own.machines.accelerator.name
    if own.sized is None:
        return f"your {own.machines.owned} {name}: {own.reason}"
    needed, owned = own.sized.gpus, own.machines.owned
    if own.enough:
        return f"{needed} of your {owned} {name}"
    return f"{needed}x {name}, you have {owned}"


def _own_words(model: ModelSizing) -> Iterator[str]:
    if model.own is not None and not model.own.enough:
        yield owned_words(model.own)
    if model.device is not None and model.device.sized is None:
        yield f"on the device: {model.device.reason}"


def _model_rows(model: ModelSizing, most: int) -> Iterator[SizingRow]:
    name = model.card.id
    if model.device is not None and model.device.sized is not None:
        one = model.device.sized
        memory = readable_count(one.setup.accelerator.memory_gb or 0)
        yield _row(model, one, f"{name} device", f"device, {memory} GB", "yours")
    if model.own is not None and model.own.sized is not None:
        price = "yours" if model.own.enough else "too few"
        yield _row(model, model.own.sized, f"{name} own", owned_words(model.own), price)
    for one in model.rented.options[:most]:
        machine = f"{one.gpus}x {one.setup.accelerator.name}"
        key = f"{name} {one.setup.accelerator.name} {one.settings.precision} {one.setup.engine}"
        yield _row(model, one, key, machine, readable_usd(one.usd_per_month) + "*" * one.pareto)
    if model.best is None:
        reason, count, _ = next(iter(model.out), ("no accelerator is known", 0, None))
        cells = (name, f"none: {reason} ({count})", *("" for _ in HEADINGS[2:]))
        yield SizingRow(key=f"{name} none", cells=cells, model=model, sized=None)


def _row(model: ModelSizing, one: Sized, key: str, machine: str, price: str) -> SizingRow:
    several = f" ({one.replicas_low}-{one.replicas_high})" if one.replicas_low < one.replicas_high else ""
    numbers = f", {one.settings.precision}" if one.settings.precision != "as published" else ""
    cells = (
        model.card.id,
        f"{machine}{numbers}",
        f"{one.replicas}{several}+{one.spare} of {one.setup.gpus}",
        price,
        str(one.in_flight),
        _figure(1000 * one.ttft_s.value),
        _figure(1000 * one.tpot_s.value),
        _figure(one.p95_s),
        one.binds,
    )
    return SizingRow(key=key, cells=cells, model=model, sized=one)


def _figure(value: float) -> str:
    """Three digits, and whole numbers from a hundred on."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def load_words(load: Demand) -> str:
    """The load as the origin of a setting."""
    rate = _figure(load.rate_per_s)
    return f"{rate} requests/s, {load.input_tok:g} + {load.output_tok:g} tokens, the longest {load.longest_tok}"
