"""The tokens of a bill at the catalog's prices: exact, by the step of the mean prompt, unknown where a count is."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from maquette.catalog.cards import ModelCard
from maquette.catalog.prices import PriceTable
from maquette.catalogs import load_catalog
from maquette.cost.actuals import Total
from maquette.foundation.sources import Source, SourceKind
from maquette.project.actuals_prices import at_list_price, card_of

D = Decimal


def priced(**usd: str) -> ModelCard:
    source = Source(kind=SourceKind.CLAIMED, ref="a test", as_of=date(2026, 10, 1))
    prices = {name: D(amount) for name, amount in usd.items()}
    return replace(
        next(iter(load_catalog().cards.values())),
        price=PriceTable(usd_per_unit=prices, source=source),
        min_cacheable_tok=None,
    )


CARD = priced(
    input_cost_per_token="0.000001",
    output_cost_per_token="0.000004",
    cache_read_input_token_cost="0.0000001",
    input_cost_per_token_above_200k_tokens="0.000002",
)


def test_each_token_costs_its_own_price() -> None:
    total = Total(requests=10, input_tok=10_000, cached_tok=4_000, output_tok=2_000)
    assert at_list_price(CARD, total) == D("0.006") + D("0.0004") + D("0.008")


def test_what_nobody_says_was_cached_is_fresh() -> None:
    assert at_list_price(CARD, Total(requests=10, input_tok=10_000, output_tok=0)) == D("0.01")


def test_the_mean_prompt_decides_the_price_step() -> None:
    assert at_list_price(CARD, Total(requests=1, input_tok=300_000, output_tok=0)) == D("0.6")
    assert at_list_price(CARD, Total(requests=3, input_tok=300_000, output_tok=0)) == D("0.3")


@pytest.mark.parametrize(
    "total",
    [
        Total(input_tok=5, output_tok=5),
        Total(requests=5, input_tok=5),
        Total(requests=5, output_tok=5),
        Total(requests=5, input_tok=5, output_tok=5, cached_tok=6),
        Total(requests=5, input_tok=-5, output_tok=5),
    ],
)
def test_an_unknown_or_impossible_count_has_no_list_price(total: Total) -> None:
    assert at_list_price(CARD, total) is None
    assert at_list_price(None, Total(requests=1, input_tok=1, output_tok=1)) is None
    assert at_list_price(priced(output_cost_per_token="1"), Total(requests=1, input_tok=1, output_tok=1)) is None


def test_a_logs_name_finds_its_card_with_or_without_a_route() -> None:
    catalog = load_catalog()
    for name, provider in (("gpt-6-luna", None), ("openai/gpt-6-luna", "openai")):
        card = card_of(name, provider, catalog)
        assert card is not None
        assert card.id == "gpt-6-luna"
    assert card_of("acme/none", "acme", catalog) is None
