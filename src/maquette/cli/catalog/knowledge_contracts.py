"""What `maquette catalog providers`, `tools` and `roles` print with `--json`, as types. Null is unknown."""

from typing import Generic, TypeVar

from typing_extensions import TypedDict

Value = TypeVar("Value")


class FactData(TypedDict, Generic[Value]):
    """One fact, what to mind, and the page that states it with its day."""

    source: str
    as_of: str
    value: Value
    note: str | None


class OfferedData(FactData[str]):
    """The value is "yes", "on request" or "no"; ``except_for`` has parts of the model ids that it leaves out."""

    except_for: list[str]


class RegionsData(FactData[list[str]]):
    """Where data can be kept; ``partial`` when there are more regions than the page names."""

    partial: bool


class TuningData(TypedDict):
    """A family of models that can be fine-tuned."""

    source: str
    as_of: str
    family: str
    models: list[str]
    methods: list[str]
    note: str | None
    last_jobs: str | None
    last_day: str | None


class RetiredData(TypedDict):
    """A product that is gone or will be."""

    source: str
    as_of: str
    product: str
    ids: list[str]
    last_day: str | None
    replacement: str | None


class ProviderData(TypedDict):
    """One provider; ``models`` counts those in the catalog, ``old`` names the facts that were read long ago."""

    name: str
    title: str
    covers: list[str]
    key_variable: str | None
    seat: FactData[str] | None
    regions: RegionsData | None
    retention_days: FactData[int] | None
    zero_retention: OfferedData | None
    trains_on_data: FactData[bool] | None
    baa: OfferedData | None
    uptime: FactData[str] | None
    batch: FactData[bool] | None
    families: FactData[list[str]] | None
    tunes: FactData[str] | None
    tuning: list[TuningData]
    prices: str | None
    status: str | None
    retired: list[RetiredData]
    notes: list[FactData[str]]
    models: int
    old: list[str]


class ProvidersData(TypedDict):
    """`maquette catalog providers --json`; with NAME that one alone."""

    format: int
    providers: list[ProviderData]


class EngineData(TypedDict):
    """What a serving engine does."""

    quantisations: list[str]
    paged_kv_cache: bool | None
    continuous_batching: bool | None
    families: list[str]


class ToolData(TypedDict):
    """One tool; ``old`` when its page was read long ago."""

    name: str
    purposes: list[str]
    about: str
    status: str | None
    status_note: str | None
    replaced_by: str | None
    licence: str | None
    engine: EngineData | None
    source: str
    as_of: str
    old: bool


class ToolsData(TypedDict):
    """`maquette catalog tools --json`."""

    format: int
    tools: list[ToolData]


class PassedOverData(TypedDict):
    """A model that does not fill a place, and whether it is gone."""

    id: str
    why: str
    gone: bool


class FilledData(TypedDict):
    """Who fills a place; ``model`` is null when nobody does, ``asked`` is who older guidance names."""

    model: str | None
    limits: str
    asked: PassedOverData | None
    skipped: list[PassedOverData]


class RoleData(FilledData):
    """One role."""

    name: str
    about: str
    source: str
    as_of: str


class TripleData(TypedDict):
    """A task's primary, fallback and budget model."""

    task: str
    places: dict[str, FilledData]
    source: str
    as_of: str


class RolesData(TypedDict):
    """`maquette catalog roles --json`, on that day."""

    format: int
    on: str
    roles: list[RoleData]
    triples: list[TripleData]
