"""Last days and days left from the day of the prices, successors of several makers, what holds the design."""

from dataclasses import replace
from datetime import date

from maquette.bundle.documents.sections import split
from maquette.catalog.shortlist import Exclusion
from tests import bundle_world as world
from tests.document_world import SCENARIOS, scenario_inputs, scenario_texts

CODING, HANDBOOK = SCENARIOS[2], SCENARIOS[3]


def test_days_left_are_counted_from_the_prices_and_not_from_today() -> None:
    text = world.texts(world.inputs())["docs/15-migration.md"]
    assert "2027-06-30" in text
    assert "222 days" in text  # 2026-11-20 to 2027-06-30
    later = world.texts(replace(world.inputs(), today=date(2027, 1, 5)))["docs/15-migration.md"]
    assert later == text


def test_a_model_without_a_published_day_says_so() -> None:
    assert "| primary | gpt-6-luna | openai | none published |" in scenario_texts(HANDBOOK)["docs/15-migration.md"]


def test_successors_are_one_a_maker_and_none_is_bound_already() -> None:
    part = scenario_texts(HANDBOOK)["docs/15-migration.md"].split("## Who could come after them")[1].split("##")[0]
    rows = [line.split("|") for line in part.splitlines() if line.startswith("| ") and not line.startswith("| Model")]
    assert 2 <= len(rows) <= 5
    assert not {row[1].strip() for row in rows} & {"gpt-6-luna", "claude-sonnet-5-5"}
    assert all("$0.00[" not in row[3] for row in rows)


def test_the_change_of_price_is_against_the_primary() -> None:
    shortlist = scenario_inputs(HANDBOOK).shortlist
    assert shortlist is not None
    own, other = shortlist.candidate("gpt-6-luna"), shortlist.candidate("gpt-4.1-mini")
    assert own is not None
    assert other is not None
    assert own.usd_per_request is not None
    assert other.usd_per_request is not None
    change = (other.usd_per_request / own.usd_per_request - 1) * 100
    text = scenario_texts(HANDBOOK)["docs/15-migration.md"]
    assert f"+{change:.0f} %" in text


def test_features_that_hold_the_design_are_those_that_are_decided() -> None:
    assert "| calls of tools | agency.tools |" in scenario_texts(CODING)["docs/15-migration.md"]
    assert "calls of tools" not in scenario_texts(HANDBOOK)["docs/15-migration.md"]


def test_the_change_of_price_is_told_where_the_primary_is_no_candidate_itself() -> None:
    inputs = scenario_inputs(HANDBOOK)
    assert inputs.shortlist is not None
    own = inputs.shortlist.candidate("gpt-6-luna")
    assert own is not None
    others = tuple(one for one in inputs.shortlist.candidates if one.card.id != "gpt-6-luna")
    out = Exclusion(card=own.card, filter="retired", detail="no longer offered")
    fewer = replace(inputs.shortlist, candidates=others, exclusions=(*inputs.shortlist.exclusions, out))
    before = _rows(scenario_texts(HANDBOOK)["docs/15-migration.md"])
    assert before
    assert _rows(world.texts(replace(inputs, shortlist=fewer))["docs/15-migration.md"]) == before


def _rows(text: str) -> list[str]:
    """Model and price of the successors."""
    part = dict(split(text))["Who could come after them"]
    return [line.split("|")[3] for line in part.splitlines() if line.startswith("| ") and " %" in line]
