"""What a user says under ``cost:`` of maquette.yaml, as plain values: None is always "nobody said so"."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from maquette.cost.calendar import EVERY_MONTH_ALIKE
from maquette.foundation.units import Usd

NONE = "none"
"""The name that takes a service or a model out of the design."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CurrencySetting:
    """A currency to show amounts in, with what one of it costs in dollars on a day."""

    code: str
    usd_per_unit: Decimal
    as_of: date


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceChangeSetting:
    """From ``since`` the prices of ``of``, a provider or a model, are ``percent`` higher; below zero is lower."""

    since: date
    percent: Decimal
    of: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceTrendSetting:
    """What the prices of all models do in a year, in percent, in the three cases."""

    low: Decimal
    expected: Decimal
    high: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class CommitmentSetting:
    """A share that is paid for in advance, with a discount (a fraction) or a price an hour of its own."""

    share: Decimal
    months: int
    discount: Decimal | None = None
    usd_per_hour: Usd | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvisionedSetting:
    """A model's capacity in units by the hour; a unit bears either tokens a minute or requests a second."""

    model: str
    usd_per_unit_hour: Usd
    tok_per_min_per_unit: Decimal | None = None
    requests_per_s_per_unit: Decimal | None = None
    output_weight: Decimal = Decimal(1)
    min_units: int = 1
    step_units: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class EnsembleSetting:
    """Models that answer every request, several times where named so, and the one that decides."""

    models: tuple[str, ...]
    judge: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RetrievalSettings:
    """The index of the knowledge. ``overlap`` and ``churn_share_month`` are fractions."""

    embedding_model: str | None = None
    chunk_tok: int | None = None
    overlap: Decimal | None = None
    vector_store: str | None = None
    rerank: str | None = None
    candidates: int | None = None
    churn_share_month: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class GuardrailSettings:
    """The services, or models, that filter requests and answers."""

    input: str | None = None
    output: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LoggingSettings:
    """Where the logs go, and how large they were measured to be."""

    service: str | None = None
    gib_per_million_requests: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluationCostSettings:
    """How often the design is evaluated again, with how many examples, and who judges."""

    examples: int | None = None
    runs_per_month: Decimal | None = None
    judge_model: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FineTuningSettings:
    """The training of a model: ``training_tok`` are the examples' tokens once through, ``gpu_hours`` one training's."""

    service: str | None = None
    model: str | None = None
    training_tok: int | None = None
    epochs: int | None = None
    runs: int | None = None
    gpu_hours: Decimal | None = None
    usd_per_gpu_hour: Usd | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleSettings:
    """Working hours; zero is an answer, None is none."""

    build_hours: Decimal | None = None
    upkeep_hours_month: Decimal | None = None
    migration_hours: Decimal | None = None

    @property
    def engineering_included(self) -> bool:
        """Whether both the hours until it is in use and the hours from then on are said."""
        return self.build_hours is not None and self.upkeep_hours_month is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class CostSettings:
    """Everything under ``cost:``.

    Attributes:
        launch: A day of the first month.
        season: Factors on an ordinary month's requests, January first.
        retrieval, guardrails, fine_tuning: None where the section is absent: then the answers decide whether the
            design has such a thing.
    """

    launch: date | None = None
    season: tuple[Decimal, ...] = EVERY_MONTH_ALIKE
    currency: CurrencySetting | None = None
    price_changes: tuple[PriceChangeSetting, ...] = ()
    price_trend: PriceTrendSetting | None = None
    commitments: tuple[CommitmentSetting, ...] = ()
    provisioned: ProvisionedSetting | None = None
    ensemble: EnsembleSetting | None = None
    retrieval: RetrievalSettings | None = None
    guardrails: GuardrailSettings | None = None
    logging: LoggingSettings = field(default_factory=LoggingSettings)
    evaluation: EvaluationCostSettings = field(default_factory=EvaluationCostSettings)
    fine_tuning: FineTuningSettings | None = None
    people: PeopleSettings = field(default_factory=PeopleSettings)
