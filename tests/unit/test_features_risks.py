"""Concrete solutions: whatever the risk register finds, it says what to do about it."""

import pytest

from maquette.bundle.documents.contrasts import contradictions, contradictions_mended
from tests.document_view_world import said
from tests.document_world import SCENARIOS
from tests.rule_world import HANDBOOK, TRIAGE
from tests.table_world import scenario_table, whole_seen

FILE = "docs/18-risk-register.md"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_each_finding_has_an_action_that_is_not_the_finding_again(scenario: str) -> None:
    found = scenario_table(scenario, FILE, "Findings")
    assert found
    for severity, finding, action, _, owner, due in found.values():
        assert severity
        assert finding
        assert owner
        assert due
        assert len(action.split()) >= 2
        assert action not in finding


def test_an_action_is_what_the_rule_asks_for_and_the_finding_why() -> None:
    rows = {row[3]: row for row in scenario_table(TRIAGE, FILE, "Findings").values() if row[3]}
    assert rows["R-GUARD-03"][1:3] == [
        "Are outputs filtered? no; users.audience consumers",
        "Input and output content filters with measured false-positive rate",
    ]
    dear = next(row for row in scenario_table(TRIAGE, FILE, "Findings").values() if "17.7 times" in row[1])
    assert dear[2] == "plan with gpt-6-luna (docs/06-cost-model.md), or raise the ceiling"
    large = next(
        row for row in scenario_table(HANDBOOK, FILE, "Findings").values() if "11 components for 400 r" in row[1]
    )
    assert large[2].startswith("show for each further component the requirement that needs it")


def test_every_contradiction_says_what_would_end_it() -> None:
    seen = whole_seen(TRIAGE)
    mended = contradictions_mended(seen)
    assert [said(sentence) for sentence, _ in mended] == [said(one) for one in contradictions(seen)]
    assert all(action for _, action in mended)
