"""What holds for every workload and price: the projection against an oracle in exact decimals, and its order."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.cost.flips import break_even
from maquette.cost.options import CostOption, HostRate
from maquette.cost.projection import CASES, OptionCost
from maquette.foundation.expression import FactValue
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Range
from tests.cost_world import api, facts, machine, project

MILLIONTH = Decimal("0.000001")
SOURCE = Source(kind=SourceKind.CLAIMED, ref="drawn")

USD = st.decimals(min_value=0, max_value=100, places=3).map(str)
COUNTS = st.integers(min_value=0, max_value=200_000)
VOLUMES = st.integers(min_value=0, max_value=10_000_000)
SHARES = st.sampled_from([0, 0.1, 0.25, 1 / 3, 0.9, 1])

WORKLOADS = st.fixed_dictionaries(
    {
        "scale.requests_per_day": VOLUMES,
        "scale.growth_pct_month": st.integers(min_value=-100, max_value=200),
        "scale.async_share": SHARES,
        "scale.active_hours": st.sampled_from([1, 8, 24]),
        "tokens.input_avg": COUNTS,
        "tokens.output_avg": COUNTS,
        "tokens.shared_prefix": COUNTS,
        "tokens.input_p99": COUNTS,
        "tokens.output_max": COUNTS,
        "lifecycle.horizon_months": st.integers(min_value=1, max_value=4),
        "latency.mode": st.sampled_from(["interactive", "batch"]),
    },
)
PRICES = st.fixed_dictionaries(
    {"fresh": USD, "output": USD},
    optional={
        "cached": USD,
        "written": USD,
        "above_100k": USD,
        "batch_fresh": USD,
        "batch_output": USD,
        "batch_cached": USD,
        "request": USD,
    },
)
FEW = settings(max_examples=25)


def settled(answers: Mapping[str, FactValue]) -> dict[str, FactValue]:
    return facts(**{name.replace(".", "__"): value for name, value in answers.items()})  # type: ignore[arg-type]  # no key is ``unknown``


def priced(usd: Mapping[str, str]) -> CostOption:
    return api("m", None, **usd)


def cost(answers: Mapping[str, FactValue], option: CostOption) -> OptionCost:
    (found,) = project(settled(answers), option).options
    return found


def first(found: OptionCost) -> Range[Decimal]:
    assert found.first_month_usd is not None
    return found.first_month_usd


@FEW
@given(answers=WORKLOADS, usd=PRICES)
def test_every_amount_is_quantity_times_price_and_every_sum_the_sum_of_its_lines(
    answers: dict[str, FactValue], usd: dict[str, str]
) -> None:
    projection = project(settled(answers), priced(usd))
    (found,) = projection.options
    if found.unpriced:
        assert not projection.lines
        return
    for line in projection.lines:
        for case in CASES:
            exact = line.quantity.of(case) * line.usd_per_unit
            assert abs(line.amount_usd.of(case) - exact) <= MILLIONTH / 2
    for month, told in ((1, found.first_month_usd), (projection.horizon_months, found.last_month_usd)):
        assert told is not None
        lines = [line.amount_usd for line in projection.lines if line.month == month]
        assert told.base == sum(amount.base for amount in lines)
        # Lines are rounded one by one, so that two cases of equal cost may change places by that much.
        assert abs(told.low - sum(amount.low for amount in lines)) <= MILLIONTH * len(lines)
        assert abs(told.high - sum(amount.high for amount in lines)) <= MILLIONTH * len(lines)


@FEW
@given(
    volume=VOLUMES,
    input_tok=COUNTS,
    output_tok=COUNTS,
    growth=st.integers(min_value=0, max_value=100),
    fresh=USD,
    output=USD,
)
def test_a_plain_workload_costs_what_exact_decimals_say(
    volume: int, input_tok: int, output_tok: int, growth: int, fresh: str, output: str
) -> None:
    answers: dict[str, FactValue] = {
        "scale.requests_per_day": volume,
        "tokens.input_avg": input_tok,
        "tokens.output_avg": output_tok,
        "scale.growth_pct_month": growth,
        "lifecycle.horizon_months": 6,
    }
    request = (input_tok * Decimal(fresh) + output_tok * Decimal(output)) / 1_000_000
    factor = 1 + Decimal(growth) / 100
    months = [volume * Decimal("30.4") * factor**month * request for month in range(6)]
    found = cost(answers, api(fresh=fresh, output=output))
    assert found.last_month_usd is not None
    assert found.total_usd is not None
    # The volume is rounded to a millionth of a request, the two lines to a millionth of a dollar.
    within = MILLIONTH * (1 + request)
    assert abs(first(found).base - months[0]) <= within
    assert abs(found.last_month_usd.base - months[-1]) <= within
    assert abs(found.total_usd.base - sum(months)) <= 6 * within


@FEW
@given(answers=WORKLOADS, usd=PRICES, volume=st.integers(min_value=1000, max_value=1_000_000))
def test_the_first_month_grows_along_a_straight_line_with_the_volume(
    answers: dict[str, FactValue], usd: dict[str, str], volume: int
) -> None:
    """All the while the prefix is as warm: the peak and the cache are judged by the rate, so the rate is held."""
    held = settled({**answers, "scale.requests_per_day": volume})
    amounts = []
    for factor in (1, 2, 3):
        (found,) = project({**held, "scale.requests_per_day": factor * volume}, priced(usd)).options
        amounts.append(first(found).base)
    one, two, three = amounts
    # A share of 1/volume writes the prefix; it is cut behind the twelfth place.
    within = MILLIONTH * 60 + Decimal(volume) * Decimal("1e-9")
    assert abs((three - two) - (two - one)) <= within


@FEW
@given(answers=WORKLOADS, usd=PRICES, more=COUNTS, which=st.sampled_from(["tokens.input_avg", "tokens.output_avg"]))
def test_more_tokens_never_cost_less(answers: dict[str, FactValue], usd: dict[str, str], more: int, which: str) -> None:
    plain = {**answers, "tokens.shared_prefix": 0, "tokens.input_p99": 400_000}
    usd = {name: price for name, price in usd.items() if name != "above_100k"}
    longer = {**plain, which: int(str(plain[which])) + more}
    few, many = (first(cost(each, priced(usd))) for each in (plain, longer))
    assert all(getattr(few, case) <= getattr(many, case) + 10 * MILLIONTH for case in CASES)


@FEW
@given(answers=WORKLOADS, usd=PRICES)
def test_a_batch_price_never_makes_it_dearer(answers: dict[str, FactValue], usd: dict[str, str]) -> None:
    without = {name: price for name, price in usd.items() if not name.startswith("batch")}
    offered = {"batch_fresh": "50", "batch_output": "50", **usd}
    standard, batch = (first(cost(answers, priced(each))) for each in (without, offered))
    assert all(getattr(batch, case) <= getattr(standard, case) + 20 * MILLIONTH for case in CASES)


@FEW
@given(answers=WORKLOADS, usd=PRICES)
def test_without_growth_every_month_is_alike(answers: dict[str, FactValue], usd: dict[str, str]) -> None:
    found = cost({**answers, "scale.growth_pct_month": 0}, priced(usd))
    assert found.first_month_usd == found.last_month_usd
    assert found.total_usd is not None
    assert found.total_usd.base == first(found).base * int(str(answers["lifecycle.horizon_months"]))


@FEW
@given(
    options=st.lists(st.tuples(USD, USD), min_size=2, max_size=4),
    throughput=st.floats(min_value=0.001, max_value=1000),
    answers=WORKLOADS,
)
def test_options_stand_in_the_order_of_their_totals_and_months_only_grow_with_growth(
    options: list[tuple[str, str]], throughput: float, answers: dict[str, FactValue]
) -> None:
    growing = {**answers, "scale.growth_pct_month": abs(int(str(answers["scale.growth_pct_month"])))}
    named = [api(f"api {index}", fresh=fresh, output=output) for index, (fresh, output) in enumerate(options)]
    projection = project(settled(growing), *named, machine(throughput_per_s=throughput))
    totals: list[Decimal] = [found.total_usd.base for found in projection.options if found.total_usd]
    assert totals == sorted(totals)
    for found in projection.options:
        months = [
            sum(each.amount_usd.base for each in projection.lines if (each.option, each.month) == (found.option, month))
            for month in range(1, projection.horizon_months + 1)
        ]
        assert all(earlier <= later for earlier, later in pairwise(months))


@given(
    cents=st.integers(min_value=1, max_value=100_000),
    request_usd=st.decimals(min_value="0.000001", max_value="1", places=6),
    capacity=st.integers(min_value=1, max_value=10_000_000),
    spare=st.sampled_from([0, 1]),
)
def test_machines_break_even_exactly_where_it_says(cents: int, request_usd: Decimal, capacity: int, spare: int) -> None:
    host = HostRate(
        name="host",
        usd_per_hour=Decimal(cents) / 100,
        source=SOURCE,
        throughput_per_s=Decimal(1),
        capacity=Decimal(capacity),
    )

    def machines_usd(volume: Decimal) -> Decimal:
        serving = max(Decimal(1), (volume / capacity).to_integral_value(ROUND_CEILING))
        return (serving + spare) * host.machine_month_usd

    at = break_even(request_usd, host, Decimal(spare))
    if at is None:
        assert all(n * host.machine_month_usd >= (n - spare) * capacity * request_usd for n in range(1 + spare, 200))
        return
    # A hair either side of the threshold, which has 28 digits.
    above, below = at.above * Decimal("1.000001"), at.above * Decimal("0.999999")
    assert at.machines * host.machine_month_usd < above * request_usd
    assert machines_usd(below) > below * request_usd
    assert at.up_to is not None
    assert at.up_to >= at.above
    assert machines_usd(at.up_to) <= at.up_to * request_usd
