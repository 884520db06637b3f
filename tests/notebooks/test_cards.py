"""The cards without a browser: live widgets, static twins, two interfaces on one project."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from maquette_widgets import cards
from maquette_widgets.notebook import CARDS, write_notebook
from maquette_widgets.twins import table_html
from tests.project_world import demo_project, fewer_examples, opened, scenario_project
from tests.run_world import sorted_tickets


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, maquette_widgets;"
        "print([m for m in ('ipywidgets','altair','pandas','duckdb','litellm') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("name", CARDS)
def test_every_card_has_a_static_twin(name: str, tmp_path: Path) -> None:
    card = getattr(cards(scenario_project(tmp_path / "p", "b")), name)
    assert "maquette-card" in card.twin()


def test_text_of_others_is_escaped() -> None:
    assert "<script>" not in table_html(("a",), [("<script>alert(1)</script>",)])


def test_an_answer_in_the_form_is_saved_and_the_shortlist_follows(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    box = cards(project).requirements.live
    box.fields["budget.monthly_usd"].entry.value = "1000000"
    assert opened(tmp_path / "p").view.facts["budget.monthly_usd"] == 1_000_000
    assert "models before" in box.frame.message.value
    assert "1000000" in box.frame.picture.value
    assert "change_by_text" in box.frame.code.value


def test_a_wrong_answer_is_shown_in_the_card(tmp_path: Path) -> None:
    box = cards(scenario_project(tmp_path / "p", "b")).requirements.live
    box.fields["latency.p95_ms"].entry.value = "fast"
    assert "is not a number" in box.frame.message.value


def test_a_change_in_another_interface_is_seen_after_a_refresh(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    card = cards(project).requirements
    picture = card.live.frame.picture
    opened(tmp_path / "p").set_answers({"latency.p95_ms": 651})
    project.refresh()
    assert "651" in picture.value


def test_a_problem_of_a_button_stays_in_the_card(tmp_path: Path) -> None:
    box = cards(scenario_project(tmp_path / "p", "b")).evaluation.live
    box.frame.attempt(box.estimate)
    assert "no model is chosen" in box.frame.message.value
    assert box.start.disabled


def test_an_evaluation_is_estimated_started_and_shown(tmp_path: Path) -> None:
    project = demo_project(tmp_path / "p")
    fewer_examples(project.folder, 8)
    project = opened(project.folder)
    box = cards(project).evaluation.live
    box.estimate()
    assert "8 calls, 0 on record, costs nothing, cap" in box.frame.message.value
    box.start.click()
    assert project.evaluation is not None
    assert project.evaluation.wait(60)
    deadline = time.monotonic() + 5
    while "8/8" not in box.frame.picture.value and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "8/8" in box.frame.picture.value


def test_the_cost_card_draws_a_chart_on_this_machine(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    project.choose(["gpt-6-luna"])
    assert cards(project).cost.live.chart.value.startswith("<svg")


def test_an_export_can_be_written_only_after_its_plan_was_shown(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "g")
    box = cards(project).export.live
    assert box.write.disabled
    box.plan()
    box.write.click()
    assert (project.folder / "out" / "maquette.lock").is_file()


def test_the_notebook_runs_from_top_to_bottom(tmp_path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    scenario_project(tmp_path / "p", "b")
    path = write_notebook(tmp_path / "p")
    assert write_notebook(tmp_path / "p") == path
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path / "p")}}).execute()
    shown = [str(output) for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("maquette-card" in output for output in shown) == len(CARDS)
    assert not any("Traceback" in output for output in shown)


def test_a_decision_is_accepted_in_the_card_and_without_an_evaluation_only_with_a_reason(tmp_path: Path) -> None:
    folder = sorted_tickets(tmp_path / "p").folder
    examples = folder / "evals" / "tickets.jsonl"
    examples.write_text(examples.read_text().replace("outage", "billing"))
    box = cards(opened(folder)).decision.live
    box.model.value, box.because.value = "large", "it is known"
    box.frame.attempt(box.decide)
    box.frame.attempt(box.accept)
    assert "large has no score in a current evaluation" in box.frame.message.value
    box.unevaluated.value = "urgent"
    box.frame.attempt(box.accept)
    choice = opened(folder).view.document.choice
    assert choice is not None
    assert (choice.status.value, choice.unevaluated_because) == ("accepted", "urgent")
