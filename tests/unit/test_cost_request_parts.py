"""Sessions, caches of responses and regions: what of a request is read, answered without a model, or dearer."""

from decimal import Decimal

import pytest

from maquette.catalog.cards import ModelCard
from maquette.cost.options import CostOption, PricedOption, priced_option
from maquette.cost.projection import ByCase
from maquette.cost.rates import Rates
from maquette.cost.regions import uplift
from maquette.cost.workload import Workload, workload
from maquette.foundation.expression import FactValue
from maquette.foundation.problems import InvalidInput
from tests.cost_world import PAGE, api, facts, model, prices, project

CARD = model("m", prices(fresh="2", cached="0.1", written="2.5", output="10"))


def load_of(**changes: FactValue) -> Workload:
    found = workload(facts(frozenset(), **changes), measured=None)
    assert isinstance(found, Workload)
    return found


def priced(card: ModelCard = CARD, /, **changes: FactValue) -> PricedOption:
    return priced_option(CostOption(name="m", card=card), facts(frozenset(), **changes), ())


def rates(card: ModelCard = CARD, /, **changes: FactValue) -> Rates:
    found = priced(card, **changes).rates
    assert found is not None
    return found


def units(found: Rates, case: str = "base") -> dict[str, Decimal]:
    return {line.name: getattr(line.per_request, case) for line in found.lines if getattr(line.per_request, case)}


SESSION: dict[str, FactValue] = {
    "context__multi_turn": True,
    "context__turns_avg": 9,
    "tokens__input_avg": 9000,
    "tokens__input_p99": 9000,
    "tokens__shared_prefix": 1000,
    "scale__requests_per_day": 864,
}
"""Nine turns of 9,000 tokens on average, 1,000 of them shared; one request in 100 s keeps the prefix warm."""


def test_a_session_reads_what_the_turn_before_sent() -> None:
    """2/9 of 9,000 tokens are new each turn. In the cheap case turn t sends 1,000 and t parts of 1,600 tokens.

    Those are 2,600, 4,200, ... 15,400 tokens, 9,000 on average, of which only the last 1,600 are new.
    """
    found = rates(**SESSION)
    assert units(found) == {"input, cached": 7000, "cache writes": 2000, "output": 100}
    prompts = [1000 + turn * 1600 for turn in range(1, 10)]
    assert sum(prompts) / 9 == 9000
    read = [1000, *prompts[:-1]]
    assert units(found, "low") == {"input, cached": Decimal(sum(read)) / 9, "cache writes": 1600, "output": 100}
    assert units(found, "high") == {"input, fresh": 9000, "output": 100}
    # (7000*.1 + 2000*2.5 + 100*10) / 1e6, and without any cache (9000*2 + 1000) / 1e6
    assert found.request_usd.base == Decimal("0.0067")
    assert found.uncached_usd == Decimal("0.019")


def test_a_session_without_a_price_for_writing_pays_what_is_new_as_fresh_input() -> None:
    found = rates(model("m", prices(fresh="2", cached="0.1", output="10")), **SESSION)
    assert units(found) == {"input, cached": 7000, "input, fresh": 2000, "output": 100}


def test_a_session_too_short_to_pay_for_its_writes_caches_the_shared_prefix_alone() -> None:
    """In two turns all is new: 9,000 written at 2.5 cost more than 7,000 fresh ones at 2 and 2,000 read at 0.1.

    The prefix is written once a day: for one request in 864.
    """
    found = units(rates(**{**SESSION, "context__turns_avg": 2, "tokens__shared_prefix": 2000}))
    assert found["input, fresh"] == 7000
    assert found["input, cached"] == pytest.approx(Decimal(2000) * 863 / 864, abs=Decimal("1e-9"))
    assert found["cache writes"] == pytest.approx(Decimal(2000) / 864, abs=Decimal("1e-9"))


@pytest.mark.parametrize("changes", [{"context__multi_turn": False}, {"latency__mode": "batch"}])
def test_without_turns_that_somebody_waits_for_only_the_prefix_is_shared(changes: dict[str, FactValue]) -> None:
    assert load_of(**{**SESSION, **changes}).most_cached_tok == 1000


def test_a_session_too_short_for_the_providers_cache_is_fresh() -> None:
    small = {**SESSION, "tokens__input_avg": 900, "tokens__input_p99": 900, "tokens__shared_prefix": 0}
    assert units(rates(**small)) == {"input, fresh": 900, "output": 100}


def test_what_a_session_reads_is_among_the_assumptions() -> None:
    (said,) = [one for one in priced(**SESSION).assumptions if "of a turn read from the cache" in one.name]
    assert (said.low, said.value, said.high) == ("7,400", "7,000", "0")
    assert "of 9,000 in 9 turns that only append" in said.source.ref


def test_an_exact_cache_answers_the_repeats_that_it_still_has() -> None:
    """Of 20 % repeats 0.7 are answered: 14 % of the requests cost nothing; all 20 % in the cheap case."""
    plain = rates(model("m", prices(fresh="1", output="0")))
    found = rates(model("m", prices(fresh="1", output="0")), design__cache="exact", traffic__exact_repeat_share=0.2)
    assert plain.request_usd.base == Decimal("0.002")
    assert found.request_usd == ByCase(low=Decimal("0.0016"), base=Decimal("0.00172"), high=Decimal("0.002"))


@pytest.mark.parametrize(
    ("changes", "base"),
    [
        ({}, "1"),
        ({"design__cache": "none"}, "1"),
        ({"design__cache": "exact"}, "0.986"),
        ({"design__cache": "semantic"}, "0.79"),
        # Only some may see an answer: similar requests of others are not answered with it.
        ({"design__cache": "semantic", "knowledge__acl": True}, "0.986"),
        ({"design__cache": "semantic", "users__multi_tenant": True}, "0.986"),
        ({"design__cache": "semantic", "data__sensitivity": "pii"}, "1"),
        ({"design__cache": "exact", "data__sensitivity": "phi"}, "1"),
    ],
)
def test_which_cache_is_counted_on_hangs_on_the_design_and_the_data(changes: dict[str, FactValue], base: str) -> None:
    given: dict[str, FactValue] = {"traffic__exact_repeat_share": 0.02, "traffic__repeat_share": 0.3}
    found = load_of(**{**given, **changes})
    assert found.reaching.base == Decimal(base)
    assert (found.reaching.high, found.asks_similar) == (Decimal(1), base == "0.79")


def test_a_cache_without_a_known_share_of_repeats_answers_nothing_and_says_so() -> None:
    found = load_of(design__cache="exact")
    assert found.reaching == ByCase(low=Decimal(1), base=Decimal(1), high=Decimal(1))
    (said,) = [one for one in found.assumptions if "exact cache" in one.name]
    assert "traffic.exact_repeat_share not answered" in said.source.ref


def test_more_repeats_than_requests_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"1\.5 is more than all requests"):
        load_of(design__cache="exact", traffic__exact_repeat_share=1.5)


SEMANTIC: dict[str, FactValue] = {"design__cache": "semantic", "traffic__repeat_share": 0.4}


def test_a_semantic_cache_pays_an_embedding_for_every_request() -> None:
    """2,000 tokens of each of 30,400 requests at 0.02 dollars a million, and 72 % of the requests at 1."""
    vectors = model("vectors", prices(fresh="0.02", output="0"))
    option = CostOption(name="m", card=model("m", prices(fresh="1", output="0")), cache_embedder=vectors)
    projection = project(facts(frozenset(), **SEMANTIC), option)
    amounts = {line.name: line.amount_usd.base for line in projection.lines if line.month == 1 and line.usd_per_unit}
    assert amounts == {"input, fresh": Decimal("43.776"), "semantic cache: input, fresh": Decimal("1.216")}


def test_a_semantic_cache_without_an_embedding_model_says_what_is_not_priced() -> None:
    (said,) = [one for one in priced(**SEMANTIC).assumptions if "an embedding a request" in one.name]
    assert said.source.ref == "no embedding model is named: its calls are not priced"


def in_regions(**multipliers: str) -> ModelCard:
    from dataclasses import replace

    factors = {name: Decimal(factor) for name, factor in multipliers.items()}
    table = replace(prices(fresh="1", output="4", request="100"), multipliers=factors)
    return model("m", table)


@pytest.mark.parametrize(
    ("region", "low", "base", "high"),
    [
        ("eu", "1.1", "1.1", "1.1"),
        # Data is in the US already; being processed nowhere else, as is configured, costs more.
        ("us", "1", "1.2", "1.2"),
        # No factor of its own: the highest of the others, in the dear case.
        ("uk", "1", "1", "1.2"),
    ],
)
def test_a_region_has_the_price_lists_factor(region: str, low: str, base: str, high: str) -> None:
    price = in_regions(eu="1.1", us="1.2").price
    assert price is not None
    assert uplift(price, region) == ByCase(low=Decimal(low), base=Decimal(base), high=Decimal(high))


def test_without_a_region_or_a_factor_there_is_no_uplift() -> None:
    with_factor, without = in_regions(eu="1.1").price, prices(fresh="1")
    assert with_factor is not None
    assert uplift(with_factor, None) is None
    assert uplift(without, "eu") is None
    assert priced(in_regions(eu="1.1"), data__residency="on_prem_only").load.region is None  # type: ignore[union-attr]  # priced has a load


def test_in_a_region_every_token_costs_more_and_a_fee_a_request_does_not() -> None:
    """(2000*1 + 100*4) / 1e6 * 1.1 and a fee of 100 / 1e6."""
    found = rates(in_regions(eu="1.1"), data__residency="eu")
    assert found.request_usd.base == Decimal("0.0024") * Decimal("1.1") + Decimal("0.0001")
    assert {line.name: line.usd_per_unit for line in found.lines} == {
        "input, fresh, in eu": Decimal("0.0000011"),
        "output, in eu": Decimal("0.0000044"),
        "request": Decimal("0.0001"),
    }
    assert {line.price_key for line in found.lines} == {
        "input_cost_per_token",
        "output_cost_per_token",
        "input_cost_per_request",
    }


def test_the_factor_is_among_the_assumptions() -> None:
    (said,) = [
        one for one in priced(in_regions(us="1.1"), data__residency="us").assumptions if "token prices" in one.name
    ]
    assert (said.name, said.low, said.value, said.high) == ("m: token prices in us, times", "1", "1.1", "1.1")
    assert PAGE.ref not in said.source.ref


def test_an_option_without_any_of_it_has_the_lines_that_it_always_had() -> None:
    found = priced_option(api(), facts(), ()).rates
    assert found is not None
    assert [line.name for line in found.lines] == ["input, fresh", "output"]
