"""What a prediction is asked about: a model on accelerators behind an engine, the load on it, and what comes out."""

from dataclasses import dataclass
from enum import StrEnum

from maquette.catalog.attention import KvDtype
from maquette.catalog.cards import ModelCard
from maquette.catalog.hardware import Accelerator


class Engine(StrEnum):
    """The program that serves."""

    VLLM = "vLLM"
    SGLANG = "SGLang"
    TENSORRT_LLM = "TensorRT-LLM"
    LLAMA_CPP = "llama.cpp"


class Precision(StrEnum):
    """In which numbers the weights are multiplied and kept, as serving engines name them."""

    BF16 = "bf16"
    FP8 = "fp8"
    FP4 = "fp4"
    INT8 = "int8"
    INT4 = "int4"


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    """One replica.

    Attributes:
        card: An open model; its ``weights`` say the shape.
        gpus: Accelerators of the replica, all parallelism counted.
        tensor_parallel: Accelerators that share every layer.
        expert_parallel: Accelerators over which the routed experts are spread; 1 where tensor parallelism splits them.
        data_parallel: Copies of the attention layers inside the replica.
        pipeline_parallel: Stages of layers, one after another.
        precision: Of the weights; None takes what the model is published in.
        quantisation: The exact format where one is known, such as "Q4_K_M"; it decides the bytes.
        kv_dtype: In which numbers the cache is kept.
        machines: Machines over which the replica is spread; more than one takes the network.
    """

    card: ModelCard
    accelerator: Accelerator
    engine: Engine
    gpus: int = 1
    tensor_parallel: int = 1
    expert_parallel: int = 1
    data_parallel: int = 1
    pipeline_parallel: int = 1
    precision: Precision | None = None
    quantisation: str | None = None
    kv_dtype: KvDtype = KvDtype.BF16
    speculative: bool = False
    machines: int = 1


class LoadKind(StrEnum):
    """How requests come."""

    CONCURRENCY = "concurrency"
    RATE = "rate"
    OFFLINE = "offline"


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """The requests on one replica.

    Attributes:
        input_tok: Mean tokens of a prompt.
        output_tok: Mean tokens of an answer.
        kind: A fixed number of requests in flight (closed loop), a rate of arrivals (open loop), or all at once.
        concurrency: Requests in flight, for ``CONCURRENCY``.
        rate_per_s: Requests a second, for ``RATE``.
        prefix_share: The share of the prompt that a prefix cache answers.
        requests: For ``OFFLINE``: how many there are; None where they never end.
        ttft_most_s: For ``OFFLINE``: only as many at a time as keep the first token within this; None promises nothing.
        tpot_most_s: The same for the time between tokens.
    """

    input_tok: float
    output_tok: float
    kind: LoadKind
    concurrency: float | None = None
    rate_per_s: float | None = None
    prefix_share: float = 0.0
    requests: int | None = None
    ttft_most_s: float | None = None
    tpot_most_s: float | None = None


class Metric(StrEnum):
    """What is predicted; names as in published measurements."""

    TPOT = "tpot"
    TTFT = "ttft"
    OUTPUT_THROUGHPUT = "output_throughput"
    REQUEST_THROUGHPUT = "request_throughput"
    DECODE_RATE = "decode_rate"
    PREFILL_RATE = "prefill_rate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Banded:
    """A predicted figure with its 80 % interval: seconds for times, tokens or requests a second for rates."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """One step of a prediction as an engineer checks it by hand."""

    name: str
    value: float
    unit: str
    formula: str
    binds: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """What one replica does under a load; a metric that does not apply is absent.

    Attributes:
        batch: Requests that are decoded together, the fixed point of the load.
        terms: The steps, in order.
        new: What is new to the calibration and widens the interval: "model", "accelerator", "engine".
        notes: What else a reader must know, such as a rate that the replica cannot keep up with.
    """

    setup: Setup
    load: Load
    metrics: dict[Metric, Banded]
    batch: float
    terms: tuple[Term, ...]
    new: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
