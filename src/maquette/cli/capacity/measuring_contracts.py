"""What `maquette capacity calibrate` and `bench` print with `--json`, as types. Null is unknown."""

from typing_extensions import TypedDict

from maquette.cli.capacity.explain_data import BandedData, SetupData


class LoadData(TypedDict):
    """What was sent; ``kind`` is "concurrency", "rate" or "offline"."""

    kind: str
    input_tok: float
    output_tok: float
    concurrency: float | None
    rate_per_s: float | None


class ComparedData(TypedDict):
    """A measured figure beside its prediction: seconds, or tokens or requests a second."""

    metric: str
    measured: float
    predicted: BandedData
    ratio: float
    inside: bool


class CalibratedRunData(TypedDict):
    """One run of a result file; ``where`` is its place in the file."""

    source: str
    where: str
    tool: str
    setup: SetupData
    load: LoadData
    compared: list[ComparedData]


class LeftOutData(TypedDict):
    """A run that nothing is predicted for."""

    source: str
    where: str
    reason: str


class FactorData(TypedDict):
    """What one metric's prediction is multiplied by; null before is 1, null after is a factor that goes."""

    engine: str
    accelerator: str
    metric: str
    before: float | None
    after: float | None
    measured_ratio: float | None
    measurements: int
    interval_width: float | None


class CalibrateData(TypedDict):
    """`maquette capacity calibrate --json`."""

    format: int
    runs: list[CalibratedRunData]
    left_out: list[LeftOutData]
    factors: list[FactorData]
    file: str
    written: bool


class SpreadData(TypedDict):
    """The median of some requests, and the tenth and ninetieth percentile."""

    median: float
    p10: float
    p90: float
    count: int


class BenchLevelData(TypedDict):
    """So many requests at once; ``prediction`` maps the metrics that are predicted for it."""

    concurrency: int
    planned: int
    completed: int
    failed: int
    wall_s: float
    input_tok: float | None
    output_tok: float | None
    cached_tok: float | None
    ttft_s: SpreadData | None
    tpot_s: SpreadData | None
    latency_s: SpreadData | None
    prefill_tok_per_s: SpreadData | None
    decode_tok_per_s: SpreadData | None
    output_tok_per_s: float | None
    requests_per_s: float
    prediction: dict[str, BandedData]
    compared: list[ComparedData]


class MemoryBoundData(TypedDict):
    """What this machine's memory allows a model on its processors: an estimate, not a fitted prediction."""

    bandwidth_gb_per_s: float
    bytes_per_token: float
    decode_tok_per_s: BandedData


class BenchData(TypedDict):
    """`maquette capacity bench --json`; ``state`` is "finished", "interrupted" or "broken"."""

    format: int
    state: str
    model: str
    where: str
    asked_input_tok: int
    asked_output_tok: int
    setup: SetupData | None
    levels: list[BenchLevelData]
    memory_bound: MemoryBoundData | None
    notes: list[str]
    factors: list[FactorData]
    written: bool
