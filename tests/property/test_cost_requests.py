"""Requests of every kind: no case is out of order, floats follow the exact model, a mix stays between its models."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.catalog.prices import PriceTable
from maquette.cost.lengths import PromptLengths
from maquette.cost.month_model import MonthModel
from maquette.cost.options import CostOption, priced_option
from maquette.cost.projecting import project_cost
from maquette.cost.projection import ByCase
from maquette.cost.streams import Route
from maquette.cost.workload import level
from maquette.foundation.expression import FactValue
from tests.cost_world import PRICES_AS_OF, facts, model, prices

FEW = settings(max_examples=40)
USD = st.decimals(min_value=0, max_value=20, places=3).map(str)
SHARES = st.decimals(min_value=0, max_value=1, places=3)
REGIONS = st.sampled_from(["none", "us", "eu", "uk"])
STEPPED = "input_cost_per_token_above_100k_tokens"


@st.composite
def requests(draw: st.DrawFn) -> dict[str, FactValue]:
    """Facts about prompts, sessions, caches and regions."""
    prefix = draw(st.integers(0, 60_000))
    average = prefix + draw(st.integers(0, 90_000))
    return facts(
        tokens__input_avg=average,
        tokens__input_p99=average + draw(st.integers(0, 400_000)),
        tokens__shared_prefix=prefix,
        tokens__output_avg=draw(st.integers(0, 2000)),
        tokens__output_max=4000,
        scale__requests_per_day=draw(st.integers(1, 200_000)),
        scale__async_share=draw(st.sampled_from([0, 0.25, 1])),
        context__multi_turn=draw(st.booleans()),
        context__turns_avg=draw(st.integers(1, 60)),
        traffic__exact_repeat_share=float(draw(SHARES)),
        traffic__repeat_share=float(draw(SHARES)),
        design__cache=draw(st.sampled_from(["none", "exact", "semantic"])),
        data__residency=draw(REGIONS),
        lifecycle__horizon_months=2,
    )


@st.composite
def tables(draw: st.DrawFn) -> PriceTable:
    """Prices in order: reading costs less than fresh input, writing more, and so do prompts above the step."""
    fresh = draw(st.decimals(min_value="0.01", max_value=20, places=3))
    usd = {"fresh": fresh, "cached": fresh * draw(SHARES), "output": draw(st.decimals(0, 20, places=3))}
    if draw(st.booleans()):
        usd["written"] = fresh * (1 + draw(SHARES))
    if draw(st.booleans()):
        usd["above_100k"] = fresh * (1 + 4 * draw(SHARES))
    if draw(st.booleans()):
        usd |= {"batch_fresh": fresh / 2, "batch_output": usd["output"] / 2}
    factors = draw(st.sampled_from([{}, {"us": Decimal("1.1")}, {"us": Decimal("1.1"), "eu": Decimal("1.2")}]))
    return replace(prices(**{name: str(each) for name, each in usd.items()}), multipliers=factors)


VECTORS = model("vectors", prices(fresh="0.02", output="0"))


def option(name: str, table: PriceTable, **changes: object) -> CostOption:
    return replace(CostOption(name=name, card=model(name, table), cache_embedder=VECTORS), **changes)  # type: ignore[arg-type]  # fields of the option


@FEW
@given(given_facts=requests(), table=tables(), second=tables(), share=SHARES)
def test_the_cheap_case_is_never_dearer_and_the_dear_case_never_cheaper(
    given_facts: dict[str, FactValue], table: PriceTable, second: PriceTable, share: Decimal
) -> None:
    route = Route(name="r", card=model("r", second), share=level(share))
    for found in (option("m", table), option("mix", table, routes=(route,))):
        rates = priced_option(found, given_facts, ()).rates
        assert rates is not None
        assert rates.request_usd.low <= rates.request_usd.base <= rates.request_usd.high


@FEW
@given(given_facts=requests(), table=tables(), second=tables(), share=SHARES)
def test_arrays_of_floats_follow_the_exact_model_for_every_kind_of_request(
    given_facts: dict[str, FactValue], table: PriceTable, second: PriceTable, share: Decimal
) -> None:
    other = model("other", second)
    options = (
        option("m", table),
        option("mix", table, routes=(Route(name="r", card=other, share=level(share)),)),
        option("cascade", table, escalates_to=other, escalation=ByCase(low=share / 2, base=share, high=share)),
        option("successor", table, successor=other, successor_from_month=2),
    )
    exact = project_cost(facts=given_facts, options=options, prices_as_of=PRICES_AS_OF)
    for one in options:
        months = MonthModel(priced_option(one, given_facts, ())).months({})[:, 0]
        for month, usd_month in enumerate(months, start=1):
            lines = [line for line in exact.lines if (line.option, line.month) == (one.name, month)]
            due = float(sum(line.amount_usd.base for line in lines))
            assert abs(usd_month - due) <= 1e-6 * due + 1e-3


@FEW
@given(given_facts=requests(), table=tables(), second=tables(), share=SHARES)
def test_a_mix_costs_between_its_models(
    given_facts: dict[str, FactValue], table: PriceTable, second: PriceTable, share: Decimal
) -> None:
    """Without caches: those of a mix are kept warm by fewer requests."""
    cold = {**given_facts, "tokens.shared_prefix": 0, "context.multi_turn": False, "design.cache": "none"}
    pure = [priced_option(option("m", each), cold, ()).rates for each in (table, second)]
    route = Route(name="r", card=model("r", second), share=level(share))
    mixed = priced_option(option("m", table, routes=(route,)), cold, ()).rates
    assert mixed is not None
    ends = [rates.request_usd.base for rates in pure if rates is not None]
    assert len(ends) == 2
    expected = (1 - share) * ends[0] + share * ends[1]
    assert abs(mixed.request_usd.base - expected) <= Decimal("1e-12")


@FEW
@given(given_facts=requests(), table=tables(), less=SHARES, more=SHARES)
def test_more_answers_from_an_exact_cache_never_cost_more(
    given_facts: dict[str, FactValue], table: PriceTable, less: Decimal, more: Decimal
) -> None:
    """Of requests that stand alone and share nothing; where a prefix is kept warm fewer requests may lose it."""
    plain = {**given_facts, "design.cache": "exact", "tokens.shared_prefix": 0, "context.multi_turn": False}
    usd = []
    for share in sorted((less, more)):
        rates = priced_option(option("m", table), {**plain, "traffic.exact_repeat_share": float(share)}, ()).rates
        assert rates is not None
        usd.append(rates.request_usd.base)
    assert usd[1] <= usd[0]


@FEW
@given(
    floor=st.integers(0, 200_000),
    own=st.integers(1, 200_000),
    tail=st.integers(1, 2_000_000),
    steps=st.lists(st.integers(1, 400_000), min_size=1, max_size=3, unique=True),
)
def test_the_parts_of_the_prompts_make_the_whole(floor: int, own: int, tail: int, steps: list[int]) -> None:
    average = Decimal(floor + own)
    found = PromptLengths(average=average, floor=Decimal(floor), p99=average + tail)
    parts = found.parts(sorted(steps))
    assert len(parts) == len(steps) + 1
    assert sum(part.share for part in parts) == 1
    assert all(part.share >= 0 for part in parts)
    assert abs(sum(part.share * part.mean_tok for part in parts) - average) < Decimal("1e-12")
    means = [part.mean_tok for part in parts if part.share]
    assert means == sorted(means)
