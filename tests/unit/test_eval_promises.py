"""What is promised of evaluations as a whole: by command, by file, and from run to run."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from maquette.catalog.cards import QualityClaim
from maquette.cli.main import main
from maquette.evals.dataset import Example
from maquette.evals.metrics import JsonSchema, Response
from maquette.evals.registry import open_target
from maquette.evals.run import manifest_of
from maquette.evals.run_scores import scores_of
from maquette.evals.trials import RunState
from maquette.foundation.problems import NotFound, Unavailable
from tests.decision_world import CLAIM, candidate, card, cost, decision, projection, result, run, shortlist
from tests.evals_world import STARTED, Scripted, World, plan_of, spec
from tests.loopback_models import model, serving
from tests.project_world import demo_project, fewer_examples, opened
from tests.run_world import sorted_tickets

Capture = pytest.CaptureFixture[str]


def maquette(*words: str) -> None:
    """Run a command, which ends well."""
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code == 0


def test_one_command_runs_models_on_examples_and_writes_accuracy_latency_and_cost(
    tmp_path: Path, capsys: Capture
) -> None:
    folder = sorted_tickets(tmp_path / "p", examples=6).folder
    with serving() as server:
        says = model(parts=["refund"])
        own = {"card": "gpt-6-luna", "adapter": "openai", "model": says, "base_url": server.base_url}
        opened(folder).set_settings({"models.targets": [{"id": "one", **own}, {"id": "two", **own}]})
        opened(folder).choose(["one", "two"])
        maquette("eval", "run", "--project", str(folder), "--cap", "1", "--yes", "--json")
    found = json.loads(capsys.readouterr().out)
    for of in found["results"]:
        assert (of["done"], of["scored"], of["correct"]) == (6, 6, 2)
        assert of["latency_s"]["p95"] > 0
        assert Decimal(of["spent_usd"]) > 0


@pytest.mark.parametrize(
    ("target", "needs"),
    [
        ({"adapter": "litellm", "model": "openrouter/some/model"}, "OPENROUTER_API_KEY"),
        ({"adapter": "litellm", "model": "gpt-4o"}, "OPENAI_API_KEY"),
        ({"adapter": "litellm", "model": "claude-sonnet-4-5"}, "ANTHROPIC_API_KEY"),
        ({"adapter": "litellm", "model": "gemini/gemini-2.5-flash"}, "GEMINI_API_KEY"),
        ({"adapter": "openai", "base_url": "https://gate.example/v1", "api_key_env": "MY_KEY"}, "MY_KEY"),
    ],
)
def test_each_provider_and_an_address_of_ones_own_are_reached_through_one_door(
    target: dict[str, Any], needs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (needs, "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    opened_target = open_target(spec(**{"base_url": None, **target}), folder=tmp_path)
    with pytest.raises(Unavailable, match=needs):
        asyncio.run(opened_target.start())


def test_the_settings_of_an_evaluation_are_made_read_changed_and_taken_away(tmp_path: Path) -> None:
    folder = sorted_tickets(tmp_path / "p").folder
    (folder / "evals" / "more.jsonl").write_text('{"id": "x", "inputs": {"message": "hello"}, "expected": "refund"}\n')
    assert opened(folder).view.plan.dataset.name == "evals/tickets.jsonl"
    maquette("set", "--project", str(folder), "evaluation.dataset=evals/more.jsonl")
    assert [example.id for example in opened(folder).view.plan.dataset.examples] == ["x"]
    project = opened(folder)
    project.set_settings({"evaluation.dataset": None})
    with pytest.raises(NotFound, match="there are no examples to evaluate on"):
        _ = opened(folder).view.plan
    project.undo()
    assert opened(folder).view.plan.dataset.name == "evals/more.jsonl"


def test_a_run_records_the_version_of_its_prompt_and_hashes_of_its_examples_and_parameters() -> None:
    plan = plan_of(4)
    then = manifest_of(plan, started_at=STARTED)
    assert then.prompt == f"{plan.prompt.name} version {plan.prompt.version}"
    assert then.made_of["dataset"] == plan.dataset.fingerprint
    first, *others = plan.dataset.examples
    other = replace(plan.dataset, examples=(replace(first, expected="something else"), *others))
    now = manifest_of(replace(plan, dataset=other), started_at=STARTED)
    changed = {part for part in then.made_of if then.made_of[part] != now.made_of[part]}
    assert changed == {"dataset"}
    assert then.computed_from != now.computed_from
    warmer = replace(plan, parameters=replace(plan.parameters, temperature=0.7))
    hot = manifest_of(warmer, started_at=STARTED)
    assert {part for part in then.made_of if then.made_of[part] != hot.made_of[part]} == {"parameters"}


def test_a_second_run_from_the_record_has_the_very_same_scores(tmp_path: Path) -> None:
    world = World(folder=tmp_path)
    plan = plan_of(20)
    for target in (Scripted(), Scripted(script=lambda *_: pytest.fail("it was asked again"))):
        assert world.run(plan, target) is RunState.FINISHED
    first, second = (
        scores_of(world.trials(name), run_id=name, metric=plan.metrics[0].name).scores for name in ("r-001", "r-002")
    )
    assert first == second
    assert len(first[spec().id]) == 20


SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "category": {"enum": ["bug", "billing", "question"]},
        "priority": {"type": "integer", "minimum": 1, "maximum": 3},
    },
    "required": ["title", "category", "priority"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("answer", "value", "why"),
    [
        ('{"title": "Login fails", "category": "bug", "priority": 1}', 1.0, ""),
        ('{"title": "Login fails", "category": "crash", "priority": 1}', 0.0, "'crash' is not one of"),
        ('{"title": "Login fails", "category": "bug", "priority": "high"}', 0.0, "'high' is not of type 'integer'"),
        ('{"title": "Login fails", "category": "bug"}', 0.0, "'priority' is a required property"),
        ("Login fails, a bug", 0.0, "not JSON"),
    ],
)
def test_an_extraction_of_title_category_and_priority_is_held_against_its_schema(
    answer: str, value: float, why: str
) -> None:
    score = JsonSchema(schema=SCHEMA).score(Example(id="e", inputs={}, expected=None), Response(text=answer))
    assert score.value == value
    assert score.detail.startswith(why)


def test_under_constrained_decoding_every_answer_follows_the_schema(tmp_path: Path) -> None:
    folder = demo_project(tmp_path / "p").folder
    fewer_examples(folder, 12)
    schema = json.loads((folder / "evals" / "answer.schema.json").read_text())
    opened(folder).set_settings({"evaluation.metrics": [{"kind": "json_schema", "schema": schema}]})
    project = opened(folder)
    evaluation = project.start_evaluation()
    assert evaluation.wait(60)
    (found,) = evaluation.run.results
    assert (found.done, found.mean_scores) == (12, {"json_schema": 1.0})


@pytest.mark.parametrize("claimed", ["0.10", "0.99"])
def test_what_is_claimed_of_a_model_has_no_say_in_which_one_is_recommended(claimed: str) -> None:
    claims = (QualityClaim(benchmark="public", value=Decimal(claimed), source=CLAIM),)
    models = shortlist(candidate(card("cheap", claims=claims)), candidate(card("dear")))
    costs = projection(cost("cheap", "66"), cost("dear", "180"))
    passes = decision(run(result("cheap", 190, 200), result("dear", 196, 200)), costs, models=models)
    assert passes.recommended == "cheap"
    fails = decision(run(result("cheap", 120, 200), result("dear", 196, 200)), costs, models=models)
    assert fails.recommended == "dear"
    assert decision(None, costs, models=models).recommended is None
