"""A later change marks exactly the decision records that rest on it, and says what it was before."""

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.cli.main import run
from maquette.decision.basis import bases, stale_records
from maquette.foundation.problems import ExitStatus
from maquette.project.deciding_records import made_from, records_of, stale_of
from maquette.project.stages import Progress, Stage
from maquette.wiring import Project
from tests.project_world import TODAY, opened
from tests.run_world import sorted_tickets


@pytest.fixture
def decided(tmp_path: Path) -> Project:
    """Two models with a current run; the larger one is decided for and signed."""
    project = sorted_tickets(tmp_path / "p")
    project.set_answers({"scale.requests_per_day": 2000, "task.type": "classification"})
    project.accept_cost()
    project.decide(model="large", because="it passes", accepted=True, by="Ada Lovelace")
    return project


def test_each_record_notes_the_facts_rules_slots_and_figures_behind_it(decided: Project) -> None:
    choice = decided.view.document.choice
    assert choice is not None
    lines = choice.rests_on
    assert any(line.startswith("quality.threshold = ") for line in lines["ADR-0001"])
    assert any(line.startswith("score of large = ") for line in lines["ADR-0001"])
    assert "scale.requests_per_day = 2000" in lines["ADR-0009"]
    assert "slot rollout = canary" in lines["ADR-0009"]
    assert lines == made_from(decided.view)
    assert stale_of(decided.view) == ()


def test_a_decision_is_dated_and_signed(decided: Project) -> None:
    choice = opened(decided.folder).view.document.choice
    assert choice is not None
    assert (choice.signed_by, choice.signed_on, choice.decided_on) == ("Ada Lovelace", TODAY, TODAY)
    decided.decide(model="large", because="a new draft")
    again = decided.view.document.choice
    assert again is not None
    assert (again.signed_by, again.signed_on) == (None, None)


def test_a_change_of_a_requirement_marks_the_records_that_rest_on_it_and_no_other(decided: Project) -> None:
    decided.set_answers({"scale.requests_per_day": 4000})
    found = {one.record: one for one in stale_of(decided.view)}
    assert "scale.requests_per_day 2000 -> 4000" in found["ADR-0009"].words
    assert "ADR-0003" not in found
    assert found["ADR-0009"].words.startswith("ADR-0009 (operation) is stale: ")
    decided.set_answers({"scale.requests_per_day": 2000})
    assert stale_of(decided.view) == ()


def test_a_change_that_nothing_rests_on_marks_nothing(decided: Project) -> None:
    decided.set_answers({"users.count": 12})
    assert stale_of(decided.view) == ()


def test_a_rule_that_is_overridden_later_marks_its_record(decided: Project) -> None:
    decided.set_settings({"rules.override": [{"id": "R-ROLL-01", "because": "we have no canary"}]})
    (found,) = stale_of(decided.view)
    assert found.record == "ADR-0009"
    assert "slot rollout canary -> not there" in [one.words for one in found.moved]


def test_prices_last_days_and_evaluations_are_lines_of_the_models_record() -> None:
    before = {"ADR-0001": ["last day of m = 2027-03-01", "price of m, input_cost_per_token = 0.000001", "a = 1"]}
    after = {"ADR-0001": ["last day of m = 2027-01-01", "price of m, input_cost_per_token = 0.000002", "a = 1"]}
    (found,) = stale_records(before, after, [])
    assert found.words == (
        "ADR-0001 (model) is stale: last day of m 2027-03-01 -> 2027-01-01; "
        "price of m, input_cost_per_token 0.000001 -> 0.000002"
    )


def test_a_new_price_or_last_day_of_the_decided_model_marks_its_record_alone(decided: Project) -> None:
    view = decided.view
    choice, card = view.document.choice, view.cards_by_option["large"]
    assert choice is not None
    assert card.price is not None
    dearer = replace(card.price, usd_per_unit={**card.price.usd_per_unit, "input_cost_per_token": Decimal("0.5")})
    for changed, what in (
        (replace(card, retires_on=date(2027, 1, 31)), "last day of large"),
        (replace(card, price=dearer), "price of large, input_cost_per_token"),
    ):
        now = bases(
            view.decision,
            records_of(view),
            facts=view.rule_facts,
            questions=view.questions,
            cards={**view.cards_by_option, "large": changed},
        )
        (found,) = stale_records(choice.rests_on, now, records_of(view))
        assert (found.record, [one.name for one in found.moved]) == ("ADR-0001", [what])
    other = {**view.cards_by_option, "small": replace(card, retires_on=date(2027, 1, 31))}
    now = bases(view.decision, records_of(view), facts=view.rule_facts, questions=view.questions, cards=other)
    assert stale_records(choice.rests_on, now, records_of(view)) == ()


def test_another_result_of_the_evaluation_marks_the_models_record(decided: Project) -> None:
    path = decided.folder / "evals" / "tickets.jsonl"
    path.write_text(path.read_text().replace("outage", "billing"))
    found = {one.record: one.words for one in stale_of(opened(decided.folder).view)}
    assert re.search(r"score of large \d+ of \d+ -> not evaluated", found["ADR-0001"])
    assert "ADR-0009" not in found


def test_a_topic_that_came_or_went_is_told(decided: Project) -> None:
    del decided
    (came,) = stale_records({}, {"ADR-0004": ["slot cache = exact"]}, [])
    assert came.words == "ADR-0004 (traffic) is stale: slot cache not there -> exact"


def test_the_check_for_ci_exits_1_and_says_which_record_and_why(
    decided: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ["--project", str(decided.folder)]
    status = next(one for one in decided.statuses if one.stage is Stage.DECISION)
    assert status.progress is Progress.DONE
    decided.set_answers({"scale.requests_per_day": 4000})
    capsys.readouterr()
    assert run(["status", "--check", "--json", *there]) == ExitStatus.FINDING
    told = capsys.readouterr()
    record = next(one for one in json.loads(told.out)["stale_records"] if one["record"] == "ADR-0009")
    assert {"name": "scale.requests_per_day", "before": "2000", "now": "4000"} in record["moved"]
    assert "ADR-0009 (operation) is stale: scale.requests_per_day 2000 -> 4000" in told.err


def test_a_decision_from_before_these_lines_is_compared_as_a_whole(decided: Project) -> None:
    decided.set_settings({"decision.rests_on": None})
    decided.set_answers({"users.count": 12})
    status = next(one for one in decided.statuses if one.stage is Stage.DECISION)
    assert (status.progress, status.because) == (
        Progress.STALE,
        "what the decision rests on changed since it was made",
    )
