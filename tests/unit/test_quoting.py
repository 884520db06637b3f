"""The price engine against hand calculations and the providers' own rules, on the shipped snapshot."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maquette.catalog.prices import PriceTable, Tier, Usage
from maquette.catalog.quoting import quote, steps_tok
from maquette.catalogs import load_catalog
from maquette.foundation.sources import Source, SourceKind

SOURCE = Source(kind=SourceKind.CLAIMED, ref="test")


def table(**usd_per_unit: str) -> PriceTable:
    return PriceTable(usd_per_unit={key: Decimal(price) for key, price in usd_per_unit.items()}, source=SOURCE)


def shipped(model: str) -> PriceTable:
    price = load_catalog().cards[model].price
    assert price is not None
    return price


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        # by hand: (140,300 * 0.1 + 400 * 0.5) / 1e6
        ("gpt-6-luna", Usage(input_tok=140_300, output_tok=400), "0.01423"),
        # by hand: (140,000 * 0.01 + 300 * 0.1 + 400 * 0.5) / 1e6
        ("gpt-6-luna", Usage(input_tok=140_300, output_tok=400, cached_tok=140_000), "0.00163"),
        # above the step at 100,000 the whole request costs five times as much: (140,300 * 0.5 + 400 * 2.5) / 1e6
        ("claude-haiku-5-5", Usage(input_tok=140_300, output_tok=400), "0.07115"),
        # below the step: (100,000 * 0.1 + 400 * 0.5) / 1e6
        ("claude-haiku-5-5", Usage(input_tok=100_000, output_tok=400), "0.0102"),
        # by hand: (140,300 * 2 + 400 * 10) / 1e6
        ("claude-sonnet-5-5", Usage(input_tok=140_300, output_tok=400), "0.2846"),
        # half price in the batch lane: (1,450 * 0.05 + 60 * 0.25) / 1e6
        ("gpt-6-luna", Usage(input_tok=1450, output_tok=60, tier=Tier.BATCH), "0.0000875"),
        # cache writes at 1.25 of the input price: (250 * 0.1 + 1,200 * 0.125 + 60 * 0.5) / 1e6
        ("claude-haiku-5-5", Usage(input_tok=1450, output_tok=60, cache_write_tok=1200), "0.000205"),
    ],
)
def test_a_request_costs_what_a_hand_calculation_says(model: str, usage: Usage, usd: str) -> None:
    assert quote(shipped(model), usage).total_usd == Decimal(usd)


def test_a_lane_that_is_not_offered_is_said_and_not_replaced() -> None:
    found = quote(shipped("claude-haiku-5-5"), Usage(input_tok=10, output_tok=10, tier=Tier.FLEX))
    assert found.total_usd is None
    assert found.missing == ("the flex lane is not offered",)


def test_a_missing_price_is_unpriced_and_never_zero() -> None:
    found = quote(table(input_cost_per_token="0.000001"), Usage(input_tok=10, output_tok=10))
    assert found.total_usd is None
    assert found.missing == ("output: no output_cost_per_token",)


def test_without_a_cache_price_cached_tokens_cost_as_fresh_ones_and_that_is_said() -> None:
    prices = table(input_cost_per_token="0.000001", output_cost_per_token="0.000002")
    found = quote(prices, Usage(input_tok=100, output_tok=1, cached_tok=50))
    assert found.total_usd == Decimal("0.000102")
    assert "no price for cached tokens" in found.notes[0]


def test_steps_are_read_from_the_keys() -> None:
    assert steps_tok(shipped("claude-haiku-5-5")) == (100_000,)
    assert steps_tok(shipped("gpt-6-luna")) == (272_000,)


tokens = st.integers(0, 90_000)


@given(tokens, tokens, tokens)
def test_within_a_step_the_cost_is_linear_in_each_kind_of_token(first: int, second: int, out: int) -> None:
    prices = shipped("gpt-6-luna")

    def total(input_tok: int, output_tok: int) -> Decimal:
        found = quote(prices, Usage(input_tok=input_tok, output_tok=output_tok)).total_usd
        assert found is not None
        return found

    assert total(first + second, 0) == total(first, 0) + total(second, 0)
    assert total(first, out) == total(first, 0) + total(0, out)


@given(st.integers(1, 200_000), st.data())
def test_reading_from_the_cache_never_costs_more(input_tok: int, data: st.DataObject) -> None:
    cached = data.draw(st.integers(0, input_tok))
    for model in ("gpt-6-luna", "claude-haiku-5-5", "claude-sonnet-5-5"):
        fresh = quote(shipped(model), Usage(input_tok=input_tok, output_tok=1)).total_usd
        warm = quote(shipped(model), Usage(input_tok=input_tok, output_tok=1, cached_tok=cached)).total_usd
        assert fresh is not None
        assert warm is not None
        assert warm <= fresh


def test_every_line_carries_the_key_that_it_comes_from() -> None:
    found = quote(shipped("claude-haiku-5-5"), Usage(input_tok=150_000, output_tok=10, cached_tok=1000))
    assert [line.key for line in found.lines] == [
        "input_cost_per_token_above_100k_tokens",
        "cache_read_input_token_cost_above_100k_tokens",
        "output_cost_per_token_above_100k_tokens",
    ]
    assert sum(line.quantity * line.usd_per_unit for line in found.lines) == found.total_usd
    assert "litellm" in str(found.source).lower()
