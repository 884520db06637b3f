"""The decision's card without a browser: every no, side by side, what is open, deviations, and whose name it is."""

from pathlib import Path
from typing import Any

import pytest

from maquette.project.releasing import release_words
from maquette_widgets import cards
from tests.project_world import opened, scenario_project
from tests.run_world import sorted_tickets


@pytest.fixture
def project(tmp_path: Path) -> Any:
    return sorted_tickets(tmp_path / "p")


@pytest.fixture
def box(project: Any) -> Any:
    return cards(project).decision.live


def test_a_no_stands_with_its_arithmetic_before_anything_else(tmp_path: Path) -> None:
    twin = cards(scenario_project(tmp_path / "p", "g")).decision.twin()
    no = twin.index("No: Too small for this machinery: 11 components for 400 requests a day")
    assert no < twin.index("<li>400 requests a day are 0.005 a second, day and night</li>") < twin.index("ask next: ")


def test_options_parts_and_questions_stand_in_tables(project: Any) -> None:
    twin = cards(project).decision.twin()
    assert "<td style='text-align:left'>0.967 (0.833 - 0.994)</td>" in twin
    assert "<td style='text-align:left'>escalation</td><td style='text-align:left'>large</td>" in twin
    first = project.view.decision.open_questions[0]
    assert f"<td style='text-align:left'>{first.weight}</td><td style='text-align:left'>{first.fact}</td>" in twin


def test_a_name_is_taken_as_it_is_typed_and_never_invented(box: Any, tmp_path: Path) -> None:
    box.model.value, box.fallback.value, box.because.value = "large", "small", "<b>it passes</b>"
    box.frame.attempt(box.decide)
    assert "decided for large, as a draft" in box.frame.message.value
    box.frame.attempt(box.accept)
    assert "nobody&#x27;s name stands under it" in box.frame.message.value
    box.by.value = "Ada <i>L.</i>"
    box.frame.attempt(box.accept)
    choice = opened(tmp_path / "p").view.document.choice
    assert choice is not None
    assert (choice.fallback, choice.signed_by) == ("small", "Ada <i>L.</i>")
    assert "signed by Ada &lt;i&gt;L.&lt;/i&gt;): &lt;b&gt;it passes&lt;/b&gt;" in box.frame.picture.value
    assert "project.sign(unevaluated_because=None, by=&#x27;Ada &lt;i&gt;L.&lt;/i&gt;&#x27;)" in box.frame.code.value


def test_a_decision_without_a_reason_is_refused_in_the_card(box: Any, tmp_path: Path) -> None:
    box.model.value = "large"
    box.frame.attempt(box.decide)
    assert "a decision needs a reason" in box.frame.message.value
    assert opened(tmp_path / "p").view.document.choice is None


def test_a_record_that_no_longer_holds_says_what_moved(project: Any) -> None:
    project.decide(model="large", because="it passes")
    project.set_answers({"quality.threshold": 0.9})
    assert "ADR-0001 (model) is stale: quality.threshold 0.75 -&gt; 0.9" in cards(project).decision.twin()


def test_open_questions_are_answered_where_they_can_be(box: Any, project: Any, tmp_path: Path) -> None:
    facts = {one.how: one.fact for one in project.view.decision.open_questions}
    box.question.value = "design.monitoring"
    assert "Is every call measured?" in box.detail.value
    box.answer.value = "perhaps"
    box.frame.attempt(box.keep_answer)
    assert "design.monitoring is yes or no" in box.frame.message.value
    box.answer.value = "yes"
    box.frame.attempt(box.keep_answer)
    assert opened(tmp_path / "p").view.facts["design.monitoring"] is True
    assert "design.monitoring" not in [value for _, value in box.question.options]
    box.question.value, box.answer.value = facts["answer"], "unknown"
    box.frame.attempt(box.keep_answer)
    assert facts["answer"] in opened(tmp_path / "p").view.document.requirements.unknown
    box.question.value, box.answer.value = facts["evaluate"], "1"
    box.frame.attempt(box.keep_answer)
    assert f"{facts['evaluate']} is not typed in. Find it out: evaluate." in box.frame.message.value


def test_a_deviation_is_given_its_reason_and_explained(tmp_path: Path) -> None:
    box = cards(scenario_project(tmp_path / "p", "b")).decision.live
    assert box.rule.value == "R-FALL-01"
    box.why()
    assert "R-FALL-01  fired" in box.detail.value
    box.frame.attempt(box.deviate)
    assert "R-FALL-01 needs a reason" in box.frame.message.value
    box.reason.value = "<b>one is enough</b>"
    box.frame.attempt(box.mute)
    assert "a must cannot be muted" in box.frame.message.value
    box.frame.attempt(box.deviate)
    assert opened(tmp_path / "p").view.decision.accepted_risks == ("R-FALL-01",)
    assert "&lt;b&gt;one is enough&lt;/b&gt;" in box.frame.picture.value


def test_what_a_release_waits_for_stands_in_the_card_and_beside_the_stages(project: Any) -> None:
    found = cards(project)
    assert "Before a release" not in found.status.twin()
    project.decide(model="large", because="it passes")
    item = next(one for one in project.view.release if one.what == "the decision is accepted")
    row = "".join(
        f"<td style='text-align:left'>{cell}</td>" for cell in ("open", item.what, item.owner, "large, draft")
    )
    head = f"<p><b>Before a release: {release_words(project.view.release)}</b></p>"
    for twin in (found.decision.twin(), found.status.twin()):
        assert f"{head}<table>" in twin
        assert f"<tr>{row}</tr>" in twin
