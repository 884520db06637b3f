"""The share of a second provider that is kept warm: what it costs, and that the gateway sends it as much."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from maquette import wiring
from maquette.bundle.gateway.routing import FIRST_STEP, WARM_SHARE, shared_out
from maquette.cost.options import CostOption, WarmSecond, priced_option
from maquette.cost.projection import CostProjection
from maquette.decision.decision import Choice, DecisionStatus
from maquette.project.costing import with_ensemble, with_mix
from maquette.project.lever_proposals import _routed
from maquette.project.view import View
from tests.cost_world import api, facts, machine, model, prices, project
from tests.project_world import scenario_project

OWN, SECOND, OTHER = "gpt-6-luna", "claude-haiku-5-5", "gpt-6.1-terra"
WHY = "the stated ceiling on one provider"


def warm(own: CostOption, usd: str | None = "10", share: str = "0.05") -> CostOption:
    """The option whose second provider has a share at so many dollars a million tokens in, and nothing out."""
    table = None if usd is None else prices(fresh=usd, output="0")
    return replace(own, second=WarmSecond(name="b", card=model("b", table), share=Decimal(share), why=WHY))


def amounts(found: CostProjection) -> dict[str, Decimal]:
    return {line.name: line.amount_usd.base for line in found.lines if line.month == 1 and line.amount_usd.base}


def test_the_second_provider_has_lines_of_its_own_and_the_own_model_the_rest() -> None:
    """60.8 million tokens a month: 95 % at 1 dollar, 5 % at 10."""
    found = project(facts(), warm(api(output="0")))
    assert amounts(found) == {
        "input, fresh": Decimal("57.76"),
        "second provider, b: input, fresh": Decimal("30.4"),
    }
    (said,) = [one for one in found.assumptions if one.name == "m: requests that b answers"]
    assert (said.low, said.value, said.high) == ("5 %", "5 %", "5 %")
    assert said.source.ref == f"the gateway's weights: {WHY}"
    assert found.options[0].usd_per_request == Decimal("0.0029")


def test_machines_stay_as_many_and_the_second_provider_comes_on_top() -> None:
    alone, both = (amounts(project(facts(), one)) for one in (machine(), warm(machine())))
    assert both == {**alone, "second provider, b: input, fresh": Decimal("30.4")}


def test_a_second_provider_without_a_price_is_told_and_costs_as_the_own_model() -> None:
    found = project(facts(), warm(api(output="0"), None))
    assert amounts(found) == {"input, fresh": Decimal("60.8")}
    (said,) = [one.source.ref for one in found.assumptions if one.name == "m: requests that b answers"]
    assert said == "b has no price in the catalog: it is priced as the own model"


def test_a_router_before_it_leaves_the_second_provider_its_share_of_the_rest() -> None:
    """70 % easy at 0.1 dollars; of the other 30 % a twentieth at 10: 60.8 x (0.07 + 0.285 + 0.15)."""
    small = CostOption(name="s", card=model("s", prices(fresh="0.1", output="0")))
    priced = priced_option(_routed(warm(api(output="0")), small, Decimal("0.7")), facts(), ())
    shares = {one.name: one.share.base for one in priced.streams}
    assert shares == {"": Decimal("0.285"), "easy, s": Decimal("0.7"), "second provider, b": Decimal("0.015")}
    assert priced.rates is not None
    assert priced.rates.request_usd.base == Decimal("0.00101")


@pytest.mark.parametrize(
    ("given", "planned", "share"),
    [
        ({"availability.target": 0.999}, False, 1 - WARM_SHARE),
        ({"availability.target": 0.998}, False, None),
        ({"availability.target": 0.998}, True, 1 - FIRST_STEP),
        ({"availability.target": 0.999, "design.top_provider_share": 0.6}, True, Decimal("0.6")),
        ({"availability.target": 0.999, "design.top_provider_share": 0.4}, False, 1 - WARM_SHARE),
        ({"design.ab_capability": True}, False, 1 - FIRST_STEP),
        ({}, False, None),
    ],
)
def test_one_function_has_the_share_for_the_gateway_and_for_the_bill(
    given: dict[str, float | bool], planned: bool, share: Decimal | None
) -> None:
    found = shared_out(given, test_is_planned=planned)
    assert (found.share if found else None) == share


@pytest.fixture(scope="module")
def triage() -> Iterator[wiring.Project]:
    """Five million requests a day at 99.9 %, with three models to choose from."""
    with TemporaryDirectory() as folder:
        found = scenario_project(Path(folder) / "p", "b")
        found.set_settings({"shortlist.chosen": [OWN, OTHER, SECOND]})
        yield found


def chosen(project: wiring.Project, fallback: str) -> View:
    """The project as it is once the own model is chosen with that fallback."""
    day = project.view.today
    choice = Choice(
        model=OWN, fallback=fallback, because="cheap", status=DecisionStatus.DRAFT, decided_on=day, computed_from=""
    )
    return View(ports=project.view._ports, document=replace(project.view.document, choice=choice), memo={})


@pytest.fixture(scope="module")
def decided(triage: wiring.Project) -> View:
    return chosen(triage, SECOND)


def test_the_decided_option_alone_has_the_share(decided: View) -> None:
    seconds = {one.name: one.second for one in decided.cost_options}
    found = seconds[OWN]
    assert found is not None
    assert (found.name, found.share) == (SECOND, WARM_SHARE)
    assert seconds[OTHER] is seconds[SECOND] is None


def test_the_share_follows_the_answers_that_ask_for_it(decided: View) -> None:
    tried = decided.cost_options_with({**decided.facts, "availability.target": 0.99})
    assert [one.second for one in tried] == [None, None, None]


def test_the_bill_has_a_twentieth_of_the_tokens_with_the_second_provider(decided: View) -> None:
    tokens = {True: Decimal(0), False: Decimal(0)}
    for line in decided.projection.lines:
        kind = line.name.removeprefix(f"second provider, {SECOND}: ")
        if line.option == OWN and line.month == 1 and kind.startswith("output"):
            tokens[line.name.startswith("second provider")] += line.quantity.base
    assert tokens[True] / (tokens[True] + tokens[False]) == WARM_SHARE


def test_a_mix_and_an_ensemble_have_shares_of_their_own_alone(decided: View) -> None:
    inputs = decided.cost_inputs
    mixed = with_mix(decided, inputs, {OWN: Decimal("0.5"), OTHER: Decimal("0.5")}).options[-1]
    voting = with_ensemble(decided, inputs, [OWN, OWN], None).options[-1]
    assert mixed.second is voting.second is None


def test_one_provider_alone_shares_nothing_out(triage: wiring.Project) -> None:
    assert [one.second for one in chosen(triage, OTHER).cost_options] == [None, None, None]
