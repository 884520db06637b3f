"""What `--json` prints, as types: the contract with scripts. The JSON Schemas in the catalog are made from these.

A field may be added; none is renamed or removed without a new major version. Money is text with exact decimals.
"""

from typing import Any, NotRequired

from typing_extensions import TypedDict

from maquette.cli.capacity.explain_data import ExplainData
from maquette.cli.capacity.fits_data import FitsData
from maquette.cli.capacity.measuring_contracts import BenchData, CalibrateData
from maquette.cli.capacity.size_data import SizingData
from maquette.cli.capacity.validate_data import ShippedData, ValidateData
from maquette.cli.catalog import contracts as catalog
from maquette.cli.catalog import knowledge_contracts as knowledge
from maquette.cli.catalog.check_data import CheckData
from maquette.cli.catalog.price_data import PriceData
from maquette.cli.catalog.refresh_data import RefreshData
from maquette.cli.catalog.status_data import StatusData as CatalogStatusData
from maquette.cli.contract_parts import IntervalData, RangeData
from maquette.cli.cost import contracts as cost
from maquette.cli.cost.actuals_data import ActualsData, ActualsImportData
from maquette.cli.cost.currency_contract import CurrencyData
from maquette.cli.cost.feasibility_contract import FeasibilityData
from maquette.cli.cost.levers_contract import LeversData
from maquette.cli.cost.report_contract import CostReportData
from maquette.cli.cost.scenarios_contract import ScenariosData
from maquette.cli.deciding import contracts as deciding
from maquette.cli.evals.bless_data import EvalBlessData
from maquette.cli.evals.check_data import EvalCheckData
from maquette.cli.evals.compare_data import EvalCompareData
from maquette.cli.evals.gate_data import EvalGateData
from maquette.cli.evals.history_data import HistoryData
from maquette.cli.evals.quick_data import QuickData
from maquette.cli.evals.report_data import ReportData
from maquette.cli.examples import contracts as examples
from maquette.cli.shortlist import contracts as shortlist
from maquette.cli.shortlist.providers_data import ScorecardData


class StageData(TypedDict):
    """One stage of `maquette status`."""

    stage: str
    progress: str
    summary: str
    because: str
    next_command: str


class StatusData(TypedDict):
    """`maquette status --json`."""

    format: int
    name: str
    stages: list[StageData]
    stale: list[str]
    stale_records: list[deciding.StaleRecordData]
    conflicts: list[deciding.ConflictData]
    checklist: list[deciding.ReleaseItemData]


class CountedApartData(TypedDict):
    """What the plain rate of a target does not show."""

    weighted_score: float | None
    clusters: int | None
    must_pass: int
    must_pass_missed: list[str]
    scoring_usd: str | None
    tokens_per_correct: float | None


class TargetResultData(CountedApartData):
    """One target's results."""

    target: str
    planned: int
    done: int
    scored: int
    correct: int
    score: float | None
    interval: IntervalData | None
    verdict: str
    mean_scores: dict[str, float]
    by_stratum: dict[str, dict[str, int]]
    failures: dict[str, int]
    retried: int
    from_cache: int
    calls_made: int
    latency_s: dict[str, float] | None
    ttft_p50_s: float | None
    mean_input_tok: float | None
    mean_output_tok: float | None
    spent_usd: str | None
    throughput_per_s: float | None
    answered_at_once: int
    retries: int
    first_latency_s: dict[str, float] | None
    ttft_s: dict[str, float] | None
    tpot_s: dict[str, float] | None
    itl_p50_s: dict[str, float] | None
    itl_p95_s: dict[str, float] | None
    loop_lag_s: dict[str, float] | None
    clients: list[str]
    mean_reasoning_tok: float | None
    left_out: list[str]
    reused_usd: str | None
    warning: str


class RunData(TypedDict):
    """`maquette eval show --json` and `maquette eval run --json`."""

    format: int
    run: str
    state: str
    current: bool
    dataset: str
    prompt: str
    primary_metric: str
    threshold: float | None
    spent_usd: str
    results: list[TargetResultData]


class EstimateData(TypedDict):
    """`maquette eval estimate --json`.

    ``usd`` includes ``scoring_usd``, the cost of calls that metrics make, such as a judge's. ``minutes`` is null where
    the latency of a model that will be asked is not on record.
    """

    format: int
    calls: int
    cached: int
    examples: int
    input_tok: int
    output_tok: dict[str, int]
    usd: RangeData | None
    unpriced: list[str]
    needed_for_margin: int
    scoring_calls: int
    scoring_tok: dict[str, int] | None
    scoring_usd: RangeData | None
    minutes: dict[str, float] | None
    cap_usd: str | None


class OptionCostData(TypedDict):
    """One option over the horizon.

    ``in_ceiling_first_month_usd`` is of the lines that count against the budget; null where all do.
    """

    option: str
    usd_per_request: str | None
    usd_per_right_answer: RangeData | None
    first_month_usd: RangeData | None
    in_ceiling_first_month_usd: RangeData | None
    last_month_usd: RangeData | None
    total_usd: RangeData | None
    over_budget_from: int | None
    unpriced: list[str]
    flip: list[str]


class AssumptionData(TypedDict):
    """An input that nobody measured or required."""

    name: str
    value: str
    low: str
    high: str
    source: str


class CostLineData(TypedDict):
    """One line of one month of one option."""

    option: str
    month: int
    group: str
    name: str
    quantity: RangeData
    unit: str
    usd_per_unit: str
    amount_usd: RangeData
    price_key: str
    source: str


class CostData(TypedDict):
    """`maquette cost --json`; ``lines`` with --lines, ``drawn`` where the costs were drawn.

    ``left_out`` is what the design has and nobody can price yet; ``currency`` is null while amounts are wanted in
    dollars alone.
    """

    format: int
    horizon_months: int
    budget_usd_month: str | None
    prices_as_of: str
    options: list[OptionCostData]
    assumptions: list[AssumptionData]
    left_out: list[str]
    currency: CurrencyData | None
    lines: list[CostLineData]
    drawn: NotRequired[cost.DrawnData]


class WhatIfData(TypedDict):
    """`maquette cost --if NAME=VALUE --json`; ``kept`` says whether the answers were written."""

    format: int
    changes: dict[str, Any]
    before: CostData
    after: CostData
    differences: list[cost.DifferenceData]
    kept: bool


class UnknownRuleData(TypedDict):
    """A rule that waits for facts."""

    id: str
    needs: list[str]


class RulesData(TypedDict):
    """Every rule of the base, once."""

    fired: list[str]
    unknown: list[UnknownRuleData]
    not_fired: list[str]


class SlotData(TypedDict):
    """One architectural choice that the rules propose values for."""

    value: Any
    proposals: dict[str, list[str]]
    conflict: bool


class FindingData(TypedDict):
    """One fired rule in words."""

    id: str
    area: str
    strength: str
    recommend: str
    rationale: str
    sources: list[str]
    overturn: str
    conflict: str | None
    overridden_by: str | None


class OpenQuestionData(TypedDict):
    """A fact that is unknown and how to learn it."""

    fact: str
    how: str
    ask: str
    rules: list[str]
    weight: int
    could_change: list[str]


class ChoiceData(TypedDict):
    """What was decided."""

    model: str
    fallback: str | None
    because: str
    status: str
    unevaluated_because: str | None
    decided_on: str
    signed_by: str | None
    signed_on: str | None


class OptionData(TypedDict):
    """One option, with what speaks for and against it."""

    model: str
    for_it: list[str]
    against_it: list[str]


class DecisionData(deciding.DecisionMoreData):
    """`maquette decide --json`. ``derived`` maps the derived facts that are known to their values."""

    format: int
    derived: dict[str, float | str | bool]
    rules: RulesData
    slots: dict[str, SlotData]
    findings: list[FindingData]
    choice: ChoiceData | None
    recommended: str | None
    no_recommendation: str | None
    options: list[OptionData]
    reasons: list[str]
    flips: list[str]
    open_questions: list[OpenQuestionData]
    blocking: list[str]


class PlannedFileData(TypedDict):
    """One file of an export."""

    path: str
    state: str
    template: str


class ExportData(TypedDict):
    """`maquette export --json`; ``written`` is empty with --dry-run."""

    format: int
    out: str
    files: list[PlannedFileData]
    written: list[str]
    kept: list[str]


CONTRACTS: dict[str, type] = {
    "status": StatusData,
    "shortlist": shortlist.ShortlistData,
    "shortlist-why": shortlist.WhyData,
    "shortlist-compare": shortlist.ComparisonData,
    "shortlist-nearly": shortlist.NearlyData,
    "shortlist-roles": shortlist.RolesData,
    "shortlist-providers": ScorecardData,
    "eval-run": RunData,
    "eval-estimate": EstimateData,
    "eval-quick": QuickData,
    "eval-check": EvalCheckData,
    "eval-compare": EvalCompareData,
    "eval-bless": EvalBlessData,
    "eval-gate": EvalGateData,
    "eval-report": ReportData,
    "eval-history": HistoryData,
    "capacity-size": SizingData,
    "capacity-fits": FitsData,
    "capacity-explain": ExplainData,
    "capacity-validate": ValidateData,
    "capacity-accuracy": ShippedData,
    "capacity-calibrate": CalibrateData,
    "capacity-bench": BenchData,
    "cost": CostData,
    "cost-what-if": WhatIfData,
    "cost-actuals": ActualsData,
    "cost-actuals-import": ActualsImportData,
    "cost-check": cost.BudgetCheckData,
    "cost-diff": cost.DiffData,
    "cost-feasibility": FeasibilityData,
    "cost-flips": cost.FlipsData,
    "cost-levers": LeversData,
    "cost-report": CostReportData,
    "cost-scenarios": ScenariosData,
    "decide": DecisionData,
    "decide-compare": deciding.CompareData,
    "rules-list": deciding.RulesListData,
    "rules-explain": deciding.ExplainData,
    "rules-why-not": deciding.WhyNotData,
    "rules-facts": deciding.FactsData,
    "export": ExportData,
    "data-audit": examples.AuditData,
    "data-import": examples.ImportData,
    "catalog-price": PriceData,
    "catalog-show": catalog.CardData,
    "catalog-kv": catalog.KvData,
    "catalog-weights": catalog.WeightsData,
    "catalog-hardware": catalog.HardwareData,
    "catalog-hardware-name": catalog.NamedAcceleratorData,
    "catalog-hardware-machine": catalog.MachineData,
    "catalog-servers": catalog.ServersData,
    "catalog-files": catalog.FilesData,
    "catalog-providers": knowledge.ProvidersData,
    "catalog-tools": knowledge.ToolsData,
    "catalog-roles": knowledge.RolesData,
    "catalog-status": CatalogStatusData,
    "catalog-refresh": RefreshData,
    "catalog-check": CheckData,
}
"""The contract of each command that prints data; what prints several forms has several."""


def contract_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one contract."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(CONTRACTS[name]).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
