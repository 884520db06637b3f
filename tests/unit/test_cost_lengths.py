"""How prompts stand on the two sides of a price step: a lognormal through the average and the 99th percentile."""

from decimal import Decimal
from math import exp, log, sqrt
from statistics import NormalDist

import pytest

from maquette.cost.lengths import PromptLengths
from maquette.cost.options import CostOption, priced_option
from maquette.cost.rates import Rates
from tests.cost_world import api, facts, model, prices, project

NORMAL = NormalDist()


def lengths(average: int, floor: int, p99: int) -> PromptLengths:
    return PromptLengths(average=Decimal(average), floor=Decimal(floor), p99=Decimal(p99))


def rates(option: CostOption, **changes: int) -> Rates:
    found = priced_option(option, facts(frozenset(), **changes), ()).rates
    assert found is not None
    return found


@pytest.mark.parametrize("step", [20_000, 60_000, 100_000, 200_000])
def test_the_share_and_the_tokens_above_a_step_are_those_of_the_lognormal(step: int) -> None:
    """With Phi of the standard library: s = z - sqrt(z^2 - 2 ln(138/33)) = 0.729, mu = ln 33000 - s^2/2 = 10.138."""
    z = NORMAL.inv_cdf(0.99)
    spread = z - sqrt(z * z - 2 * log(138_000 / 33_000))
    centre = log(33_000) - spread**2 / 2
    assert exp(centre + spread**2 / 2) == pytest.approx(33_000)
    assert exp(centre + z * spread) == pytest.approx(138_000)
    above = NORMAL.cdf((centre - log(step - 12_000)) / spread)
    tokens = 33_000 * NORMAL.cdf((centre + spread**2 - log(step - 12_000)) / spread)

    below, over = lengths(45_000, 12_000, 150_000).parts([step])
    assert float(over.share) == pytest.approx(above, rel=1e-9)
    assert float(over.mean_tok) == pytest.approx(12_000 + tokens / above, rel=1e-9)
    assert below.share + over.share == 1
    mean = below.share * below.mean_tok + over.share * over.mean_tok
    assert mean.quantize(Decimal("1e-15")) == 45_000


def test_one_of_a_hundred_prompts_passes_the_99th_percentile() -> None:
    _, over = lengths(90_000, 0, 150_000).parts([150_000])
    assert over.share == Decimal("0.01")


def test_a_tail_that_no_lognormal_has_is_as_heavy_as_one_can_be() -> None:
    """A 99th percentile of more than exp(z^2/2) = 14.97 times the average: s = z, and 1 of 100 passes 14.97 times."""
    z = NORMAL.inv_cdf(0.99)
    _, over = lengths(1000, 0, 100_000).parts([50_000])
    assert float(over.share) == pytest.approx(NORMAL.cdf((log(1000) - z * z / 2 - log(50_000)) / z), rel=1e-9)


def test_parts_with_hardly_anybody_count_to_their_neighbour() -> None:
    below, between, above = lengths(1450, 1200, 2600).parts([100_000, 272_000])
    assert [part.share for part in (below, between, above)] == [Decimal(1), Decimal(0), Decimal(0)]
    assert below.mean_tok == 1450


def test_a_shared_prefix_beyond_the_step_takes_every_prompt_there() -> None:
    below, above = lengths(140_300, 140_000, 141_000).parts([100_000])
    assert (below.share, above.share, above.mean_tok) == (Decimal(0), Decimal(1), Decimal(140_300))


def test_the_expected_case_pays_each_side_of_the_step_at_its_own_price() -> None:
    """90,000 on average, 120,000 at the 99th percentile: 18.6 % of the prompts have 22.2 % of the tokens above 100,000.

    1 dollar a million below, 2 above: 90,000 + 0.186 * 107,394 = 109,988 millionths a request.
    """
    option = api(fresh="1", above_100k="2", output="0")
    found = rates(option, tokens__input_avg=90_000, tokens__input_p99=120_000)
    units = {line.name: line.per_request.base for line in found.lines if line.usd_per_unit}
    assert units.keys() == {"input, fresh", "input, fresh, above 100k"}
    assert sum(units.values()) == 90_000
    over = units["input, fresh, above 100k"]
    assert float(over) == pytest.approx(0.186119459222 * 107_394.354285144, rel=1e-9)
    assert found.request_usd.base == (90_000 + over) / 1_000_000
    assert (found.request_usd.low, found.request_usd.high) == (Decimal("0.09"), Decimal("0.18"))


def test_where_the_99th_percentile_is_unknown_the_step_is_judged_at_the_average() -> None:
    option = api(fresh="1", above_100k="2", output="0")
    found = priced_option(option, facts(frozenset({"tokens.input_p99"}), tokens__input_avg=90_000), ()).rates
    assert found is not None
    assert found.request_usd.base == Decimal("0.09")


def test_answers_and_the_cached_prefix_are_on_both_sides() -> None:
    usd = prices(fresh="1", cached="0.1", output="4", above_100k="2")
    given = facts(
        tokens__input_avg=90_000,
        tokens__input_p99=120_000,
        tokens__shared_prefix=50_000,
        scale__requests_per_day=86_400,
    )
    (cost,) = project(given, CostOption(name="m", card=model("m", usd))).options
    found = priced_option(CostOption(name="m", card=model("m", usd)), given, ()).rates
    assert found is not None
    units = {line.name: line.per_request.base for line in found.lines}
    assert units["output"] == 100
    # Read but for one in 86,400, which is written anew each day at the price of fresh tokens.
    assert units["input, cached"] == pytest.approx(Decimal(50_000) * 86_399 / 86_400, abs=Decimal("1e-6"))
    assert sum(units.values()) == 90_100
    assert cost.usd_per_request is not None
    assert abs(cost.usd_per_request - found.request_usd.base) < Decimal("1e-12")
