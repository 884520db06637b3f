"""What `maquette catalog` prints of models and machines with `--json`, as types. Null is unknown, exact numbers text.

What price, status, refresh and check print stands beside the code that fills it.
"""

from typing_extensions import TypedDict


class KvGroupData(TypedDict):
    """Layers that keep alike."""

    kind: str
    what: str
    layers: int
    entries_per_layer: int
    bytes_per_entry: int
    bytes_per_sequence: int
    formula: str


class KvData(TypedDict):
    """`maquette catalog kv --json`; ``bytes_per_token`` is for each further token of a long sequence."""

    format: int
    model: str
    context_tok: int
    kv_dtype: str
    sequences: int
    bytes_per_token: int
    bytes_per_sequence: int
    gib_per_sequence: str
    gib_for_all_sequences: str
    groups: list[KvGroupData]
    formula: str
    source: str
    notes: list[str]


class SizeData(TypedDict):
    """The weights in one format."""

    format: str
    bits_per_weight: str
    bytes: int
    gib: str
    estimated: bool
    engine: str
    how: str
    source: str


class WeightsData(TypedDict):
    """`maquette catalog weights --json`; ``sizes`` is empty for a file, which is quantised already."""

    format: int
    model: str
    params_b: str | None
    active_params_b: str | None
    native_quantisation: str | None
    native_bytes: int | None
    file_bytes: int | None
    sizes: list[SizeData]
    source: str
    notes: list[str]


class FileData(TypedDict):
    """One GGUF file by its header."""

    model: str
    path: str | None
    architecture: str
    params_b: str | None
    active_params_b: str | None
    quantisation: str | None
    weight_bytes: int | None
    layers: int | None
    kv_heads: list[int]
    context_tok: int | None
    experts: int | None
    kv_bytes_per_token: int | None
    kv_bytes_at_context: int | None
    licence: str | None
    notes: list[str]


class FilesData(TypedDict):
    """`maquette catalog files --json`: the files that can be read, and what is wrong with the others."""

    format: int
    files: list[FileData]
    problems: list[dict[str, str | int | None]]


class RetentionData(TypedDict):
    """What the provider keeps, and its agreement."""

    days: int | None
    source: str | None
    zero_retention: bool | None
    baa: bool | None


class CardPriceData(TypedDict):
    """A price in USD for one ``unit``; ``key`` is the price map's name of it."""

    what: str
    usd: str
    unit: str
    key: str
    source: str


class CardPricesData(TypedDict):
    """The prices in force and the day on which they were read."""

    as_of: str | None
    lines: list[CardPriceData]


class ShapeData(TypedDict):
    """An open model's shape."""

    params_b: str | None
    active_params_b: str | None
    layers: int | None
    hidden: int | None
    vocabulary: int | None
    experts: int | None
    experts_per_tok: int | None
    attention: str | None
    native_quantisation: str | None
    kv_bytes_per_token: int | None
    file_bytes: int | None
    licence: str | None


class LicenceData(TypedDict):
    """A licence; ``commercial`` is "yes", "no" or "conditions"."""

    id: str
    name: str
    commercial: str | None
    clauses: list[str]
    source: str | None


class ClaimData(TypedDict):
    """A score that somebody published."""

    benchmark: str
    value: str
    source: str


class CardData(TypedDict):
    """`maquette catalog show MODEL --json`; ``sources`` are those of single fields."""

    format: int
    model: str
    provider: str
    hosting: str
    mode: str
    path: str | None
    context_tok: int | None
    max_output_tok: int | None
    vector_dims: int | None
    min_cacheable_tok: int | None
    limit_rpm: int | None
    limit_tpm: int | None
    capabilities: dict[str, bool | None]
    regions: list[str]
    retention: RetentionData
    rejected_parameters: list[str]
    retires_on: str | None
    days_left: int | None
    prices: CardPricesData | None
    weights: ShapeData | None
    licence: LicenceData | None
    claims: list[ClaimData]
    source: str
    sources: dict[str, str]
    notes: list[str]


class OfferData(TypedDict):
    """What one cloud asks for an accelerator, in USD."""

    provider: str
    instance: str
    gpus_per_instance: int
    usd_per_gpu_hour: str
    usd_per_hour: str
    commitment: str
    region: str | None
    as_of: str | None
    old: bool
    source: str


class AcceleratorData(TypedDict):
    """One accelerator with all offers; TFLOPS are dense."""

    name: str
    aliases: list[str]
    memory_gb: str | None
    bandwidth_gb_per_s: str | None
    bf16_tflops: str | None
    fp8_tflops: str | None
    fp4_tflops: str | None
    tdp_w: str | None
    interconnect: str | None
    unified_memory: bool
    source: str
    cheapest_on_demand: OfferData | None
    offers: list[OfferData]


class NamedAcceleratorData(AcceleratorData):
    """`maquette catalog hardware NAME --json`."""

    format: int


class HardwareData(TypedDict):
    """`maquette catalog hardware --json`."""

    format: int
    accelerators: list[AcceleratorData]


class FittedData(TypedDict):
    """Accelerators of one kind in a machine, the memory that of each one."""

    name: str
    count: int
    memory_gib: str | None
    memory_is_estimated: bool
    bandwidth_gb_per_s: str | None


class MachinePartsData(TypedDict):
    """One machine; ``simulated`` when somebody imagines it."""

    name: str
    simulated: bool
    cores: int | None
    memory_gib: str | None
    accelerators: list[FittedData]
    accelerator_memory_gib: str | None
    source: str


class PricedByData(TypedDict):
    """An offer that a machine's price is made of."""

    what: str
    source: str
    old: bool


class FindingData(TypedDict):
    """One thing that was looked for on this machine."""

    what: str
    found: bool
    detail: str
    fix: str


class MachineData(TypedDict):
    """`maquette catalog hardware --as-if MACHINE --json`, and ``--this-machine``, which has findings and no price."""

    format: int
    machine: MachinePartsData
    usd_per_hour: str | None
    usd_per_month: str | None
    hours_per_month: str
    priced_by: list[PricedByData]
    unpriced: list[str]
    findings: list[FindingData]


class ServedModelData(TypedDict):
    """A model that a server serves; ``capabilities`` has only those that the server states."""

    id: str
    name: str
    mode: str
    context_tok: int | None
    quantisation: str | None
    parameters: str | None
    state: str | None
    capabilities: dict[str, bool]
    notes: list[str]
    source: str


class ServerData(TypedDict):
    """One running server."""

    address: str
    engine: str
    models: list[ServedModelData]


class ServersData(TypedDict):
    """`maquette catalog servers --json`; ``asked`` has every address."""

    format: int
    asked: list[str]
    servers: list[ServerData]
    problems: list[dict[str, str | int | None]]
