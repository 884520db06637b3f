"""Which replica a benchmark's run was measured on: what the options say, and else what the result itself says."""

from dataclasses import dataclass
from pathlib import Path

from maquette.adapters.benchmark_files import ResultFile
from maquette.capacity.calibrating import ENGINES
from maquette.capacity.measured import Measured
from maquette.capacity.naming_accelerators import AcceleratorNames
from maquette.capacity.naming_loads import precision_in_name
from maquette.capacity.naming_models import ModelNames
from maquette.capacity.setup import Setup
from maquette.catalogs import load_accelerators, load_catalog
from maquette.cli.capacity.setup_options import setup_from
from maquette.foundation.problems import NotFound, Place
from maquette.foundation.wording import shown


@dataclass(frozen=True, kw_only=True, slots=True)
class SetupOptions:
    """What the options say of the replica; None leaves it to the result."""

    model: str | None
    machine: str | None
    engine: str | None
    precision: str | None
    quantisation: str | None
    kv_dtype: str
    tp: int | None
    project: Path


class SetupFinder:
    """Finds the replica of each run; the catalog is taken apart once for all of them."""

    def __init__(self, options: SetupOptions) -> None:
        self._options = options
        self._models = ModelNames(load_catalog(()).cards.values()) if options.model is None else None
        self._accelerators = AcceleratorNames(load_accelerators(options.project))

    def find(self, run: Measured, file: str) -> Setup:
        """The replica.

        Raises:
            NotFound: Neither the options nor the result name a model or an accelerator of the catalog.
            InvalidInput: What the options say makes no replica.
        """
        options, engine = self._options, ENGINES.get(run.tool)
        precision, quantisation = options.precision, options.quantisation
        if precision is None and quantisation is None and not (options.model or "").endswith(".gguf"):
            numbers, quantisation = precision_in_name(run.numbers or run.model or "")
            precision = None if numbers is None else numbers.value
        return setup_from(
            options.model or self._model(run, file),
            machine=options.machine or self._machine(run, file),
            engine=options.engine or (None if engine is None else engine.value),
            precision=precision,
            quantisation=quantisation,
            kv_dtype=options.kv_dtype,
            tp=options.tp,
            project=options.project,
        )

    def _model(self, run: Measured, file: str) -> str:
        assert self._models is not None
        card = None if run.model is None else self._models.find(run.model)
        if card is not None:
            return card.id
        said = "does not say its model" if run.model is None else f"was measured with {shown(run.model)}"
        raise NotFound(
            f"{run.where or 'the run'} {said}, and the catalog has no such open model",
            place=Place(file=file),
            fix="Name the model with --model, such as open/qwen3-8b, or its GGUF file.",
        )

    def _machine(self, run: Measured, file: str) -> str:
        """llama-bench names every accelerator; of several kinds nobody knows which did what."""
        names = [] if run.accelerator is None else [part.strip() for part in run.accelerator.split(",")]
        found = {name: self._accelerators.find(name) for name in names}
        kinds = {one.name for one in found.values() if one is not None}
        if len(kinds) == 1 and None not in found.values():
            return f"{len(names)}x {kinds.pop()}"
        said = "does not say its accelerator" if not names else f"was measured on {shown(run.accelerator or '')}"
        raise NotFound(
            f"{run.where or 'the run'} {said}, and no prediction is for that",
            place=Place(file=file),
            fix="Name the accelerators with --on, such as '2x H100-SXM 80GB'.",
        )


def place_of(file: ResultFile, run: Measured) -> str:
    """The run in its file, for people."""
    return f"{file.source.rpartition(' ')[0]} {run.where}".strip()
