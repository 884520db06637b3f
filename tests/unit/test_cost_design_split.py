"""What a design with a classifier in front costs: the share that is passed on, machines beside it, and logs of all."""

from decimal import Decimal
from pathlib import Path

import pytest

from maquette import wiring
from maquette.cost.design_split import PLANNED, busiest, passed_on, routed_by_step
from maquette.cost.projection import ByCase, LineGroup
from maquette.foundation.sources import SourceKind
from maquette.project.cost_levers import Wanted, lever_table
from tests.project_world import scenario_project

LUNA, SONNET = "gpt-6-luna", "claude-sonnet-5-5"
ENCODER = {"adaptation_first": "encoder_classifier"}


@pytest.fixture(scope="module")
def triage(tmp_path_factory: pytest.TempPathFactory) -> wiring.Project:
    """Five million messages a day, of which a classifier answers most."""
    found = scenario_project(tmp_path_factory.mktemp("split") / "p", "b")
    found.set_settings({"shortlist.chosen": [LUNA]})
    found.set_answers({"data.residency": "none"})
    return found


def month(project: wiring.Project, group: LineGroup) -> ByCase:
    lines = [one for one in project.view.projection.lines if (one.month, one.group) == (1, group)]
    low, base, high = (sum((one.amount_usd.of(case) for one in lines), Decimal(0)) for case in ("low", "base", "high"))
    return ByCase(low=low, base=base, high=high)


def test_the_share_is_what_the_classifier_does_not_answer_or_a_wide_assumption() -> None:
    measured = passed_on({"traffic.easy_share": 0.9}, ENCODER)
    assert measured is not None
    assert (measured.part.base, measured.source.ref) == (Decimal("0.1"), "1 - traffic.easy_share")
    planned = passed_on({}, ENCODER)
    assert planned is not None
    assert (planned.part, planned.source.kind) == (PLANNED, SourceKind.ASSUMED)
    assert busiest(Decimal(50), planned) == Decimal("6.00")
    assert passed_on({"traffic.easy_share": 0.9}, {"adaptation_first": "prompting"}) is None
    assert busiest(Decimal(50), None) == 50


def test_only_the_steps_of_a_task_are_routed_by_step() -> None:
    assert routed_by_step({"subagents": "fast_tier"})
    assert not routed_by_step({"router": "cascade"})


def test_the_model_is_paid_for_what_is_passed_on(triage: wiring.Project) -> None:
    paid = month(triage, LineGroup.API)
    # 152e6 messages: 250 fresh at .1, 1,200 read at .01, 60 written at .5 dollars a million; 12 %, or 5 %
    all_of_them = Decimal("152000000") * (25 + 12 + 30) / 1_000_000
    assert paid.base == pytest.approx(all_of_them * Decimal("0.12"), abs=Decimal("0.01"))
    assert paid.low == pytest.approx(all_of_them * Decimal("0.05"), abs=Decimal("0.01"))


def test_three_rented_cards_carry_the_classifier_with_one_spare(triage: wiring.Project) -> None:
    # 463 requests/s, 641 after a year, over 400 on a card: two and one spare; 540 if cheap, 200 if dear
    assert month(triage, LineGroup.HOSTING) == ByCase(
        low=Decimal(3) * 730 * Decimal("0.8048"),
        base=Decimal(3) * 730 * Decimal("0.8048"),
        high=Decimal(5) * 730 * Decimal("0.8048"),
    )


def test_the_whole_design_costs_what_the_architect_expects(triage: wiring.Project) -> None:
    (cost,) = triage.view.projection.options
    assert cost.first_month_usd is not None
    assert 3_000 <= cost.first_month_usd.base <= 7_000


def test_logs_count_every_message(triage: wiring.Project) -> None:
    (line,) = [one for one in triage.view.projection.lines if (one.month, one.name) == (1, "logs, ingestion")]
    assert line.quantity.base == pytest.approx(Decimal("152000000") * 7064 / 2**30, rel=Decimal("0.001"))


def test_a_share_that_is_tried_moves_the_month(triage: wiring.Project) -> None:
    tried = triage.what_if({"traffic.easy_share": 0}).projection
    paid = sum((one.amount_usd.base for one in tried.lines if (one.month, one.group) == (1, LineGroup.API)), Decimal(0))
    assert paid == pytest.approx(Decimal(10_184), abs=Decimal("0.01"))


def test_where_steps_are_routed_no_lever_shares_requests_out_by_difficulty(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "e")
    project.set_settings({"shortlist.chosen": [SONNET, "claude-haiku-5-5"]})
    table = lever_table(project.view, project.questions, Wanted(taken={}))
    missing = {one.kind.value: one.missing for one in table.levers}
    said = "requests are routed by their step, not by their difficulty: how many steps each tier gets is not known"
    assert (missing["cascade"], missing["routing"]) == ((said,), (said,))
