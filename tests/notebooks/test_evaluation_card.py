"""The evaluation's card without a browser: results in words, one model looked into, models in pairs, charts."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from maquette.evals.metrics.labels import aggregate
from maquette.evals.run import EvalRun
from maquette_widgets import cards
from maquette_widgets.charts import cost_and_score_html, scores_html
from maquette_widgets.evaluation_html import WRONG_SHOWN, confusion_html
from tests.project_world import opened, scenario_project
from tests.run_world import record, sorted_tickets


@pytest.fixture
def project(tmp_path: Path) -> Any:
    return sorted_tickets(tmp_path / "p")


@pytest.fixture
def box(project: Any) -> Any:
    return cards(project).evaluation.live


def run_of(project: Any) -> EvalRun:
    run = project.view.run
    assert isinstance(run, EvalRun)
    return run


def test_the_card_says_who_passes_and_what_speaks_against_the_figures(box: Any) -> None:
    shown = box.frame.picture.value
    assert "large passes alone: 29 of 30 right, 0.967 (0.833 - 0.994), 0.75 needed." in shown
    assert "<td style='text-align:left'>not enough data, must-pass missed</td>" in shown
    assert "<li>! small: 1 of 1 that must be right are not: t005</li>" in shown
    assert "<td style='text-align:left'>$0.400</td>" in shown


def test_one_model_is_looked_into(box: Any) -> None:
    assert (box.models.options, box.models.value) == (("small", "large"), "small")
    box.details()
    shown = box.detail.value
    assert "label: 24 of 29 right, 0.828" in shown
    assert "<td style='text-align:left'>12/14</td><td style='text-align:left'>0.857</td>" in shown
    assert "no answer within 60 s" in shown
    assert "edge, must pass" in shown
    assert "model_details(project.view, project.view.run, &#x27;small&#x27;)" in box.frame.code.value
    assert "same on the command line: <code>maquette eval show</code>" in box.frame.code.value


def test_answers_are_escaped(box: Any) -> None:
    box.models.value = "small"
    box.details()
    assert "<script>" not in box.detail.value
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in box.detail.value


def test_a_confusion_matrix_is_a_table_with_the_right_answers_in_bold() -> None:
    shown = confusion_html("label", aggregate([("<b>", "<b>"), ("<b>", None), ("no", "<b>")], labels=("<b>", "no")))
    assert "<b>" not in shown
    assert shown.count("font-weight:bold") == 2
    assert (
        "<th style='text-align:left'>&lt;b&gt;</th><td style='text-align:right;background:rgba(80,120,200,0.25)"
        in shown
    )
    assert "accuracy 0.333, macro F1 0.250, 1 of 3 without a label" in shown


def test_the_models_stand_in_pairs(box: Any) -> None:
    box.compare()
    shown = box.detail.value
    assert "large is the cheapest that passes" in shown
    assert "<td style='text-align:left'>+13.8</td>" in shown
    assert "<li>large beside small, gained: t004, t005, t010, t020, t025</li>" in shown
    assert "<li>large beside small, lost: t001</li>" in shown
    assert "<td style='text-align:left'>normal</td><td style='text-align:left'>15</td>" in shown
    assert "compare_runs(project.view, [&#x27;r-001&#x27;])" in box.frame.code.value


def test_scores_and_costs_are_charts_made_on_this_machine(box: Any, project: Any) -> None:
    box.charts()
    assert box.detail.value.count("<svg") == 2
    assert ">small</text>" in box.detail.value
    run = run_of(project)
    unpriced = [replace(one, spent_usd=None, reused_usd=None) for one in run.results]
    assert cost_and_score_html(replace(run, results=tuple(unpriced))) == ""
    unscored = [replace(one, score=None, interval=None) for one in run.results]
    assert scores_html(replace(run, results=tuple(unscored))) == ""


def test_a_models_name_in_a_chart_is_text(project: Any) -> None:
    run = run_of(project)
    named = replace(run, results=(replace(run.results[0], target_id="<script>x</script>", spent_usd=Decimal(1)),))
    assert "<script>" not in scores_html(named) + cost_and_score_html(named)


def test_many_wrong_answers_are_cut_and_counted(tmp_path: Path) -> None:
    box = cards(sorted_tickets(tmp_path / "p", examples=300)).evaluation.live
    box.models.value = "small"
    box.details()
    assert f"wrong answers; the first {WRONG_SHOWN} are shown" in box.detail.value


def test_without_a_run_the_card_says_what_to_do(tmp_path: Path) -> None:
    box = cards(scenario_project(tmp_path / "p", "b")).evaluation.live
    for do in (box.details, box.compare, box.charts):
        box.frame.attempt(do)
        assert "nothing is evaluated yet. Press Estimate, then Start." in box.frame.message.value


def test_what_was_asked_for_follows_the_project(box: Any, project: Any) -> None:
    box.models.value = "small"
    box.details()
    path = project.folder / "evals" / "tickets.jsonl"
    path.write_text(path.read_text().replace("ticket 29", "ticket twenty-nine"))
    opened(project.folder).set_answers({"quality.threshold": 0.9})
    project.refresh()
    assert "the examples changed since" in box.detail.value
    assert "No model passes at 0.9: " in box.frame.picture.value
    assert "stale" in box.frame.picture.value


def test_a_new_run_replaces_what_was_shown(box: Any, project: Any) -> None:
    box.compare()
    record(project.folder)
    project.refresh()
    box.frame.refresh()
    assert "r-002" in box.frame.picture.value
