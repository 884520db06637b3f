"""What the commands under `maquette shortlist` print with `--json`, as types."""

from typing_extensions import TypedDict

from maquette.cli.contract_parts import RangeData


class QualityData(TypedDict):
    """A score as a fraction of one and where it comes from."""

    value: float
    kind: str
    source: str


class CandidateData(TypedDict):
    """One model that is not excluded."""

    id: str
    provider: str
    hosting: str
    fit: str
    unverified: list[str]
    usd_per_request: str | None
    usd_per_month: RangeData | None
    quality: QualityData | None
    context_tok: int | None
    on_front: bool
    dominated_by: str | None
    cautions: list[str]
    chosen: bool


class ExclusionData(TypedDict):
    """One model that is out, and the first filter that it fails."""

    id: str
    filter: str
    detail: str


class NearData(TypedDict):
    """One requirement changed: ``fit`` of the ``models`` then meet everything that is stated; numbers as text."""

    requirement: str
    present: str | bool | list[str]
    proposed: str | bool | list[str]
    models: list[str]
    fit: int
    duty: bool


class NearlyData(TypedDict):
    """`maquette shortlist nearly --json`, the most useful change first."""

    format: int
    nearly: list[NearData]


class ReasonData(TypedDict):
    """One requirement against one card; ``met`` is "met", "not met" or "not known"."""

    filter: str
    wants: str
    says: str
    met: str
    detail: str
    source: str


class WhyData(TypedDict):
    """`maquette shortlist why MODEL --json`; ``excluded_by`` is the first filter that it fails."""

    format: int
    id: str
    excluded_by: str | None
    reasons: list[ReasonData]
    usd_per_request: str | None
    usd_per_month: RangeData | None
    dominated_by: str | None
    cautions: list[str]
    notes: list[str]
    nearly: list[NearData]


class RowData(TypedDict):
    """One field side by side; ``values`` in the order of the models."""

    field: str
    values: list[str]
    differs: bool


class BeatData(TypedDict):
    """``winner`` beats ``loser`` on cost and quality, on that yardstick."""

    winner: str
    loser: str
    on: str


class ComparisonData(TypedDict):
    """`maquette shortlist compare A B --json`; ``lacks`` maps a model to the filters it fails and why."""

    format: int
    models: list[str]
    rows: list[RowData]
    lacks: dict[str, dict[str, str]]
    unsaid: dict[str, list[str]]
    beats: list[BeatData]


class RoleData(TypedDict):
    """Who plays a role; ``model`` is null when nobody fits, and ``because`` says why."""

    role: str
    model: str | None
    rule: str
    because: str
    runners_up: list[str]


class DiversityData(TypedDict):
    """What fails together; ``takes_all`` is the provider whose outage takes all of them down."""

    by_host: dict[str, list[str]]
    makers: list[str]
    takes_all: str | None


class RolesData(TypedDict):
    """`maquette shortlist roles --json`; ``diversity`` is that of the chosen models, or of the roles."""

    format: int
    roles: list[RoleData]
    diversity_of: str
    diversity: DiversityData


class ShortlistData(TypedDict):
    """`maquette shortlist --json`: ``candidates`` and ``excluded`` together are the catalog.

    ``matching`` holds the ids that the filter line keeps, in its order; ``basis`` is "project" or "catalog".
    """

    format: int
    catalog: int
    prices_as_of: str
    funnel: dict[str, int]
    candidates: list[CandidateData]
    excluded: list[ExclusionData]
    chosen: list[str]
    basis: str
    filter: str
    matching: list[str]
    unchecked: list[str]
    nearly: list[NearData]
