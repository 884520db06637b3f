"""Side costs as tests meet them: a basis in one line, with services and models at round prices."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from maquette.catalog.cards import Hosting, Mode, ModelCard
from maquette.catalog.prices import PriceTable
from maquette.catalog.services import Instance, Service, ServiceKind
from maquette.cost.projection import ByCase
from maquette.cost.side.basis import Asked, SideBasis
from maquette.cost.side_lines import SideCosts, SideLine
from maquette.cost.side_settings import CostSettings
from maquette.foundation.sources import Source, SourceKind

TODAY = date(2026, 11, 21)
PAGE = Source(kind=SourceKind.CLAIMED, ref="a price page", as_of=TODAY)

FACTS: Mapping[str, Any] = {
    "scale.requests_per_day": 1000,
    "tokens.input_avg": 2000,
    "tokens.output_avg": 100,
    "lifecycle.horizon_months": 12,
    "knowledge.corpus_tokens": 1_000_000,
    "knowledge.change_freq": "never",
    "logging.content_allowed": True,
    "logging.retention_days": 90,
    "data.eval_examples": 200,
    "lifecycle.change_cadence": "monthly",
    "team.hourly_rate_usd": 100,
}

STORE = Service(
    id="store",
    kind=ServiceKind.VECTOR_STORE,
    name="A store",
    source=PAGE,
    storage_usd_gb_month=Decimal("0.5"),
    query_usd_gb=Decimal("0.00002"),
    query_least_gb=Decimal("0.25"),
    write_usd_gb=Decimal(2),
    minimum_usd_month=Decimal(50),
)
MACHINES = Service(
    id="machines",
    kind=ServiceKind.VECTOR_STORE,
    name="A store on machines",
    source=PAGE,
    storage_usd_gb_month=Decimal("0.1"),
    instances=(
        Instance(name="small", memory_gib=Decimal(1), usd_per_hour=Decimal("0.02")),
        Instance(name="large", memory_gib=Decimal(8), usd_per_hour=Decimal("0.1")),
    ),
)
GUARD = Service(
    id="guard",
    kind=ServiceKind.GUARDRAIL,
    name="A guardrail",
    source=PAGE,
    usd_per_unit=Decimal("0.0002"),
    unit_characters=1000,
)
LOGS = Service(
    id="logs",
    kind=ServiceKind.LOGGING,
    name="Logs",
    source=PAGE,
    ingestion_usd_gib=Decimal("0.5"),
    storage_usd_gib_month=Decimal("0.03"),
)
TUNING = Service(id="tuning", kind=ServiceKind.TRAINING, name="Tuning", source=PAGE, usd_per_million_tok=Decimal("0.5"))
SERVICES = (STORE, MACHINES, GUARD, LOGS, TUNING)


def card(name: str, **usd_per_unit: str) -> ModelCard:
    """A model with those prices of the price map."""
    prices = {key: Decimal(usd) for key, usd in usd_per_unit.items()}
    return ModelCard(
        id=name,
        provider="acme",
        hosting=Hosting.API,
        source=PAGE,
        mode=Mode.OTHER,
        price=PriceTable(usd_per_unit=prices, source=PAGE),
        vector_dims=1000,
    )


CHAT = card("chat", input_cost_per_token="0.000001", output_cost_per_token="0.000004")
CARDS = {
    "chat": CHAT,
    "text-embedding-3-small": card("text-embedding-3-small", input_cost_per_token="0.00000002"),
    "rerank-v4.0-fast": card("rerank-v4.0-fast", input_cost_per_query="0.002"),
    "rerank-by-token": card("rerank-by-token", input_cost_per_token="0.00000005"),
    "judge": card("judge", input_cost_per_token="0.000002", output_cost_per_token="0.00001"),
}


def basis(
    *,
    settings: CostSettings | None = None,
    slots: Mapping[str, object] | None = None,
    asked: tuple[Asked, ...] = (),
    services: tuple[Service, ...] = SERVICES,
    defaulted: frozenset[str] = frozenset(),
    unknown: frozenset[str] = frozenset(),
    **changes: Any,
) -> SideBasis:
    """The facts above, changed: ``tokens__input_avg=5`` and so on."""
    changed = {name.replace("__", "."): value for name, value in changes.items()}
    facts = {name: value for name, value in {**FACTS, **changed}.items() if name not in unknown}
    return SideBasis(
        facts=facts,
        settings=settings or CostSettings(),
        services=services,
        cards=CARDS,
        slots=slots or {},
        asked=asked,
        today=TODAY,
        defaulted=defaulted,
    )


def line(costs: SideCosts, name: str) -> SideLine:
    """The line of that name."""
    (found,) = (one for one in costs.lines if one.name == name)
    return found


def names(costs: SideCosts) -> list[str]:
    """The names of the lines."""
    return [one.name for one in costs.lines]


def figures(low: str, base: str, high: str) -> ByCase:
    """Three figures as text."""
    return ByCase(low=Decimal(low), base=Decimal(base), high=Decimal(high))


def always(figure: str) -> ByCase:
    """The same in every case."""
    return figures(figure, figure, figure)
