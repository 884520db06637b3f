"""From answers and the catalog to a plan: how long a run may take, what a failure does to it, how a server is asked."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from maquette.catalog.cards import Catalog, Hosting
from maquette.evals import scorer_versions
from maquette.evals.run import parts_of
from maquette.project.planning import targets_of
from maquette.project_document import Document
from tests.bundle_world import card
from tests.project_world import demo_project, opened


def test_the_time_limit_and_the_failure_policy_come_from_the_requirements(tmp_path: Path) -> None:
    project = demo_project(tmp_path / "p")
    project.set_answers({"eval.max_minutes": 5, "eval.failure_policy": "retry_then_mark"})
    assert (project.view.plan.most_s, project.view.plan.fail_fast) == (300.0, False)
    before = project.view.plan.fingerprint
    project.set_answers({"eval.max_minutes": 6, "eval.failure_policy": "fail_run"})
    assert (project.view.plan.most_s, project.view.plan.fail_fast) == (360.0, True)
    assert project.view.plan.fingerprint == before


def test_a_server_that_was_found_is_asked_directly_and_a_provider_through_litellm() -> None:
    address = "http://127.0.0.1:8000/v1"
    served = card("served/127.0.0.1:8000/qwen3", input_usd=None, hosting=Hosting.SERVED, address=address)
    cards: dict[str, Any] = {served.id: served, "gpt-6-luna": card("gpt-6-luna")}
    document = cast("Document", SimpleNamespace(chosen=tuple(cards), targets=()))
    found = targets_of(document, cast("Catalog", SimpleNamespace(cards=cards)))
    assert [(spec.adapter, spec.model, spec.base_url) for spec in found] == [
        ("openai", "qwen3", address),
        ("litellm", "gpt-6-luna", None),
    ]


def test_a_run_says_by_which_version_of_each_metrics_code_it_was_scored(tmp_path: Path) -> None:
    made_of = parts_of(demo_project(tmp_path / "p").view.plan)
    assert made_of["scorer exact_match"] == "exact_match, version 1"


def test_another_version_of_a_metrics_code_makes_another_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = demo_project(tmp_path / "p").view.plan.fingerprint
    monkeypatch.setattr(scorer_versions, "BUILT_IN", {"exact_match": 2})
    scorer_versions.scorer_version.cache_clear()
    later = opened(tmp_path / "p").view.plan
    assert (parts_of(later)["scorer exact_match"], later.fingerprint == before) == ("exact_match, version 2", False)
    monkeypatch.undo()
    scorer_versions.scorer_version.cache_clear()
    assert opened(tmp_path / "p").view.plan.fingerprint == before
