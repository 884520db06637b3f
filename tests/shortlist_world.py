"""Cards, answers and catalogs for the tests of the shortlist, each in one line."""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from maquette.adapters.question_files import load_questions
from maquette.catalog.cards import Catalog, Hosting, ModelCard
from maquette.catalog.prices import PriceTable
from maquette.catalogs import load_catalog
from maquette.foundation.sources import Source, SourceKind
from maquette.requirements.answers import Requirements, known_facts

TODAY = date(2026, 11, 21)
BOOK = load_questions()
EVERYTHING = load_catalog()
CLAIM = Source(kind=SourceKind.CLAIMED, ref="test")

TENTH = Catalog(
    cards={name: card for index, (name, card) in enumerate(EVERYTHING.cards.items()) if index % 10 == 0},
    prices_as_of=EVERYTHING.prices_as_of,
    snapshot_digest="part",
)
"""A tenth of the catalog keeps each example quick; what is proved does not depend on which tenth."""


def facts(given_answers: dict[str, Any]) -> dict[str, Any]:
    """What these answers settle, with the defaults of all other questions."""
    return known_facts(Requirements(answers=given_answers), BOOK)


def card(name: str, **changes: Any) -> ModelCard:
    """A card of an API model of which nothing else is known."""
    values: dict[str, Any] = {"id": name, "provider": "p", "hosting": Hosting.API, "source": CLAIM}
    return ModelCard(**{**values, **changes})


def price(usd_in: str, usd_out: str) -> PriceTable:
    """Prices in USD for a million tokens."""
    keys = {"input_cost_per_token": usd_in, "output_cost_per_token": usd_out}
    return PriceTable(usd_per_unit={key: Decimal(usd) / 1_000_000 for key, usd in keys.items()}, source=CLAIM)


def catalog(*cards: ModelCard) -> Catalog:
    """A catalog of these."""
    return Catalog(cards={each.id: each for each in cards}, prices_as_of=TODAY, snapshot_digest="x")


answers = st.fixed_dictionaries(
    {},
    optional={
        "io.input_modalities": st.sampled_from([("text",), ("text", "image"), ("pdf",), ("audio", "image")]),
        "io.output_format": st.sampled_from(["json", "label", "free_text", "tool_calls", "audio"]),
        "agency.tools": st.sampled_from(["none", "read"]),
        "data.residency": st.sampled_from(["none", "us", "eu", "uk", "other", "on_prem_only", "on_device"]),
        "data.external_processing_allowed": st.booleans(),
        "data.sensitivity": st.sampled_from(["public", "pii", "phi", "secret"]),
        "compliance.regimes": st.sampled_from([(), ("gdpr",), ("hipaa", "soc2")]),
        "providers.allowed": st.sampled_from([(), ("openai",), ("bedrock", "local")]),
        "providers.eu_vendor_required": st.booleans(),
        "infra.gpu_available": st.integers(0, 4),
        "infra.gpu_vram_gb": st.sampled_from([8, 24, 80]),
        "tokens.input_avg": st.integers(1, 200_000),
        "tokens.output_avg": st.integers(1, 5000),
        "tokens.output_max": st.integers(1, 100_000),
        "tokens.shared_prefix": st.integers(0, 5000),
        "tokens.input_p99": st.integers(1, 1_000_000),
        "scale.requests_per_day": st.integers(0, 1_000_000),
        "latency.mode": st.sampled_from(["interactive", "batch"]),
        "budget.monthly_usd": st.integers(0, 100_000),
    },
)
"""Answers that can exclude a model, any of them missing."""

tight = st.fixed_dictionaries(
    {
        "tokens.input_avg": st.integers(1000, 20_000),
        "tokens.output_avg": st.integers(10, 2000),
        "tokens.output_max": st.integers(2000, 16_000),
        "tokens.shared_prefix": st.integers(0, 20_000),
        "tokens.input_p99": st.integers(20_000, 250_000),
        "scale.requests_per_day": st.integers(100, 50_000),
        "budget.monthly_usd": st.integers(1, 20_000),
        "latency.mode": st.sampled_from(["interactive", "batch"]),
    },
    optional={
        "io.output_format": st.sampled_from(["json", "tool_calls"]),
        "data.residency": st.sampled_from(["eu", "us"]),
        "providers.allowed": st.sampled_from([("openai", "bedrock"), ("azure", "vertex", "local")]),
    },
)
"""Answers of ordinary systems: the budget and the context exclude many models by a little."""
