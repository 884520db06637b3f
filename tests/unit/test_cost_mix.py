"""Several models in one option: each answers its share, or one answers once another has retired."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from maquette import wiring
from maquette.catalog.cards import ModelCard
from maquette.catalogs import load_catalog
from maquette.cli.main import run
from maquette.cost.calendar import PLAIN_CALENDAR
from maquette.cost.options import CostOption, priced_option
from maquette.cost.projection import ByCase
from maquette.cost.streams import Route
from maquette.cost.workload import level
from maquette.foundation.problems import InvalidInput, NotFound
from maquette.project.cost_options import with_successor
from maquette.project.costing import with_mix
from maquette.project.successors import line_of, successor
from tests.cost_world import facts, model, prices, project
from tests.project_world import scenario_project

SMALL, LARGE = "gpt-6-luna", "gpt-6.1-terra"


def flat(name: str, usd: str, *, retires_on: date | None = None) -> ModelCard:
    """A model at so many dollars a million tokens in, and nothing out."""
    return model(name, prices(fresh=usd, output="0"), retires_on=retires_on)


def mix(**shares: str) -> CostOption:
    """One at 1 dollar for the rest, the routes at 10 and 0.1."""
    cards = {"dear": flat("dear", "10"), "cheap": flat("cheap", "0.1")}
    routes = tuple(Route(name=name, card=cards[name], share=level(Decimal(share))) for name, share in shares.items())
    return CostOption(name="mix", card=flat("own", "1"), routes=routes)


def test_each_model_of_a_mix_answers_its_share_at_its_price() -> None:
    """30,400 requests of 2,000 tokens: 60.8 * (0.6*1 + 0.1*10 + 0.3*0.1) dollars."""
    projection = project(facts(), mix(dear="0.1", cheap="0.3"))
    (cost,) = projection.options
    amounts = {line.name: line.amount_usd.base for line in projection.lines if line.month == 1 and line.usd_per_unit}
    assert amounts == {
        "input, fresh": Decimal("36.48"),
        "dear: input, fresh": Decimal("60.8"),
        "cheap: input, fresh": Decimal("1.824"),
    }
    assert cost.first_month_usd is not None
    assert cost.first_month_usd.base == Decimal("99.104")
    assert cost.usd_per_request == Decimal("0.00326")


def test_a_mix_in_which_the_routes_answer_all_has_no_line_of_its_own_model() -> None:
    priced = priced_option(mix(dear="0.25", cheap="0.75"), facts(), ())
    assert [one.name for one in priced.streams] == ["dear", "cheap"]


def test_each_model_of_a_mix_keeps_its_own_cache_warm() -> None:
    """864 requests a day are 3 in 300 s; a tenth of them is too seldom to keep a prefix warm."""
    usd = {"fresh": "1", "cached": "0.1", "output": "0"}
    own, other = model("own", prices(**usd)), model("other", prices(**usd))
    given = facts(scale__requests_per_day=864, tokens__shared_prefix=1500)
    option = CostOption(name="mix", card=own, routes=(Route(name="other", card=other, share=level(Decimal("0.1"))),))
    streams = {one.name: one.rates.cache_hits for one in priced_option(option, given, ()).streams}
    assert streams[""] is not None
    assert streams["other"] is not None
    assert streams[""].base > Decimal("0.99")
    assert streams["other"].base == 0


def test_a_route_without_a_price_leaves_the_mix_unpriced() -> None:
    route = Route(name="r", card=model("r", None), share=level(Decimal("0.5")))
    priced = priced_option(CostOption(name="mix", card=flat("own", "1"), routes=(route,)), facts(), ())
    assert (priced.unpriced, priced.streams, priced.rates) == (("r has no price in the catalog",), (), None)


def test_shares_beyond_all_requests_leave_the_mix_unpriced() -> None:
    priced = priced_option(mix(dear="0.7", cheap="0.4"), facts(), ())
    assert priced.unpriced == ("the shares of its mix are more than all requests",)


def test_the_mix_is_among_the_assumptions() -> None:
    said = {one.name: one.value for one in priced_option(mix(dear="0.1"), facts(), ()).assumptions}
    assert said["mix: requests that dear answers"] == "10 %"


GOING = date(2027, 3, 1)


def test_a_successor_answers_from_its_month_on() -> None:
    option = CostOption(name="m", card=flat("m", "1"), successor=flat("next", "3"), successor_from_month=4)
    projection = project(facts(), option)
    by_month = {month: Decimal(0) for month in range(1, 13)}
    for line in projection.lines:
        by_month[line.month] += line.amount_usd.base
    assert [by_month[month] for month in (1, 3, 4, 12)] == [Decimal("60.8")] * 2 + [Decimal("182.4")] * 2
    names = {line.name for line in projection.lines if line.month == 5 and line.usd_per_unit}
    assert names == {"successor: input, fresh"}


def test_a_successor_beyond_the_horizon_or_without_a_price_changes_nothing() -> None:
    plain = project(facts(), CostOption(name="m", card=flat("m", "1"))).options
    late = CostOption(name="m", card=flat("m", "1"), successor=flat("next", "3"), successor_from_month=13)
    assert project(facts(), late).options == plain
    unpriced = CostOption(name="m", card=flat("m", "1"), successor=model("next", None), successor_from_month=4)
    found = project(facts(), unpriced)
    assert [one.total_usd for one in found.options] == [one.total_usd for one in plain]
    assert any("the model's own price goes on" in one.source.ref for one in found.assumptions)


def cards(*found: ModelCard) -> Mapping[str, ModelCard]:
    return {card.id: card for card in found}


def test_what_the_provider_names_goes_before_what_has_a_similar_name() -> None:
    old = flat("line-1", "1", retires_on=GOING)
    there = cards(old, flat("line-2", "5"), flat("other-1", "9"))
    until = date(2028, 1, 1)
    named = successor(old, there, named={"line-1": "other-1"}, until=until)
    unnamed = successor(old, there, named={}, until=until)
    assert named is not None
    assert unnamed is not None
    assert (named.id, unnamed.id) == ("other-1", "line-2")


def test_a_replacement_that_is_itself_replaced_is_followed() -> None:
    old, middle = flat("a-1", "1", retires_on=GOING), flat("b-1", "1", retires_on=GOING)
    there = cards(old, middle, flat("c-1", "1"))
    found = successor(old, there, named={"a-1": "b-1", "b-1": "c-1"}, until=date(2028, 1, 1))
    assert found is not None
    assert found.id == "c-1"


def test_the_cheapest_of_the_line_that_lasts_is_taken_and_nobody_where_none_does() -> None:
    old = flat("line-1", "1", retires_on=GOING)
    there = cards(old, flat("line-2", "0.5", retires_on=GOING), flat("line-3", "4"), flat("line-4", "3"))
    until = date(2028, 1, 1)
    found = successor(old, there, named={}, until=until)
    assert found is not None
    assert found.id == "line-4"
    assert successor(old, cards(old), named={}, until=until) is None
    elsewhere = replace(flat("line-5", "1"), provider="other")
    assert successor(old, cards(old, elsewhere), named={}, until=until) is None


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("claude-sonnet-4-5-20250929", "claude-sonnet"),
        ("gpt-5.4-nano-2026-03-17", "gpt-nano"),
        ("gemini/gemini-2.5-flash", "gemini/gemini-flash"),
        ("o3", "o3"),
    ],
)
def test_the_line_of_a_model_is_its_name_without_versions(name: str, line: str) -> None:
    assert line_of(name) == line


def test_the_shipped_catalog_knows_what_follows_a_model_that_retires() -> None:
    """claude-sonnet-4-5 ends on 30 November 2026; the cheapest Sonnet that stays is 5.5, at 2 and 10 dollars."""
    shipped = load_catalog().cards
    found = with_successor(
        CostOption(name="m", card=shipped["claude-sonnet-4-5"]),
        shipped,
        named={},
        horizon_months=12,
        calendar=PLAIN_CALENDAR,
        as_of=date(2026, 11, 18),
    )
    assert found.successor is not None
    assert shipped["claude-sonnet-4-5"].retires_on == date(2026, 11, 30)
    # Month 1 ends on 18 December; the old model answers in it, for an option that is named after it.
    assert found.successor_from_month == 2
    assert found.successor.id == "claude-sonnet-5-5"


@pytest.fixture
def shop(tmp_path: Path) -> wiring.Project:
    found = scenario_project(tmp_path / "p", "b")
    found.set_settings({"shortlist.chosen": [SMALL]})
    return found


def test_a_mix_is_an_option_beside_the_projects_own(shop: wiring.Project) -> None:
    inputs = with_mix(shop.view, shop.view.cost_inputs, {LARGE: Decimal("0.2"), SMALL: Decimal("0.8")})
    found = inputs.options[-1]
    assert (found.name, found.card.id) == (f"20 % {LARGE} + 80 % {SMALL}", SMALL)
    assert [(one.name, one.share) for one in found.routes] == [
        (LARGE, ByCase(low=Decimal("0.2"), base=Decimal("0.2"), high=Decimal("0.2")))
    ]
    assert inputs.options[:-1] == shop.view.cost_inputs.options


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ({SMALL: "1"}, "1 models with shares of 1 together"),
        ({SMALL: "0.5", LARGE: "0.4"}, r"2 models with shares of 0\.9 together"),
        ({SMALL: "1.5", LARGE: "-0.5"}, r"a share of 1\.5"),
        ({SMALL: "NaN", LARGE: "1"}, "a share of NaN"),
    ],
)
def test_shares_that_make_no_whole_are_refused(shop: wiring.Project, shares: dict[str, str], says: str) -> None:
    given = {name: Decimal(share) for name, share in shares.items()}
    with pytest.raises(InvalidInput, match=says):
        with_mix(shop.view, shop.view.cost_inputs, given)


def test_a_model_that_nobody_knows_is_refused(shop: wiring.Project) -> None:
    with pytest.raises(NotFound, match="is not in the catalog"):
        with_mix(shop.view, shop.view.cost_inputs, {SMALL: Decimal("0.5"), "nobody": Decimal("0.5")})


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--mix", f"{SMALL}=0.8,{LARGE}=0.2"], 0),
        (["--mix", f"{SMALL}=0.8,{LARGE}=0.1"], 3),
        (["--mix", f"{SMALL}=0.8,{LARGE}"], 3),
        (["--mix", f"{SMALL}=0.5,{SMALL}=0.5"], 3),
        (["--mix", f"{SMALL}=0.8,{LARGE}=0.2", "--if", "tokens.output_avg=5"], 2),
    ],
)
def test_the_command_adds_a_mix(
    shop: wiring.Project, arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["cost", *arguments, "--draws", "500", "--project", str(shop.folder)]) == status
    assert (f"80 % {SMALL} + 20 % {LARGE}" in " ".join(capsys.readouterr().out.split())) is (status == 0)
