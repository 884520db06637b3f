"""Roles by rules that the data bears, fallbacks that say what they guard against, and models side by side."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from maquette.catalog.cards import Capability, Catalog, Mode, ModelCard, QualityClaim
from maquette.catalog.comparing import compare
from maquette.catalog.diversity import diversity
from maquette.catalog.families import home, host, maker
from maquette.catalog.roles import Role, RoleBinding, bind
from maquette.catalog.shortlist import Quality
from maquette.catalog.shortlisting import shortlist
from maquette.foundation.problems import NotFound
from maquette.foundation.sources import Source, SourceKind
from tests.shortlist_world import CLAIM, TODAY, card, catalog, price

CAPABLE = {Capability.REASONING: True, Capability.TOOLS: True, Capability.JSON_SCHEMA: True}
SAID: dict[str, Any] = {"tokens.input_avg": 1000, "tokens.output_avg": 1000, "scale.requests_per_day": 100}
RUN = Source(kind=SourceKind.MEASURED, ref="r-001")


def model(name: str, usd: str, provider: str, **changes: Any) -> ModelCard:
    values: dict[str, Any] = {"price": price(usd, usd), "provider": provider, "capabilities": CAPABLE}
    return card(name, **{"context_tok": 100_000, **values, **changes})


def claims(value: str, benchmark: str = "gpqa") -> tuple[QualityClaim, ...]:
    return (QualityClaim(benchmark=benchmark, value=Decimal(value), source=CLAIM),)


CARDS = catalog(
    model("gpt-6-nano", "0.1", "openai"),
    model("gpt-6", "2", "openai"),
    model("claude-haiku-6", "1", "anthropic"),
    model("bedrock/anthropic.claude-haiku-6", "1.1", "bedrock"),
    model("tiny-llama", "0.01", "groq", capabilities={}),
    model("free-gemma", "0", "gemini"),
)


def bound(
    cards: Catalog = CARDS,
    measured: dict[str, float] | None = None,
    chosen: tuple[str, ...] = (),
    said: dict[str, Any] | None = None,
    listed: dict[str, tuple[str, ...]] | None = None,
) -> dict[Role, RoleBinding]:
    facts = {**SAID, **(said or {})}
    scores = {name: Quality(value=value, source=RUN) for name, value in (measured or {}).items()}
    found = shortlist(cards, facts, today=TODAY, measured=scores)
    return {one.role: one for one in bind(found, cards, facts, today=TODAY, chosen=chosen, listed=listed)}


def test_without_any_quality_price_is_called_price_and_nobody_is_called_strong() -> None:
    roles = bound()
    assert roles[Role.FAST].model == "tiny-llama"
    assert roles[Role.BALANCED].model == "gpt-6-nano"
    assert "no quality is measured or claimed" in roles[Role.BALANCED].rule
    assert roles[Role.STRONG].model is None
    assert "evaluate some" in roles[Role.STRONG].because
    assert "free-gemma" not in {roles[Role.FAST].model, *roles[Role.FAST].runners_up}


def test_measurements_decide_before_claims_and_the_threshold_before_the_score() -> None:
    measured = {"gpt-6-nano": 0.7, "gpt-6": 0.95, "claude-haiku-6": 0.9}
    roles = bound(measured=measured, said={"quality.threshold": 0.85})
    assert (roles[Role.BALANCED].model, roles[Role.STRONG].model) == ("claude-haiku-6", "gpt-6")
    unreachable = bound(measured=measured, said={"quality.threshold": 0.99})[Role.BALANCED]
    assert (unreachable.model, unreachable.because) == (None, "no measured model reaches 0.99")


def test_claims_are_only_compared_on_one_benchmark() -> None:
    cards = catalog(
        model("gpt-6", "2", "openai", claims=claims("0.8")),
        model("claude-haiku-6", "1", "anthropic", claims=claims("0.7")),
        model("gemini-4", "3", "gemini", claims=claims("0.9")),
        model("grok-9", "1", "xai", claims=claims("0.99", "mmlu")),
    )
    roles = bound(cards)
    assert roles[Role.STRONG].model == "gemini-4"
    assert roles[Role.BALANCED].model == "gpt-6"
    assert "gpqa" in roles[Role.STRONG].rule


def test_an_order_that_somebody_published_is_used_where_nothing_is_measured() -> None:
    roles = bound(listed={"strong": ("gone-model", "gpt-6", "claude-haiku-6")})
    assert (roles[Role.STRONG].model, roles[Role.STRONG].runners_up) == ("gpt-6", ("claude-haiku-6",))


def test_a_judge_is_of_another_maker_than_the_model_that_it_judges() -> None:
    judge = bound()[Role.JUDGE]
    assert judge.model == "claude-haiku-6"
    assert "another maker than the balanced model (openai)" in judge.rule
    assert bound(catalog(model("gpt-6", "2", "openai")))[Role.JUDGE].model is None


@pytest.mark.parametrize(
    ("chosen", "left_out", "model_id", "guards"),
    [
        ("gpt-6", (), "claude-haiku-6", "a provider's outage and a model's fault"),
        ("claude-haiku-6", (), "gpt-6-nano", "a provider's outage and a model's fault"),
        (
            "claude-haiku-6",
            ("gpt-6", "gpt-6-nano", "tiny-llama"),
            "bedrock/anthropic.claude-haiku-6",
            "a provider's outage only",
        ),
    ],
)
def test_a_fallback_says_what_it_guards_against(
    chosen: str, left_out: tuple[str, ...], model_id: str, guards: str
) -> None:
    cards = catalog(*(one for name, one in CARDS.cards.items() if name not in left_out))
    fallback = bound(cards, chosen=(chosen,))[Role.FALLBACK]
    assert fallback.model == model_id
    assert guards in fallback.because


def test_no_fallback_is_on_the_primarys_provider() -> None:
    cards = catalog(model("gpt-6", "2", "openai"), model("gpt-6-nano", "1", "openai"))
    fallback = bound(cards, chosen=("gpt-6",))[Role.FALLBACK]
    assert (fallback.model, fallback.because) == (None, "no candidate is from another provider than openai")


def test_embeddings_come_under_the_filters_on_the_data_and_on_retirement() -> None:
    cards = catalog(
        model("gpt-6", "2", "openai", regions=("eu",)),
        model("embed-us", "0.01", "openai", mode=Mode.EMBEDDING, regions=("us",)),
        model("embed-past", "0.01", "openai", mode=Mode.EMBEDDING, regions=("eu",), retires_on=date(2026, 1, 1)),
        model("embed-unsaid", "0.01", "openai", mode=Mode.EMBEDDING),
        model("embed-eu", "0.02", "openai", mode=Mode.EMBEDDING, regions=("eu",)),
    )
    roles = bound(cards, said={"data.residency": "eu", "knowledge.need": "changing"})
    assert (roles[Role.EMBEDDING].model, roles[Role.EMBEDDING].runners_up) == ("embed-eu", ("embed-unsaid",))
    assert roles[Role.RERANK].model is None
    assert "no rerank model" in roles[Role.RERANK].because


def test_what_fails_together_is_told() -> None:
    same = diversity(CARDS.cards[name] for name in ("gpt-6", "gpt-6-nano"))
    assert (same.takes_all, same.makers) == ("openai", ("openai",))
    two = diversity(CARDS.cards[name] for name in ("claude-haiku-6", "bedrock/anthropic.claude-haiku-6"))
    assert two.takes_all is None
    assert two.makers == ("anthropic",)
    assert set(two.by_host) == {"anthropic", "bedrock"}


@pytest.mark.parametrize(
    ("name", "provider", "run_by", "made_by", "seat"),
    [
        ("bedrock/anthropic.claude-5", "bedrock_converse", "bedrock", "anthropic", "the US"),
        ("vertex_ai/mistral-large", "vertex_ai-mistral_models", "google", "mistral", "the US"),
        ("mistral/mistral-large", "mistral", "mistral", "mistral", "EU"),
        ("azure/o3-mini", "azure", "azure", "openai", "the US"),
        ("azure_ai/phi-4", "azure_ai", "azure", "microsoft", "the US"),
        ("deepinfra/meta-llama/Llama-4", "deepinfra", "deepinfra", "meta", None),
        ("who/knows", "somebody", "somebody", None, None),
    ],
)
def test_who_runs_a_model_is_not_who_made_it(
    name: str, provider: str, run_by: str, made_by: str | None, seat: str | None
) -> None:
    one = card(name, provider=provider)
    assert (host(one), maker(one), home(one)) == (run_by, made_by, seat)


def test_models_side_by_side_differ_lack_and_beat() -> None:
    cards = catalog(
        model("gpt-6", "2", "openai", claims=claims("0.8")),
        model("claude-haiku-6", "1", "anthropic", claims=claims("0.8"), capabilities={Capability.TOOLS: False}),
        model("grok-9", "1", "xai", claims=claims("0.1", "mmlu")),
    )
    facts = {**SAID, "agency.tools": "read"}
    found = shortlist(cards, facts, today=TODAY)
    seen = compare(cards, found, ["gpt-6", "claude-haiku-6", "grok-9"], facts, TODAY)
    rows = {row.field: row for row in seen.rows}
    assert rows["shortlist"].values == ("fits", "out at tools", "fits")
    assert rows["$/M in"].values == ("$2.00", "$1.00", "$1.00")
    assert rows["can: tools"].values == ("yes", "no", "yes")
    assert not rows["context"].differs
    assert seen.lacks["claude-haiku-6"] == {"tools": "no tool calls"}
    # The same score for half the price beats; a score on another benchmark is not compared.
    assert [(beat.winner, beat.loser, beat.on) for beat in seen.beats] == [("claude-haiku-6", "gpt-6", "claimed, gpqa")]
    with pytest.raises(NotFound):
        compare(cards, found, ["gpt-6", "gpt-7"], facts, TODAY)


def test_a_published_order_names_the_balanced_model_before_the_price_does() -> None:
    roles = bound(listed={"balanced": ("gpt-6",)})
    assert roles[Role.BALANCED].model == "gpt-6"
    assert "published order" in roles[Role.BALANCED].rule
