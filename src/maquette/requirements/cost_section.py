"""The layout of ``cost:`` in maquette.yaml: when it starts, what a month is like, what is agreed, what is paid beside.

Everything is optional. Money and shares are plain numbers here; `maquette.adapters.project_files` makes them exact.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field

from maquette.requirements.layout import Entry, Text, iso_date

Day = Annotated[date, BeforeValidator(iso_date), Field(strict=True)]
LARGEST = 1e12
"""No amount, count or rate here is larger."""

SMALLEST = 1e-9
"""No rate or price that must not be zero is smaller."""

Amount = Annotated[float, Field(strict=True, ge=0, le=LARGEST)]
SeasonFactor = Annotated[float, Field(strict=True, ge=0, le=100)]
Positive = Annotated[float, Field(strict=True, ge=SMALLEST, le=LARGEST)]
Trend = Annotated[float, Field(strict=True, gt=-100, le=1000)]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
Count = Annotated[int, Field(strict=True, ge=1, le=int(LARGEST))]


class SeasonEntry(Entry):
    """How a calendar month's requests compare with an ordinary month's; 1 where a month is absent."""

    january: SeasonFactor | None = Field(default=None, description="Times an ordinary month's requests")
    february: SeasonFactor | None = Field(default=None, description="Times an ordinary month's requests")
    march: SeasonFactor | None = Field(default=None, description="Times an ordinary month's requests")
    april: SeasonFactor | None = Field(default=None, description="Times an ordinary month's requests")
    may: SeasonFactor | None = Field(default=None, description="Times an ordinary month's requests")
    june: SeasonFactor | None = Field(default=None, description="Times an ordinary month's requests")
    july: SeasonFactor | None = Field(default=None, description="Times an ordinary month's requests")
    august: SeasonFactor | None = Field(default=None, description="Times an ordinary month's requests")
    september: SeasonFactor | None = Field(default=None, description="Times an ordinary month's requests")
    october: SeasonFactor | None = Field(default=None, description="Times an ordinary month's requests")
    november: SeasonFactor | None = Field(default=None, description="Times an ordinary month's requests")
    december: SeasonFactor | None = Field(default=None, description="Times an ordinary month's requests")

    def factors(self) -> Iterator[tuple[int, float]]:
        """The months that are given, from 1, with their factors."""
        for number, name in enumerate(type(self).model_fields, 1):
            factor = getattr(self, name)
            if factor is not None:
                yield number, factor


class CurrencyEntry(Entry):
    """The currency that amounts are shown in beside dollars."""

    code: Annotated[Text, Field(pattern="^[A-Z]{3}$")] = Field(description="Three capital letters, such as EUR")
    usd_per_unit: Positive = Field(description="Dollars for one unit of it")
    as_of: Day = Field(description="The day of that rate")


class PriceChangeEntry(Entry):
    """A price that is known, or feared, to change."""

    since: Day = Field(description="The day from which it holds")
    percent: Annotated[float, Field(strict=True, ge=-100, le=1000)] = Field(
        description="By how much its prices change: -20 is a fifth less"
    )
    of: Text = Field(description="The provider or the model whose prices change")


class CommitmentEntry(Entry):
    """A share that is paid for in advance."""

    share: Share = Field(description="The share of the use that it covers")
    discount: Share | None = Field(default=None, description="What it takes off the price, as a fraction")
    usd_per_hour: Amount | None = Field(default=None, description="Its own price an hour, in place of a discount")
    months: Count = Field(description="How many months it runs")


class ProvisionedEntry(Entry):
    """A model's capacity that is rented in units by the hour instead of paid by the token."""

    model: Text = Field(description="The model that it serves")
    usd_per_unit_hour: Amount = Field(description="The price of one unit an hour")
    tok_per_min_per_unit: Positive | None = Field(default=None, description="Tokens a minute that one unit serves")
    requests_per_s_per_unit: Positive | None = Field(default=None, description="Or the requests a second")
    output_weight: Amount | None = Field(default=None, description="Input tokens that one of output counts for; or 1")
    min_units: Count | None = Field(default=None, description="The fewest units that are sold; 1 when absent")
    step_units: Count | None = Field(default=None, description="The step in which more are sold; 1 when absent")


class EnsembleEntry(Entry):
    """An option in which several models answer every request: each vote is one more call to pay."""

    models: Annotated[list[Text], Field(min_length=2)] = Field(
        description="Who votes on each request; a model that is named twice votes twice"
    )
    judge: Text | None = Field(default=None, description="The model that reads all answers; votes count when absent")


class PriceTrendEntry(Entry):
    """What the prices of all models do in a year, in percent; below zero they fall."""

    low: Trend = Field(description="Percent a year in the cheap case")
    expected: Trend = Field(description="Percent a year in the expected case")
    high: Trend = Field(description="Percent a year in the dear case")


class RetrievalEntry(Entry):
    """The index of the knowledge, and what a search in it takes."""

    embedding_model: Text | None = Field(default=None, description="The catalog id of the embedding model")
    chunk_tok: Count | None = Field(default=None, description="Tokens of one chunk")
    overlap: Annotated[float, Field(strict=True, ge=0, le=0.9)] | None = Field(
        default=None, description="The share of a chunk that the one before holds too"
    )
    vector_store: Text | None = Field(default=None, description="A vector store of the catalog's services")
    rerank: Text | None = Field(default=None, description="The catalog id of the rerank model, or none")
    candidates: Count | None = Field(default=None, description="Passages that are reranked for a request")
    churn_share_month: Share | None = Field(default=None, description="The share of the texts that changes in a month")


class GuardrailsEntry(Entry):
    """What filters the requests and the answers."""

    input: Text | None = Field(default=None, description="A guardrail service or model for requests, or none")
    output: Text | None = Field(default=None, description="A guardrail service or model for answers, or none")


class LoggingEntry(Entry):
    """Where the logs go."""

    service: Text | None = Field(default=None, description="A logging service of the catalog's, or none")
    gib_per_million_requests: Amount | None = Field(default=None, description="Measured size of the logs, in GiB")


class EvaluationCostEntry(Entry):
    """How often the design is evaluated again."""

    examples: Count | None = Field(default=None, description="Examples of one evaluation")
    runs_per_month: Amount | None = Field(default=None, description="Evaluations a month, after the first")
    judge_model: Text | None = Field(default=None, description="The catalog id of the model that judges, or none")


class FineTuningEntry(Entry):
    """The training of a model of one's own."""

    service: Text | None = Field(default=None, description="A training service of the catalog's")
    model: Text | None = Field(default=None, description="The model that is trained, for the record")
    training_tok: Count | None = Field(default=None, description="Tokens of the training examples, once through")
    epochs: Count | None = Field(default=None, description="How often the examples are gone through")
    runs: Count | None = Field(default=None, description="Trainings until one is good enough")
    gpu_hours: Positive | None = Field(default=None, description="Hours of accelerators for one training of your own")
    usd_per_gpu_hour: Amount | None = Field(default=None, description="The price of one such hour")


class PeopleEntry(Entry):
    """Working hours; their rate is the answer team.hourly_rate_usd."""

    build_hours: Amount | None = Field(default=None, description="Hours until it is in use; 0 must be written")
    upkeep_hours_month: Amount | None = Field(default=None, description="Hours a month from then on; 0 must be written")
    migration_hours: Amount | None = Field(default=None, description="Hours to move to another model")


class CostEntry(Entry):
    """What the projection takes beside the requirements; and, written by maquette, that it was looked at."""

    computed_from: Text | None = Field(default=None, description="What the projection was computed from")
    launch: Day | None = Field(default=None, description="The day of the launch; the first month begins with it")
    season: SeasonEntry | None = Field(default=None, description="Calendar months to times an ordinary month")
    currency: CurrencyEntry | None = None
    price_changes: list[PriceChangeEntry] | None = Field(default=None, description="Prices that will change")
    price_trend: PriceTrendEntry | None = None
    commitments: list[CommitmentEntry] | None = Field(
        default=None, description="Shares of machines, and of provisioned units, paid for in advance"
    )
    provisioned: ProvisionedEntry | None = None
    ensemble: EnsembleEntry | None = None
    retrieval: RetrievalEntry | None = None
    guardrails: GuardrailsEntry | None = None
    logging: LoggingEntry | None = None
    evaluation: EvaluationCostEntry | None = None
    fine_tuning: FineTuningEntry | None = None
    people: PeopleEntry | None = None
