"""What must hold of every price table and every request, on tables that ship and on tables that nobody wrote."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maquette.adapters.price_files import load_prices
from maquette.catalog.crossing import differences
from maquette.catalog.lanes import tiers_offered
from maquette.catalog.prices import PriceTable, Tier, Usage
from maquette.catalog.quoting import quote, steps_tok, total_usd
from maquette.foundation.problems import InvalidInput
from maquette.foundation.sources import Source, SourceKind

SOURCE = Source(kind=SourceKind.CLAIMED, ref="test")
CARDS = tuple(load_prices().cards.values())
TABLES = tuple(card.price for card in CARDS if card.price is not None)
BY_THE_TOKEN = tuple(
    table for table in TABLES if {"input_cost_per_token", "output_cost_per_token"} <= table.usd_per_unit.keys()
)
DATED = tuple(
    (card.price, period.prices)
    for card in CARDS
    if card.price is not None and card.other_prices is not None
    for period in card.other_prices.periods
)

tokens = st.integers(0, 400_000)
prices = st.decimals(min_value=0, max_value="0.01", places=9)
tables = st.sampled_from(TABLES)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Requests whose parts fit into their wholes."""
    cached, written, fresh = draw(tokens), draw(tokens), draw(tokens)
    reasoning, answer = draw(tokens), draw(tokens)
    return Usage(
        input_tok=cached + written + fresh,
        output_tok=reasoning + answer,
        cached_tok=cached,
        cache_write_tok=written,
        reasoning_tok=reasoning,
        tier=draw(st.sampled_from(Tier)),
        region=draw(st.sampled_from([None, "eu", "us"])),
    )


@given(tables, usages())
def test_a_quote_is_the_sum_of_its_lines_or_says_what_is_missing(table: PriceTable, usage: Usage) -> None:
    found = quote(table, usage)

    if found.total_usd is None:
        assert found.missing
    else:
        assert found.missing == ()
        assert found.total_usd == sum(line.quantity * line.usd_per_unit for line in found.lines)
        assert found.total_usd >= 0


@given(tables, usages())
def test_the_total_alone_is_that_of_the_quote(table: PriceTable, usage: Usage) -> None:
    plain = replace(usage, cache_write_tok=0, reasoning_tok=0, region=None)

    assert total_usd(table, usage) == quote(table, usage).total_usd
    assert total_usd(table, plain) == quote(table, plain).total_usd


@given(tables, usages())
def test_every_token_is_charged_exactly_once_or_missing(table: PriceTable, usage: Usage) -> None:
    found = quote(table, usage)

    if found.total_usd is not None:
        charged = sum(line.quantity for line in found.lines if line.unit == "token")
        assert charged == usage.input_tok + usage.output_tok


@given(st.sampled_from(BY_THE_TOKEN), st.data())
def test_within_a_step_the_cost_is_linear(table: PriceTable, data: st.DataObject) -> None:
    longest = min(steps_tok(table), default=1_000_000) - 1
    first = data.draw(st.integers(0, longest))
    second = data.draw(st.integers(0, longest - first))
    out = data.draw(tokens)

    def total(input_tok: int, output_tok: int) -> Decimal:
        found = quote(table, Usage(input_tok=input_tok, output_tok=output_tok)).total_usd
        assert found is not None
        return found

    nothing = total(0, 0)
    assert total(first + second, 0) + nothing == total(first, 0) + total(second, 0)
    assert total(first, out) + nothing == total(first, 0) + total(0, out)


@given(st.sampled_from(BY_THE_TOKEN), st.integers(1, 400_000), st.data())
def test_reading_from_the_cache_never_costs_more(table: PriceTable, input_tok: int, data: st.DataObject) -> None:
    cached = data.draw(st.integers(0, input_tok))
    fresh = quote(table, Usage(input_tok=input_tok))
    warm = quote(table, Usage(input_tok=input_tok, cached_tok=cached))

    if fresh.total_usd is not None and warm.total_usd is not None:
        assert warm.total_usd <= fresh.total_usd


@given(st.sampled_from([table for table in BY_THE_TOKEN if Tier.BATCH in tiers_offered(table)]), tokens, tokens)
def test_a_batch_never_costs_more_than_the_standard_lane(table: PriceTable, input_tok: int, output_tok: int) -> None:
    usage = Usage(input_tok=input_tok, output_tok=output_tok)
    batch = quote(table, replace(usage, tier=Tier.BATCH)).total_usd
    standard = quote(table, usage).total_usd

    if batch is not None and standard is not None:
        assert batch <= standard


@given(tables, usages(), st.randoms(use_true_random=False))
def test_the_order_of_a_table_does_not_matter(table: PriceTable, usage: Usage, random: Random) -> None:
    entries = list(table.usd_per_unit.items())
    random.shuffle(entries)

    assert quote(replace(table, usd_per_unit=dict(entries)), usage) == quote(table, usage)


@given(st.sampled_from(DATED), usages())
def test_where_two_lists_agree_on_every_unit_they_agree_on_the_total(
    pair: tuple[PriceTable, PriceTable], usage: Usage
) -> None:
    ours, theirs = (quote(table, usage) for table in pair)
    if ours.total_usd is None or theirs.total_usd is None or pair[0].min_cacheable_tok or usage.region:
        return
    if [line.key for line in ours.lines] == [line.key for line in theirs.lines] and not differences(*pair):
        assert abs(ours.total_usd - theirs.total_usd) <= Decimal("0.01") * min(ours.total_usd, theirs.total_usd)


@given(prices, prices)
def test_a_difference_of_more_than_a_hundredth_is_told_with_both_prices(one: Decimal, other: Decimal) -> None:
    pair = [PriceTable(usd_per_unit={"input_cost_per_token": price}, source=SOURCE) for price in (one, other)]

    told = differences(*pair)

    assert bool(told) == (abs(one - other) * 100 > min(one, other))
    for difference in told:
        assert (difference.usd_per_unit, difference.other_usd_per_unit) == (one, other)


@given(tokens, st.integers(1, 1000))
def test_parts_that_are_more_than_the_whole_are_refused(whole: int, more: int) -> None:
    with pytest.raises(InvalidInput):
        quote(TABLES[0], Usage(input_tok=whole, cached_tok=whole + more))


def test_a_usage_can_be_remembered() -> None:
    usage = Usage(input_tok=1, amounts=(("pages", 2),))
    assert {usage: 1}[replace(usage)] == 1
