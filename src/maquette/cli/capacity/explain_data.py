"""A prediction as data and as rows."""

from collections.abc import Iterator

from typing_extensions import TypedDict

from maquette.capacity.setup import Banded, Metric, Prediction, Setup
from maquette.cli.contract_parts import FORMAT

METRIC_HEADINGS = ["figure", "value", "80 % interval", "unit"]
TERM_HEADINGS = ["step", "value", "unit", "formula"]

NAMES = {
    Metric.TTFT: ("TTFT", "ms", 1000.0),
    Metric.TPOT: ("TPOT", "ms", 1000.0),
    Metric.OUTPUT_THROUGHPUT: ("output", "tok/s", 1.0),
    Metric.REQUEST_THROUGHPUT: ("requests", "1/s", 1.0),
    Metric.DECODE_RATE: ("decode of one sequence", "tok/s", 1.0),
    Metric.PREFILL_RATE: ("prefill", "tok/s", 1.0),
}


class BandedData(TypedDict):
    """A figure with its 80 % interval: seconds, or tokens or requests a second."""

    value: float
    low: float
    high: float


class TermData(TypedDict):
    """One step."""

    name: str
    value: float
    unit: str
    formula: str
    binds: bool


class SetupData(TypedDict):
    """One replica."""

    model: str
    accelerator: str
    engine: str
    gpus: int
    tensor_parallel: int
    data_parallel: int
    precision: str | None
    quantisation: str | None
    kv_dtype: str


class ExplainData(TypedDict):
    """`maquette capacity explain --json`."""

    format: int
    setup: SetupData
    metrics: dict[str, BandedData]
    batch: float
    terms: list[TermData]
    new: list[str]
    notes: list[str]


def explain_data(found: Prediction) -> ExplainData:
    """The prediction."""
    return {
        "format": FORMAT,
        "setup": setup_data(found.setup),
        "metrics": {metric.value: banded_data(band) for metric, band in found.metrics.items()},
        "batch": found.batch,
        "terms": [
            {"name": one.name, "value": one.value, "unit": one.unit, "formula": one.formula, "binds": one.binds}
            for one in found.terms
        ],
        "new": list(found.new),
        "notes": list(found.notes),
    }


def setup_data(setup: Setup) -> SetupData:
    """The replica."""
    return {
        "model": setup.card.id,
        "accelerator": setup.accelerator.name,
        "engine": setup.engine.value,
        "gpus": setup.gpus,
        "tensor_parallel": setup.tensor_parallel,
        "data_parallel": setup.data_parallel,
        "precision": None if setup.precision is None else setup.precision.value,
        "quantisation": setup.quantisation,
        "kv_dtype": setup.kv_dtype.value,
    }


def banded_data(band: Banded) -> BandedData:
    """The figure."""
    return {"value": band.value, "low": band.low, "high": band.high}


def metric_rows(found: Prediction) -> Iterator[tuple[str, ...]]:
    """The figures in the order of a reader's questions."""
    for metric, (name, unit, times) in NAMES.items():
        band = found.metrics.get(metric)
        if band is not None:
            low, value, high = (figure(times * number) for number in (band.low, band.value, band.high))
            yield name, value, f"{low} - {high}", unit


def term_rows(found: Prediction) -> Iterator[tuple[str, ...]]:
    """The steps; what binds is marked."""
    for one in found.terms:
        yield one.name + (" (binds)" if one.binds else ""), figure(one.value), one.unit, one.formula


def figure(number: float) -> str:
    """Three significant digits below a thousand, whole numbers with thousands apart from there on."""
    if abs(number) >= 1000:
        return f"{number:,.0f}"
    return f"{number:.3g}" if abs(number) < 1 else f"{number:.{max(0, 3 - len(str(int(abs(number)))))}f}"
