"""Providers held against the requirements, what ties a design to one of them, and what the catalog says of limits."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from maquette.adapters.knowledge_files import load_providers
from maquette.adapters.litellm_map import PriceMap, snapshot_of
from maquette.bundle.documents.migration import migration_view
from maquette.bundle.documents.providers import providers_view
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.selection import selection_view
from maquette.catalog.cards import Capability, Mode, ModelCard
from maquette.catalog.prices import Usage
from maquette.catalog.providers import Provider
from maquette.catalog.quoting import total_usd
from maquette.catalog.scorecard import ProviderScore, scorecard
from maquette.catalog.shortlisting import shortlist
from maquette.catalog.snapshot import cards_from_snapshot
from maquette.cli.contracts import contract_schema
from maquette.cli.shortlist.providers_data import scorecard_data
from maquette.cli.shortlist_command import command
from maquette.decision.lock_in import Dependence, decided, dependence_words, lock_in
from maquette.decision.patterns import Answering, Shown, enabled_patterns
from maquette.foundation.expression import FactValue
from maquette.foundation.sources import Source, SourceKind
from maquette.rules.judging import judge
from tests.document_view_world import said, seen_of
from tests.document_world import scenario_inputs
from tests.rule_world import CODER, TRIAGE, rule_book
from tests.shortlist_world import card, catalog, facts, price

TODAY = date(2026, 11, 21)
PAGE: dict[str, Any] = {"source": "https://acme.example/terms", "as_of": "2026-11-20"}
ACME = Provider.model_validate(
    {
        "name": "acme",
        "title": "Acme",
        "covers": ["acme"],
        "regions": {"value": ["eu", "us"], **PAGE},
        "retention_days": {"value": 30, **PAGE},
        "baa": {"value": "on request", **PAGE},
        "trains_on_data": {"value": True, **PAGE},
        "uptime": {"value": "0.995", **PAGE},
    }
)
ASKED: dict[str, FactValue] = {
    "data.residency": "eu",
    "data.sensitivity": "pii",
    "availability.target": Decimal("0.999"),
    "tokens.input_avg": 2000,
    "tokens.output_avg": 100,
    "scale.requests_per_day": 1000,
    "budget.monthly_usd": 100,
    "lifecycle.horizon_months": 12,
    "derived.peak_tpm": 50_000,
}


def scored(*cards: ModelCard, asked: dict[str, FactValue] = ASKED, **named: Any) -> tuple[ProviderScore, ...]:
    fits = shortlist(catalog(*cards), facts(dict(asked)) | asked, today=TODAY)
    return scorecard(fits, [ACME], asked, today=TODAY, **named)


def acme(name: str, usd: str, **changes: Any) -> ModelCard:
    return priced(name, provider="acme", price=price(usd, usd), **changes)


def priced(name: str, **changes: Any) -> ModelCard:
    return card(name, **{"price": price("1", "1"), **changes})


def marks(score: ProviderScore) -> dict[str, tuple[str, str]]:
    return {mark.name: (mark.verdict, mark.says) for mark in score.marks}


# -- the scorecard ------------------------------------------------------------------------------------------------


def test_a_provider_is_held_against_each_requirement_that_asks_and_unknown_stays_unknown() -> None:
    (score,) = scored(acme("m", "1", retires_on=date(2027, 3, 1), limit_tpm=60_000))
    assert marks(score) == {
        # 30,400 requests of 2,100 tokens at $1 a million.
        "budget": ("met", "$63.84 with m"),
        "residency": ("met", "eu, us"),
        "no training": ("not met", "trains by default"),
        "uptime": ("not met", "promises 99.5 %"),
        "rate limit": ("met", "60,000 for m"),
        "horizon": ("not met", "m ends on 2027-03-01"),
    }
    assert (score.count(True), score.count(False), score.count(None)) == (3, 3, 0)
    assert {mark.name: mark.says for mark in score.terms} == {"retention": "30 days", "BAA": "on request"}
    assert score.marks[1].source == Source(kind=SourceKind.CLAIMED, ref=PAGE["source"], as_of=date(2026, 11, 20))


def test_a_provider_without_a_record_is_not_known_and_not_refused() -> None:
    (score,) = scored(card("m", provider="nobody", price=price("1", "1")))
    assert {name: verdict for name, (verdict, _) in marks(score).items()} == {
        "budget": "met", "residency": "not known", "no training": "not known", "uptime": "not known",
        "rate limit": "not known", "horizon": "not known",
    }  # fmt: skip
    assert (score.title, score.terms, score.next_end) == ("nobody", (), None)


def test_criteria_stand_only_where_a_requirement_asks_for_them() -> None:
    assert [mark.name for mark in scored(acme("m", "1"), asked={"data.sensitivity": "public"})[0].marks] == []
    health: dict[str, FactValue] = {"data.sensitivity": "phi", "latency.mode": "batch", "tokens.shared_prefix": 1024}
    # The record says nothing of zero retention and of a batch lane; the card nothing of a cache.
    assert marks(scored(acme("m", "1"), asked=health)[0]) == {
        "BAA": ("met", "on request"),
        "zero retention": ("not known", "not published"),
        "no training": ("not met", "trains by default"),
        "batch lane": ("not known", "not published"),
        "prefix cache": ("not known", "m does not say, 0 of 1 models do"),
    }


def test_the_chosen_provider_stands_first_with_its_chosen_model_then_the_one_with_fewer_nos() -> None:
    found = scored(acme("dear", "1.5"), acme("cheap", "1"), card("other", provider="nobody", price=price("1.5", "1.5")))
    assert [(one.name, one.leading.card.id) for one in found] == [("nobody", "other"), ("acme", "cheap")]
    chosen = scored(acme("dear", "1.5"), acme("cheap", "1"), priced("other", provider="nobody"), chosen=["dear"])
    assert [(one.name, one.leading.card.id, one.chosen) for one in chosen] == [
        ("acme", "dear", ("dear",)),
        ("nobody", "other", ()),
    ]
    assert marks(chosen[0])["budget"] == ("met", "$95.76 with dear")


@cache
def seen(scenario: str) -> Seen:
    return seen_of(scenario_inputs(scenario))


def test_the_selection_report_is_generated_with_funnel_candidates_scorecard_results_and_roles() -> None:
    view = selection_view(seen(TRIAGE))
    funnel = [int(row["left"].replace(",", "")) for row in view["funnel"]]
    found = seen(TRIAGE).inputs.shortlist
    assert found is not None
    assert (funnel[0], funnel[-1]) == (found.catalog_size, len(found.candidates))
    assert [row["model"] for row in view["results"]] == ["gpt-6-luna", "claude-haiku-5-5"]
    assert {row["role"]: row["model"] for row in view["roles"]}["primary"] == "gpt-6-luna"
    assert {row["provider"] for row in view["providers"]["rows"] if row["chosen"]} == {"OpenAI", "Anthropic"}
    assert view["front"]
    assert view["smallest"]


def test_the_scorecard_of_a_scenario_has_its_prices_records_lanes_terms_and_what_is_still_to_be_asked() -> None:
    view = providers_view(seen(TRIAGE))
    (openai,) = (row for row in view["rows"] if row["provider"] == "OpenAI")
    assert openai["leading"] == "gpt-6-luna"
    # 1,450 tokens at $0.10 and 60 at $0.50 a million.
    assert openai["request"]["text"] == "$0.000175"
    assert openai["month"]["text"] == "$10,184 to $26,600"
    assert openai["record"]["text"] == "99.71 %"
    assert said(openai["lanes"]) == "batch 0.5 of the price; tunes GPT-4.1, GPT-4o"
    terms = {row["criterion"]: row["cells"][view["columns"].index("OpenAI")] for row in view["terms"]}
    assert said(terms["residency"]) == "met: us, eu, uk, india, apac, canada, middle east"
    assert said(terms["rate limit"]) == "not known: told to each account"
    assert said(terms["retention"]) == "30 days, logs for abuse monitoring; longer where the law asks for it"
    said_of = [said(sentence) for sentence in view["verdict"]]
    assert "OpenAI, who runs gpt-6-luna, is still to be asked about uptime, rate limit, horizon." in said_of


def test_every_figure_of_the_scorecard_carries_its_page_or_its_formula() -> None:
    view = providers_view(seen(TRIAGE))
    cells = [cell for row in view["terms"] for cell in row["cells"]]
    figures = [part for cell in cells for part in cell if not isinstance(part, str)]
    assert len(figures) > 10
    assert {part["kind"] for part in figures} <= {"claimed", "estimated"}
    assert all(part["ref"].startswith(("https://", "first month of", "LiteLLM")) for part in figures)


def test_the_command_shows_the_same_scorecard_without_a_project_as_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = scorecard_data(scored(acme("m", "1")))
    assert data["providers"][0]["marks"][0] == {
        "criterion": "budget", "requirement": "budget.monthly_usd", "wants": "at most $100 a month",
        "says": "$63.84 with m", "met": "met", "source": "estimated: first month of m, cached to uncached",
    }  # fmt: skip
    Draft202012Validator(contract_schema("shortlist-providers")).validate(data)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command, ["providers", "--plain", "--limit", "3"])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].startswith("provider")


# -- lock-in ------------------------------------------------------------------------------------------------------


def ties(stated: dict[str, FactValue], *others: ModelCard) -> dict[str, Dependence]:
    primary = acme("m", "1", capabilities={Capability.ASSISTANT_PREFILL: True, Capability.TOOLS: True})
    cards = [primary, *others]
    fits = shortlist(catalog(*cards), {}, today=TODAY)
    found = lock_in(stated, judge(rule_book(), stated), fits, primary, today=TODAY)
    return {one.feature: one for one in found}


def test_lock_in_lists_the_sdk_and_every_feature_with_who_else_has_it() -> None:
    stated: dict[str, FactValue] = {
        "design.direct_sdk_calls": True, "design.prefill_relied_on": True, "agency.tools": "read",
    }  # fmt: skip
    elsewhere = [
        priced("a", provider="one", capabilities={Capability.TOOLS: True, Capability.ASSISTANT_PREFILL: False}),
        priced("b", provider="two", capabilities={Capability.TOOLS: True, Capability.ASSISTANT_PREFILL: False}),
        priced("c", provider="two"),
        acme("own", "2", capabilities={Capability.TOOLS: True}),
    ]
    found = ties(stated, *elsewhere)
    assert next(iter(found)) == "the provider's own SDK"
    tools, prefill = found["calls of tools"], found["answers begun for the model (prefill)"]
    # The provider's own other model is no way out.
    assert (tools.able, tools.unsaid, tools.others, tools.companies, tools.locks) == (2, 1, 3, ("one", "two"), False)
    assert (prefill.able, prefill.unsaid, prefill.locks) == (0, 1, None)
    assert found["the provider's own SDK"].locks is True
    assert ties(stated, *elsewhere[:2])["answers begun for the model (prefill)"].locks is True
    assert dependence_words(tools) == (
        "calls of tools [agency.tools]: 2 of 3 shortlisted models elsewhere have it, at 2 companies; without it: the"
        " tools' schemas in the other dialect, and every trajectory evaluated again"
    )


def test_vectors_and_tuned_weights_tie_a_design_with_the_effort_of_leaving_them() -> None:
    stated: dict[str, FactValue] = {
        "knowledge.need": "static", "knowledge.corpus_tokens": 5_000_000, "task.type": "rag_qa",
        "design.adaptation": "fine_tune", "data.labelled_examples": 1200,
    }  # fmt: skip
    vectors = [
        priced("v", mode=Mode.EMBEDDING, provider="two"),
        priced("w", mode=Mode.EMBEDDING, provider="acme"),
    ]
    found = ties(stated, *vectors)
    weights, index = found["weights tuned to the task"], found["vectors of one embedding model"]
    assert (weights.locks, weights.effort) == (True, "1,200 examples trained and evaluated again on the next base")
    assert (index.able, index.others, index.companies) == (1, 1, ("two",))
    assert index.effort.startswith("5,000,000 tokens embedded again")


def test_a_design_that_uses_nothing_special_is_tied_to_nobody() -> None:
    assert ties({"design.direct_sdk_calls": False, "agency.tools": "none"}, priced("a")) == {}


def test_the_migration_plan_lists_what_ties_the_design_with_counts_and_the_price_of_leaving() -> None:
    rows = {row["feature"]: row for row in migration_view(seen(CODER))["held"]}
    decision = seen(CODER).inputs.decision
    assert decision is not None
    tools = next(one for one in decision.lock_in if one.feature == "calls of tools")
    assert said(rows["calls of tools"]["able"]).startswith(f"{tools.able:,} of {tools.others:,} models, at ")
    assert rows["calls of tools"]["locks"] == "no"
    assert "without prefix caching" in rows["prefix cache, writes billed"]["cost"]
    (prompt,) = (row for name, row in rows.items() if name.startswith("prompt tuned to"))
    assert prompt["locks"] == "yes"


# -- patterns in use ----------------------------------------------------------------------------------------------


def test_each_enabled_pattern_carries_baseline_expected_delta_and_metric() -> None:
    stated: dict[str, FactValue] = {
        "latency.mode": "interactive", "tokens.output_avg": 200, "io.output_format": "free_text",
        "latency.ttft_ms": 800, "tokens.shared_prefix": 2000, "derived.rps_mean": Decimal(1),
    }  # fmt: skip
    source = Source(kind=SourceKind.CLAIMED, ref="record")
    answering = [
        Answering(name="m", company="one", share=Decimal("0.99"), availability=Shown(text="99 %", source=source)),
        Answering(name="n", company="two", share=Decimal("0.98")),
    ]
    found = {one.name: one for one in enabled_patterns(stated, judge(rule_book(), stated), None, answering)}
    assert {one.improves for one in found.values()} == {"cost", "latency", "reliability"}
    fallback, streaming, prefix = found["fallback to n"], found["streaming"], found["prefix cache"]
    assert fallback.baseline is not None
    assert fallback.expected is not None
    # 1 - 0.01 x 0.02.
    assert (fallback.baseline.text, fallback.expected.text) == ("99 %", "at the most 99.98 %")
    assert streaming.expected is not None
    assert streaming.expected.text == "800 ms to the first token"
    assert (streaming.baseline, streaming.learn) == (None, "maquette eval run measures the whole answer")
    assert prefix.series.startswith("sum(rate(litellm_input_cached_tokens_metric_total")
    assert (prefix.because, prefix.learn) == (
        "prefix_cache (R-CACHE-01)",
        "maquette cost levers, once a model has a price",
    )


def test_two_models_of_one_company_are_no_more_reliable_than_one() -> None:
    both = [Answering(name=name, company="one", share=Decimal("0.99")) for name in "mn"]
    (only,) = enabled_patterns({}, judge(rule_book(), {}), None, both)
    assert (only.expected, only.learn) == (None, "one runs both: its outage takes down both, and nothing is gained")


# -- limits and modalities ----------------------------------------------------------------------------------------


def test_the_catalog_has_the_longest_prompt_the_limits_a_minute_and_the_parameters_that_are_refused() -> None:
    entry = {
        "litellm_provider": "acme", "mode": "chat", "max_input_tokens": 32000, "rpm": 300, "tpm": 40000,
        "supports_sampling_params": False, "supports_assistant_prefill": True,
    }  # fmt: skip
    found_map = PriceMap(content=json.dumps({"m": entry}).encode(), name="a map")
    (found,) = cards_from_snapshot(snapshot_of(found_map, TODAY)).cards.values()
    assert (found.context_tok, found.limit_rpm, found.limit_tpm) == (32000, 300, 40000)
    assert found.rejected_parameters == ("temperature", "top_p")


@pytest.mark.parametrize(
    ("modality", "kept"), [("text", ["deaf", "hears", "mute"]), ("audio", ["hears", "mute"]), ("image", ["mute"])]
)
def test_the_input_modalities_filter_the_models_and_what_nobody_states_stays_unverified(
    modality: str, kept: list[str]
) -> None:
    cards = [
        priced("hears", capabilities={Capability.AUDIO_INPUT: True, Capability.VISION: False}),
        priced("deaf", capabilities={Capability.AUDIO_INPUT: False, Capability.VISION: False}),
        priced("mute"),
    ]
    found = shortlist(catalog(*cards), {"io.input_modalities": (modality,)}, today=TODAY)
    assert sorted(one.card.id for one in found.candidates) == kept


def test_a_token_of_sound_at_its_own_price_is_told_where_sound_goes_in() -> None:
    table = replace(price("1", "2"), usd_per_unit={
        **price("1", "2").usd_per_unit, "input_cost_per_audio_token": Decimal("0.0000025"),
    })  # fmt: skip
    heard: dict[str, FactValue] = {
        "io.input_modalities": ("text", "audio"),
        "tokens.input_avg": 2000,
        "tokens.output_avg": 100,
    }
    found = shortlist(catalog(priced("m", price=table)), heard, today=TODAY)
    assert found.candidates[0].cautions == (
        (
            "A token of sound costs 2.5 times one of text, $2.50 a million; io.audio_s_per_request is not answered, "
            "so that tokens.input_avg counts as text."
        ),
    )
    told = shortlist(catalog(priced("m", price=table)), {**heard, "io.audio_s_per_request": 30}, today=TODAY)
    assert told.candidates[0].cautions == (
        "A token of sound costs 2.5 times one of text, $2.50 a million; io.audio_s_per_request is counted at it.",
    )
    silent = {**heard, "io.input_modalities": ("text",)}
    assert shortlist(catalog(priced("m", price=table)), silent, today=TODAY).candidates[0].cautions == ()
    # 500 tokens of text at $1, 1,500 of sound at $2.50, 100 written at $2 a million.
    assert total_usd(table, Usage(input_tok=2000, audio_input_tok=1500, output_tok=100)) == Decimal("0.00445")


@pytest.mark.parametrize(
    ("mode", "form", "tokens", "streams"),
    [
        ("interactive", "free_text", 200, True),
        ("interactive", "code", 200, True),
        ("interactive", "free_text", 80, None),
        ("interactive", "json", 200, None),
        ("batch", "free_text", 200, None),
    ],
)
def test_a_text_that_somebody_waits_for_is_streamed(mode: str, form: str, tokens: int, streams: bool | None) -> None:
    stated: dict[str, FactValue] = {"latency.mode": mode, "io.output_format": form, "tokens.output_avg": tokens}
    assert decided(judge(rule_book(), stated), "streaming")[0] is streams


def test_shipped_records_cover_the_large_providers() -> None:
    shown = scorecard(
        scenario_inputs(TRIAGE).shortlist or pytest.fail("no shortlist"), load_providers(), {}, today=TODAY
    )
    assert {"openai", "anthropic", "gemini"} <= {one.name for one in shown if one.record is not None}
