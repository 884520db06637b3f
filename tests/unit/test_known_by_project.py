"""What the project knows reaches the rules: from runs, projection, sizing, cards and the decision, with its source."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from maquette import wiring
from maquette.cli.main import run
from maquette.evals.run import manifest_of
from maquette.evals.trials import RunState
from maquette.foundation.expression import FactValue
from maquette.rules.report import Status
from maquette.wiring import Project
from tests.evals_world import STARTED
from tests.project_world import opened, scenario_project
from tests.run_world import sorted_tickets


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two models with a current run and a projection that was looked at; nothing is decided."""
    project = sorted_tickets(tmp_path_factory.mktemp("known") / "p")
    project.set_answers({"scale.requests_per_day": 2000, "tokens.input_avg": 100, "tokens.output_avg": 20})
    project.set_answers({"budget.monthly_usd": 500, "latency.p95_ms": 3000})
    project.set_settings({"design_facts": None})
    project.accept_cost()
    return project


def known(project: Project) -> dict[str, FactValue]:
    return {fact.name: fact.value for fact in project.view.known_by_project}


def test_a_finished_run_tells_scores_ages_and_how_it_was_made(evaluated: Project) -> None:
    facts = known(evaluated)
    assert facts["eval.ran"] is True
    assert facts["eval.judge_used"] is False
    assert facts["eval.clustered"] is False
    assert facts["eval.prompt_iterations"] == 1
    assert facts["eval.few_shot_done"] is False
    assert facts["cat.self_served"] is False
    assert isinstance(facts["eval.top2_gap_significant"], bool)
    assert "ops.eval_age_days" in facts


def test_the_recommended_model_is_asked_about_while_none_is_chosen(evaluated: Project) -> None:
    recommended = evaluated.view.decision.recommended
    assert recommended is not None
    assert {fact.source for fact in evaluated.view.known_by_project if fact.name == "eval.score"} == {
        f"run r-001 of {recommended}"
    }


def test_the_projection_tells_costs_and_whether_engineers_are_counted(evaluated: Project) -> None:
    facts = known(evaluated)
    assert facts["cost.engineering_included"] is False
    month, percent = facts["cost.monthly_usd"], facts["cost.forecast_pct_budget"]
    assert float(str(percent)) == pytest.approx(float(str(month)) / 500 * 100, abs=0.01)
    finding = evaluated.view.report.finding("R-COST-01")
    assert finding is not None
    assert finding.status is Status.FIRED


def test_without_a_projection_that_was_looked_at_no_cost_of_an_option_is_known(tmp_path: Path) -> None:
    facts = known(sorted_tickets(tmp_path / "p"))
    assert not [name for name in facts if name.startswith("cost.") and name != "cost.frontier_monthly_usd"]


def test_what_the_user_states_about_the_design_wins(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "g_")
    assert project.view.rule_facts["cost.frontier_monthly_usd"] == 500
    assert project.view.rule_facts["cat.price_step_tokens"] == 100000


def test_the_strongest_tier_is_priced_on_the_projects_own_traffic(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "g_")
    project.set_settings({"design_facts.cost": None, "requirements.budget.monthly_usd": 100000})
    project.set_answers({"tokens.input_avg": 1000, "tokens.input_p99": 1500, "tokens.shared_prefix": 0})
    assert float(str(known(project)["cost.frontier_monthly_usd"])) > 0
    finding = project.view.report.finding("R-BUDGET-04")
    assert finding is not None
    assert finding.status is Status.FIRED


def test_the_decision_tells_hosting_providers_and_fallback(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "g_")
    project.set_settings({"design_facts.design": None})
    project.choose(["gpt-6-luna", "mistral/mistral-small-latest"])
    assert "design.hosting" not in known(project)
    project.decide(model="gpt-6-luna", because="it is cheap")
    facts = known(project)
    assert (facts["design.hosting"], facts["design.providers_count"]) == ("api", 1)
    assert "design.fallback" not in facts
    project.decide(model="gpt-6-luna", fallback="mistral/mistral-small-latest", because="it is cheap")
    facts = known(project)
    assert (facts["design.fallback"], facts["design.providers_count"]) == (True, 2)
    assert facts["cat.context_window"] > 0  # type: ignore[operator]  # a number of tokens


def test_the_command_lists_every_fact_with_where_it_comes_from(
    evaluated: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rules", "facts", "--json", "--project", str(evaluated.folder)]) == 0
    data = json.loads(capsys.readouterr().out)
    sources = {one["fact"]: one["source"] for one in data["known"]}
    assert sources["budget.monthly_usd"] == "answered in maquette.yaml"
    assert sources["eval.ran"].startswith("run r-001")
    assert sources["derived.rps_mean"].startswith("computed: scale.requests_per_day")
    assert any(one["fact"] == "design.gateway" for one in data["unknown"])


def run_again_and_answer_every_other_ticket_wrong(folder: Path) -> None:
    """A second run, whose odd tickets have the scores of the one that `large` got wrong."""
    plan, runs = opened(folder).view.plan, wiring.ports_for(folder).runs
    before = list(runs.trials("r-001"))
    wrong = next(one for one in before if one.target_id == "large" and one.scores and one.scores[0].value == 0)
    manifest, log = runs.start(manifest_of(plan, started_at=STARTED))
    for number, trial in enumerate(before):
        slips = number % 4 in {2, 3}
        log.append(replace(trial, output=wrong.output, scores=wrong.scores, failure=None) if slips else trial)
    log.flush()
    runs.finish(manifest.run_id, RunState.FINISHED, STARTED)


def test_a_prompt_that_makes_a_model_worse_is_a_regression_in_a_paired_test(tmp_path: Path) -> None:
    folder = sorted_tickets(tmp_path / "p", examples=60).folder
    opened(folder).decide(model="large", because="it passes")
    assert "eval.regression_points" not in known(opened(folder))
    (folder / "prompts" / "main.j2").write_text("Sort quickly: {{ message }}")
    run_again_and_answer_every_other_ticket_wrong(folder)
    project = opened(folder)
    facts = known(project)
    assert float(str(facts["eval.regression_points"])) > 20
    assert facts["eval.regression_significant"] is True
    finding = project.view.report.finding("R-EVAL-08")
    assert finding is not None
    assert finding.status is Status.FIRED


def test_what_the_fallback_scored_reaches_the_rule_of_the_floor(evaluated: Project) -> None:
    evaluated.decide(model="large", because="it passes", fallback="small")
    facts, ran = known(evaluated), evaluated.view.current_run
    result = ran.result("small") if ran is not None else None
    assert result is not None
    assert facts["eval.fallback_score"] == result.score
    floor = evaluated.view.facts["quality.threshold"]
    finding = evaluated.view.report.finding("R-FALL-10")
    assert finding is not None
    assert (finding.status is Status.FIRED) is (float(str(facts["eval.fallback_score"])) < float(str(floor)))
    evaluated.undo()
