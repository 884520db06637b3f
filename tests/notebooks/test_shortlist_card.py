"""The shortlist's card without a browser: the filter line, why, side by side, nearly, the choice, and both ways."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.knowledge_files import load_providers
from maquette.catalog.filter_terms import parse
from maquette.catalog.filtering import apply
from maquette.project.provider_words import provider_head, scorecard_of
from maquette_widgets import cards
from maquette_widgets.shortlist_html import SHOWN
from tests.project_world import opened, scenario_project


@pytest.fixture
def project(tmp_path: Path) -> Any:
    return scenario_project(tmp_path / "p", "b")


@pytest.fixture
def box(project: Any) -> Any:
    return cards(project).shortlist.live


def listed(box: Any) -> list[str]:
    return [value for _, value in box.models.options]


def test_at_most_fifty_of_the_models_are_drawn_and_the_rest_is_counted(box: Any, project: Any) -> None:
    everybody = project.view.shortlist.candidates
    assert len(everybody) > SHOWN
    assert listed(box) == [each.card.id for each in everybody[:SHOWN]]
    assert box.frame.picture.value.count("<tr>") == SHOWN + 1
    assert f"{len(everybody)} models; the first {SHOWN} are shown" in box.hint.value


def test_the_filter_line_keeps_what_the_command_line_keeps(box: Any, project: Any) -> None:
    box.entry.value = "JSON by:ctx top:3"
    wanted = apply(parse("json by:ctx top:3"), project.view.shortlist.candidates)
    assert listed(box) == [each.card.id for each in wanted]
    assert f"json by:ctx top:3 -&gt; 3 of {len(project.view.shortlist.candidates)}" in box.hint.value
    assert "apply(parse(&#x27;json by:ctx top:3&#x27;)" in box.frame.code.value


def test_a_slip_in_the_filter_is_told_in_place_and_the_list_stays(box: Any) -> None:
    before = listed(box)
    box.entry.value = "json by:cots"
    assert "at position 6" in box.hint.value
    assert "Did you mean cost?" in box.hint.value
    assert listed(box) == before
    box.entry.value = "json by:cost"
    assert "position" not in box.hint.value


def test_a_word_that_no_model_has_is_told_with_what_was_meant(box: Any) -> None:
    box.entry.value = "jsno"
    assert "No model here has &#x27;jsno&#x27; in its id. Did you mean json?" in box.hint.value
    assert listed(box) == []


def test_a_filter_line_is_text_and_never_markup(box: Any) -> None:
    box.entry.value = "<img/src=x/onerror=alert(1)>"
    assert "<img" not in box.hint.value + box.frame.code.value + box.frame.picture.value


def test_the_selected_model_is_told_of_with_the_first_reason_and_all_others(box: Any, project: Any) -> None:
    out = next(each for each in project.view.shortlist.exclusions if each.filter == "budget")
    box.out.value = True
    box.entry.value = f"id:{out.card.id}"
    assert f"budget: {out.detail}" in box.frame.picture.value
    box.models.value = (out.card.id,)
    box.why()
    assert "is out at the filter &#x27;budget&#x27;" in box.detail.value
    assert "not met" in box.detail.value
    assert "it would be in with budget.monthly_usd" in box.detail.value


def test_why_without_a_selected_model_is_said_in_the_card(box: Any) -> None:
    box.frame.attempt(box.why)
    assert "no model is selected. Select one in the list" in box.frame.message.value


def test_chosen_and_selected_models_stand_side_by_side(box: Any) -> None:
    first, second = listed(box)[:2]
    box.models.value = (first,)
    box.compare()
    assert "select two models" in box.frame.message.value
    box.choose()
    box.models.value = (second,)
    box.compare()
    assert f"<th style='text-align:left'>{first}</th><th style='text-align:left'>{second}</th>" in box.detail.value
    assert "<td style='text-align:left'>$/month</td>" in box.detail.value
    assert "nobody is beaten on cost and quality" in box.detail.value


def test_what_would_let_more_in_is_listed_and_follows_the_requirements(box: Any, project: Any) -> None:
    box.nearly()
    assert "if data.residency us -&gt; none" in box.detail.value
    project.set_answers({"data.residency": "none"})
    assert "data.residency us" not in box.detail.value


def test_a_choice_is_saved_marked_and_taken_back(box: Any, tmp_path: Path) -> None:
    first, second = listed(box)[:2]
    box.models.value = (first, second)
    box.choose()
    assert opened(tmp_path / "p").view.document.chosen == (first, second)
    assert box.models.options[0] == (f"◉ {first}", first)
    assert f"project.choose([&#x27;{first}&#x27;, &#x27;{second}&#x27;])" in box.frame.code.value
    assert "2 chosen" in box.frame.message.value
    box.models.value = (first,)
    box.drop()
    assert opened(tmp_path / "p").view.document.chosen == (second,)
    box.clear()
    assert opened(tmp_path / "p").view.document.chosen == ()


def test_a_model_that_is_out_cannot_be_chosen_and_the_card_says_why(box: Any, tmp_path: Path) -> None:
    box.out.value = True
    box.models.value = listed(box)[:1]
    box.frame.attempt(box.choose)
    assert "does not meet the requirements" in box.frame.message.value
    assert opened(tmp_path / "p").view.document.chosen == ()


def test_a_choice_made_elsewhere_is_seen_and_keeps_line_and_selection(box: Any, project: Any, tmp_path: Path) -> None:
    box.entry.value = "json"
    first, second = listed(box)[:2]
    box.models.value = (second,)
    opened(tmp_path / "p").choose([first])
    project.refresh()
    assert box.models.options[0] == (f"◉ {first}", first)
    assert box.models.value == (second,)
    assert "json -&gt;" in box.hint.value


async def test_in_a_kernel_the_card_follows_its_own_choice_and_keeps_what_it_said(project: Any) -> None:
    box = cards(project).shortlist.live
    first = listed(box)[0]
    box.models.value = (first,)
    box.frame.attempt(box.choose)
    await asyncio.sleep(0.05)
    assert box.models.options[0] == (f"◉ {first}", first)
    assert "1 chosen" in box.frame.message.value


def test_a_keystroke_is_quick_over_the_whole_catalog(box: Any, project: Any) -> None:
    box.out.value = True
    assert len(project.view.shortlist.exclusions) > 3000
    spent = []
    for line in ("j", "js", "jso", "json", "json c", "json ct", "json ctx>=32k"):
        start = time.process_time()
        box.entry.value = line
        spent.append(time.process_time() - start)
    assert sorted(spent)[len(spent) // 2] < 0.1


def test_providers_are_held_against_what_is_asked(project: Any, box: Any) -> None:
    box.frame.attempt(box.providers)
    first = scorecard_of(project.view, load_providers())[0]
    assert f"<p><b>{provider_head(first)}</b></p><table>" in box.detail.value
    assert f"<td style='text-align:left'>{first.name}</td>" in box.detail.value
    assert "maquette shortlist providers" in box.frame.code.value
