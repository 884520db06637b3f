"""Published measurements as questions that a prediction answers. Reading the file is an adapter's."""

from dataclasses import dataclass

from maquette.capacity.setup import Load, Metric, Setup


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One measurement of a points file, in our terms.

    Attributes:
        line: Of the file.
        family: Whose measurement.
        group: One configuration: points of a group never stand on both sides of a cross-validation.
        value: Seconds for times, tokens or requests a second of the whole replica for rates.
        assumed: What the row does not say and the mapping filled in: "accelerator", "parallelism", "input_tok".
    """

    line: int
    family: str
    group: str
    setup: Setup
    load: Load
    metric: Metric
    value: float
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """A row that cannot be asked, and why in a few words that many rows share."""

    line: int
    family: str
    metric: str
    model: str
    gpu: str
    reason: str
