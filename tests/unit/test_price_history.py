"""Dated prices of a second list: what they were on a day, in the same keys, and what could not be taken over."""

import json
from datetime import UTC, date, time
from decimal import Decimal
from importlib import metadata
from types import SimpleNamespace
from typing import Any

import pytest
from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)
from genai_prices.types import Tier as TheirTier

from maquette.adapters.genai_prices_history import _entry, as_text, history_data
from maquette.adapters.price_files import SECOND_LIST, load_prices
from maquette.catalog.prices import PriceHistory, Tier, Usage
from maquette.catalog.quoting import quote
from maquette.foundation.shipped import shipped

READ = date(2026, 11, 20)


def history(model: str) -> PriceHistory:
    found = load_prices().cards[model].other_prices
    assert found is not None
    return found


def entry(prices: Any, variants: list[PriceVariant] | None = None) -> dict[str, Any]:
    found = _entry(ModelInfo(id="m", match=ClauseEquals(equals="m"), prices=prices, price_variants=variants))
    assert found is not None
    return found


@pytest.mark.skipif(metadata.version("genai-prices") != "0.2.3", reason="the file was made of 0.2.3")
def test_the_shipped_file_is_what_the_converter_makes_of_the_installed_package() -> None:
    content = shipped("catalog", "prices", SECOND_LIST).read_text(encoding="utf-8")
    assert as_text(history_data(load_prices().cards.values(), READ)) == content


def test_a_model_is_matched_only_at_its_own_seller() -> None:
    cards = load_prices().cards
    matched = {card.id: card.other_prices.model for card in cards.values() if card.other_prices}
    assert len(matched) == 977
    assert matched["claude-haiku-5-5"] == "anthropic/claude-haiku-5-5"
    assert matched["gemini/gemini-2.5-pro"] == "google/gemini-2.5-pro"
    assert "vertex_ai/claude-3-opus" not in matched
    assert not [ours for ours in matched if ours.startswith(("azure/eu/", "azure/us/", "ft:"))]


def test_the_price_on_a_day_is_that_of_the_last_period_that_had_begun() -> None:
    before, after = history("gpt-6-luna").on(date(2026, 10, 11)), history("gpt-6-luna").on(date(2026, 10, 12))
    assert before is not None
    assert after is not None
    usage = Usage(input_tok=1000, output_tok=100, tier=Tier.FLEX)
    assert quote(before, usage).total_usd is None
    # by hand (1,000 * 0.05 + 100 * 0.25) / 1e6
    assert quote(after, usage).total_usd == Decimal("0.000075")


def test_one_engine_prices_both_lists_alike() -> None:
    card = load_prices().cards["claude-haiku-5-5"]
    dated = history(card.id).on(READ)
    assert card.price is not None
    assert dated is not None
    usage = Usage(input_tok=150_000, output_tok=400, cached_tok=100_000, cache_write_1h_tok=10_000)
    assert quote(card.price, usage).total_usd == quote(dated, usage).total_usd == Decimal("0.036")


def test_periods_begin_on_the_days_of_the_list_and_a_first_without_a_day_holds_from_the_beginning() -> None:
    found = entry(
        [
            ConditionalPrice(prices=ModelPrice(input_mtok=Decimal(2))),
            ConditionalPrice(
                prices=ModelPrice(input_mtok=Decimal(1)), constraint=StartDateConstraint(start_date=date(2026, 5, 1))
            ),
        ]
    )
    assert found["periods"] == [
        {"start": None, "prices": {"input_cost_per_token": "0.000002"}},
        {"start": "2026-05-01", "prices": {"input_cost_per_token": "0.000001"}},
    ]


def test_before_a_list_that_begins_on_a_day_there_is_no_price() -> None:
    begin = StartDateConstraint(start_date=date(2026, 5, 1))
    found = entry([ConditionalPrice(prices=ModelPrice(input_mtok=Decimal(1)), constraint=begin)])
    assert [period["start"] for period in found["periods"]] == ["2026-05-01"]


def test_lanes_and_steps_are_taken_over_under_the_maps_keys() -> None:
    tiers = TieredPrices(base=Decimal(1), tiers=[TheirTier(start=200_000, price=Decimal(2))])
    batch = PriceVariant(when={"processing": "batch"}, prices=ModelPrice(input_mtok=Decimal("0.5")))
    assert entry(ModelPrice(input_mtok=tiers), [batch])["periods"][0]["prices"] == {
        "input_cost_per_token": "0.000001",
        "input_cost_per_token_above_200k_tokens": "0.000002",
        "input_cost_per_token_batches": "0.0000005",
    }


def test_a_step_from_its_token_on_is_told_as_such() -> None:
    tiers = TieredPrices(base=Decimal(1), tiers=[TheirTier(start=199_999, price=Decimal(2))])
    found = entry(ModelPrice(input_mtok=tiers))
    assert found["step_includes_start"] is True
    assert "input_cost_per_token_above_200k_tokens" in found["periods"][0]["prices"]


def test_what_cannot_be_taken_over_is_a_note() -> None:
    fast = PriceVariant(when={"speed": "fast"}, prices=ModelPrice(input_mtok=Decimal(9)))
    found = entry(ModelPrice(input_mtok=Decimal(1), code_executions_kcount=Decimal(3)), [fast])
    assert found["periods"][0]["prices"] == {"input_cost_per_token": "0.000001"}
    assert found["notes"] == [
        "other prices for speed fast are left out",
        "a price for code_executions_kcount is left out: the price map has no key for it",
    ]


def test_of_prices_by_the_hour_the_dearest_is_kept_and_that_is_said() -> None:
    hours = TimeOfDateConstraint(start_time=time(1, tzinfo=UTC), end_time=time(4, tzinfo=UTC))
    found = entry(
        [
            ConditionalPrice(prices=ModelPrice(input_mtok=Decimal(1))),
            ConditionalPrice(prices=ModelPrice(input_mtok=Decimal(2)), constraint=hours),
        ]
    )
    assert found["periods"] == [{"start": None, "prices": {"input_cost_per_token": "0.000002"}}]
    assert "dearest hour" in found["notes"][0]


def test_a_model_without_any_price_that_we_know_is_left_out() -> None:
    nothing = SimpleNamespace(prices=ModelPrice(), price_variants=None, get_prices=lambda *_: ModelPrice())
    assert _entry(nothing) is None


def test_the_file_is_json_with_its_licence_and_day() -> None:
    data = json.loads(shipped("catalog", "prices", SECOND_LIST).read_bytes())
    assert (data["licence"], data["read_on"]) == ("MIT", READ.isoformat())
