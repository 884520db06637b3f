"""Options by which a user describes one replica: model, accelerators, engine, numbers, parallelism."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from maquette.foundation.problems import InvalidInput, NotFound, Place

if TYPE_CHECKING:
    from maquette.capacity.setup import Engine, Load, Setup
    from maquette.catalog.cards import ModelCard
    from maquette.catalog.hardware import Accelerator

Command = TypeVar("Command", bound=Callable[..., Any])

ENGINES = ("vLLM", "SGLang", "TensorRT-LLM", "llama.cpp")
PRECISIONS = ("bf16", "fp8", "fp4", "int8", "int4")

ENGINE_OPTION = click.option(
    "--engine",
    type=click.Choice(ENGINES, case_sensitive=False),
    help="What serves; else vLLM, and llama.cpp on chips that share the machine's memory.",
)
PRECISION_OPTION = click.option(
    "--precision", type=click.Choice(PRECISIONS), help="Of the weights; else what the model is published in."
)
_QUANTISATION = click.option("--quantisation", metavar="FORMAT", help="The exact format, such as Q4_K_M.")
_KV = click.option(
    "--kv-dtype", type=click.Choice(["bf16", "fp8"]), default="bf16", show_default=True, help="Of the KV cache."
)
_TP = click.option("--tp", type=click.IntRange(min=1), help="Accelerators that share every layer; else all of them.")
_ON = click.option(
    "--on", "machine", required=True, metavar="MACHINE", help="Accelerators of one replica, such as '2x H100-SXM 80GB'."
)


def load_command(command: Command) -> Command:
    """Give a command the options that describe the load on one replica."""
    tokens = click.FloatRange(min=0)
    for decorate in (
        click.option(
            "--cached", type=click.FloatRange(0, 1), default=0.0, help="Share of the prompt in a prefix cache."
        ),
        click.option("--offline", is_flag=True, help="All requests wait from the start."),
        click.option("--rate", type=click.FloatRange(min=0), metavar="PER_S", help="Requests a second that arrive."),
        click.option("--concurrency", type=click.FloatRange(min=0), metavar="N", help="Requests in flight; else 1."),
        click.option("--output", type=tokens, default=200.0, show_default=True, metavar="TOK", help="Of an answer."),
        click.option(
            "--input", "prompt", type=tokens, default=1000.0, show_default=True, metavar="TOK", help="Of a prompt."
        ),
    ):
        command = decorate(command)
    return command


def load_from(  # what the options say
    *, prompt: float, output: float, concurrency: float | None, rate: float | None, offline: bool, cached: float
) -> "Load":
    """The load that the options describe; one request in flight when they do not say.

    Raises:
        click.UsageError: Two of them exclude each other.
    """
    if sum((concurrency is not None, rate is not None, offline)) > 1:
        raise click.UsageError("--concurrency, --rate and --offline exclude each other.")
    from maquette.capacity.setup import Load, LoadKind

    kind = LoadKind.OFFLINE if offline else LoadKind.CONCURRENCY if rate is None else LoadKind.RATE
    return Load(
        input_tok=prompt,
        output_tok=output,
        kind=kind,
        concurrency=(1.0 if concurrency is None else concurrency) if kind is LoadKind.CONCURRENCY else None,
        rate_per_s=rate,
        prefix_share=cached,
    )


def open_card(name: str) -> "ModelCard":
    """The open model, or the file of one, that a name on the command line means; as people write it will do.

    Raises:
        NotFound: There is none, or nobody publishes its shape.
        InvalidInput: The file is no GGUF file.
    """
    from maquette.capacity.naming_models import ModelNames
    from maquette.catalogs import load_catalog
    from maquette.cli.catalog.named_model import known_weights, named_card

    try:
        card = named_card(name, open_first=True)
    except NotFound:
        meant = None if name.endswith(".gguf") else ModelNames(load_catalog().cards.values()).find(name)
        if meant is None:
            raise
        card = meant
    known_weights(card)
    return card


LOAD_OPTIONS = ("prompt", "output", "concurrency", "rate", "offline", "cached")


def setup_command(command: Command) -> Command:
    """Give a command MODEL and the options that describe one replica."""
    for decorate in (_TP, _KV, _QUANTISATION, PRECISION_OPTION, ENGINE_OPTION, _ON, click.argument("model")):
        command = decorate(command)
    return command


def setup_from(
    model: str,
    *,
    machine: str,
    engine: str | None = None,
    precision: str | None = None,
    quantisation: str | None = None,
    kv_dtype: str = "bf16",
    tp: int | None = None,
    project: Path | None = None,
) -> "Setup":
    """The replica that the options describe.

    Args:
        model: An open model's id, its name on a hub, or a path that ends in .gguf.
        machine: Accelerators as people write them, "2x L40S"; of one kind.
        engine: In any letter case.
        precision: A name of `PRECISIONS`.
        quantisation: A format such as "Q4_K_M".
        kv_dtype: "bf16" or "fp8".
        tp: Accelerators that share every layer; the others hold copies.
        project: Whose catalog files count too.

    Raises:
        NotFound: There is no such model.
        InvalidInput: The machine is not one or more accelerators of one kind, or ``tp`` does not divide their number.
    """
    from maquette.capacity.setup import Precision, Setup
    from maquette.catalog.attention import KvDtype

    spread = _spread(machine, tp, project or Path())
    here = spread["accelerator"].unified_memory or model.endswith(".gguf")
    return Setup(
        card=open_card(model),
        engine=engine_named(engine, otherwise="llama.cpp" if here else "vLLM"),
        precision=None if precision is None else Precision(precision),
        quantisation=quantisation,
        kv_dtype=KvDtype(kv_dtype),
        **spread,
    )


def engine_named(name: str | None, *, otherwise: str) -> "Engine":
    """The engine of that name in any letter case; ``otherwise`` where none is named."""
    from maquette.capacity.setup import Engine

    wanted = (name or otherwise).lower()
    return next(one for one in Engine if one.lower() == wanted)


def _spread(machine: str, tp: int | None, project: Path) -> dict[str, Any]:
    """The fields of a setup that say which accelerators, how many, and how many of them share every layer."""
    accelerator, gpus = accelerators_named(machine, project)
    width = gpus if tp is None else tp
    if gpus % width:
        raise InvalidInput(
            f"{width} does not divide {gpus} accelerators", place=Place(field="--tp"), fix="Give a divisor."
        )
    return {"accelerator": accelerator, "gpus": gpus, "tensor_parallel": width, "data_parallel": gpus // width}


def accelerators_named(machine: str, project: Path) -> "tuple[Accelerator, int]":
    """The kind of accelerator and how many of them; of a chip with shared memory the part that a model may use.

    Raises:
        InvalidInput: It is not one or more accelerators of one kind, or the machine of such a chip has no memory said.
    """
    from dataclasses import replace

    from maquette.catalog.machines import parse_machine
    from maquette.catalogs import load_accelerators

    fitted = parse_machine(machine, load_accelerators(project)).accelerators
    if len(fitted) != 1:
        raise InvalidInput(
            "a replica runs on accelerators of one kind", place=Place(field="--on"), fix="Write '2x H100-SXM 80GB'."
        )
    (one,) = fitted
    known = one.accelerator.memory_gb is not None or one.memory_gib is None
    return one.accelerator if known else replace(one.accelerator, memory_gb=one.memory_gib), one.count
