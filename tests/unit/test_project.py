"""One view-model under every interface: staleness, undo, two interfaces on one folder, conflicts."""

from pathlib import Path

import pytest

from maquette.foundation.problems import Conflict, InvalidInput, NotFound
from maquette.project.events import Changed, Event, RunEnded
from maquette.project.stages import Progress, Stage
from maquette.wiring import Project
from tests.project_world import demo_project, fewer_examples, opened, scenario_project


def progress(project: Project) -> dict[Stage, Progress]:
    return {status.stage: status.progress for status in project.statuses}


def test_a_new_project_has_requirements_and_nothing_else(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    found = progress(project)
    assert found.pop(Stage.REQUIREMENTS) is Progress.DONE
    assert set(found.values()) == {Progress.MISSING}


def test_the_shortlist_follows_an_answer_at_once(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    before = len(project.view.shortlist.candidates)
    project.set_answers({"budget.monthly_usd": 1_000_000})
    assert len(project.view.shortlist.candidates) > before


def test_undo_and_redo_restore_the_file_byte_for_byte(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    path = project.folder / "maquette.yaml"
    original = path.read_bytes()
    project.set_answers({"budget.monthly_usd": 20_000, "latency.p95_ms": "unknown"})
    changed = path.read_bytes()
    assert project.undo()
    assert path.read_bytes() == original
    assert project.redo()
    assert path.read_bytes() == changed
    assert not project.can_redo


def test_nothing_to_undo_is_no_error(tmp_path: Path) -> None:
    assert scenario_project(tmp_path / "p", "b").undo() == ()


def test_a_choice_that_no_longer_fits_makes_the_shortlist_stale(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    project.choose(["gpt-6-luna"])
    assert progress(project)[Stage.SHORTLIST] is Progress.DONE
    project.set_answers({"budget.monthly_usd": 5000})
    assert progress(project)[Stage.SHORTLIST] is Progress.STALE
    project.undo()
    assert progress(project)[Stage.SHORTLIST] is Progress.DONE


def test_an_excluded_model_cannot_be_chosen_and_the_reason_is_said(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    with pytest.raises(InvalidInput, match="budget"):
        project.choose(["gpt-6.1-sol"])
    with pytest.raises(NotFound) as caught:
        project.choose(["gpt-6-lunar"])
    assert "gpt-6-luna" in caught.value.fix


def test_two_interfaces_on_one_folder_see_each_others_changes(tmp_path: Path) -> None:
    terminal = scenario_project(tmp_path / "p", "b")
    notebook = opened(tmp_path / "p")
    heard: list[Event] = []
    notebook.listen(heard.append)
    terminal.set_answers({"latency.p95_ms": 900})
    assert notebook.refresh()
    assert notebook.view.facts["latency.p95_ms"] == 900
    assert heard == [Changed(paths=("requirements.latency.p95_ms",), elsewhere=True)]
    assert not notebook.refresh()


def test_changes_to_different_answers_are_both_kept(tmp_path: Path) -> None:
    terminal = scenario_project(tmp_path / "p", "b")
    notebook = opened(tmp_path / "p")
    terminal.set_answers({"latency.p95_ms": 900})
    notebook.set_answers({"budget.monthly_usd": 9000})
    facts = opened(tmp_path / "p").view.facts
    assert (facts["latency.p95_ms"], facts["budget.monthly_usd"]) == (900, 9000)


def test_a_lost_update_is_refused_and_the_newest_is_shown(tmp_path: Path) -> None:
    terminal = scenario_project(tmp_path / "p", "b")
    notebook = opened(tmp_path / "p")
    terminal.set_answers({"latency.p95_ms": 900})
    with pytest.raises(Conflict):
        notebook.set_answers({"latency.p95_ms": 700})
    assert notebook.view.facts["latency.p95_ms"] == 900
    assert opened(tmp_path / "p").view.facts["latency.p95_ms"] == 900


def test_a_wrong_answer_changes_nothing(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    before = (project.folder / "maquette.yaml").read_bytes()
    with pytest.raises(InvalidInput, match="p95_mss"):
        project.set_answers({"latency.p95_mss": 1})
    assert (project.folder / "maquette.yaml").read_bytes() == before


def test_an_evaluation_runs_is_watched_and_makes_the_stage_done(tmp_path: Path) -> None:
    project = demo_project(tmp_path / "p")
    fewer_examples(project.folder, 12)
    project = opened(project.folder)
    heard: list[Event] = []
    project.listen(heard.append)
    evaluation = project.start_evaluation()
    assert evaluation.wait(60)
    assert evaluation.problem is None
    assert isinstance(heard[-1], RunEnded)
    (result,) = project.view.current_run.results if project.view.current_run else ()
    assert (result.done, result.planned) == (12, 12)
    assert progress(project)[Stage.EVALUATION] is Progress.DONE
    candidate = project.view.shortlist.candidate("local/triage-tiny")
    assert candidate is not None
    assert candidate.quality is not None
    assert candidate.quality.value == result.score


def test_changed_examples_make_the_evaluation_stale_and_hide_its_figures(tmp_path: Path) -> None:
    project = demo_project(tmp_path / "p")
    fewer_examples(project.folder, 6)
    project = opened(project.folder)
    project.start_evaluation().wait(60)
    fewer_examples(project.folder, 5)
    project = opened(project.folder)
    assert progress(project)[Stage.EVALUATION] is Progress.STALE
    assert project.view.current_run is None


def test_all_stages_done_then_one_answer_makes_exactly_the_affected_stale(tmp_path: Path) -> None:
    project = demo_project(tmp_path / "p", models=("triage-small",))
    fewer_examples(project.folder, 60)
    project = opened(project.folder)
    project.start_evaluation().wait(60)
    project.accept_cost()
    project.decide(model="triage-small", because="it passes")
    project.write_export(project.plan_export(), {})
    assert set(progress(project).values()) == {Progress.DONE}
    project.set_answers({"scale.requests_per_day": 40_000_000})
    stale = {stage for stage, state in progress(project).items() if state is Progress.STALE}
    assert stale >= {Stage.COST, Stage.DECISION, Stage.BUNDLE}
    assert Stage.EVALUATION not in stale
    project.undo()
    assert set(progress(project).values()) == {Progress.DONE}


def test_exporting_twice_is_byte_identical_and_an_edit_is_kept(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "g")
    out = project.folder / "out"
    project.write_export(project.plan_export(), {})
    first = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    project.write_export(project.plan_export(), {})
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == first
    readme = out / "README.md"
    readme.write_text("mine", encoding="utf-8")
    with pytest.raises(Conflict):
        project.write_export(project.plan_export(), {})
    assert readme.read_text(encoding="utf-8") == "mine"
