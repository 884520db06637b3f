"""What of a call reaches the log of a run, by the answer to eval.store_policy, and what is done with it afterwards."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from maquette import wiring
from maquette.evals.calls import FailureKind
from maquette.evals.storing import StorePolicy, kept, redacted, storing
from maquette.evals.trials import Failure, RunState, Score, Trial
from maquette.project.starting import open_run
from tests.project_world import opened
from tests.run_world import sorted_tickets

ANSWER = "Write to ann.lee+x@shop.example or call +44 20 7946 0958; card 4111 1111 1111 1111, order 12345678."
REDACTED = "Write to [e-mail] or call [number]; card [number], order 12345678."
TRIAL = Trial(
    key="k1",
    target_id="small",
    example_id="e1",
    stratum="",
    output=ANSWER,
    failure=None,
    scores=(Score(metric="label", value=1.0, detail="answered ann.lee@shop.example"),),
    attempts=1,
    input_tok=10,
    output_tok=5,
    cached_tok=None,
    latency_s=0.5,
    ttft_s=None,
    cost_usd=Decimal("0.01"),
    finished_at=datetime(2026, 11, 20, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (ANSWER, REDACTED),
        ("account DE89 3704 0044 0532 0130 00", "account [account]"),
        ("1234567890123456789012", "1234567890123456789012"),
        ("12.50 EUR on 2026-11-20", "12.50 EUR on 2026-11-20"),
    ],
)
def test_addresses_accounts_and_long_numbers_are_redacted_and_short_ones_stay(text: str, left: str) -> None:
    assert redacted(text) == left


def test_scores_tokens_and_costs_are_kept_under_every_policy() -> None:
    for policy in StorePolicy:
        found = kept(TRIAL, policy)
        assert [score.value for score in found.scores] == [1.0]
        assert (found.input_tok, found.output_tok, found.cost_usd, found.latency_s) == (10, 5, Decimal("0.01"), 0.5)


def test_what_is_kept_of_the_answer_follows_the_policy() -> None:
    digest = hashlib.sha256(ANSWER.encode()).hexdigest()
    full, masked, hashed = (kept(TRIAL, policy) for policy in StorePolicy)
    assert full is TRIAL
    assert (masked.output, masked.withheld, masked.scores[0].detail) == (REDACTED, "redacted", "answered [e-mail]")
    assert (hashed.output, hashed.withheld, hashed.scores[0].detail) == (None, f"sha256:{digest}", "")


def test_a_failure_keeps_its_kind_and_not_its_text() -> None:
    late = Failure(kind=FailureKind.TIMEOUT, detail="no answer to ann.lee@shop.example")
    failed = replace(TRIAL, output=None, failure=late, scores=())
    masked, hashed = (kept(failed, policy).failure for policy in (StorePolicy.REDACTED, StorePolicy.HASHES_ONLY))
    assert masked == Failure(kind=FailureKind.TIMEOUT, detail="no answer to [e-mail]")
    assert hashed == Failure(kind=FailureKind.TIMEOUT, detail="not kept")


def test_a_log_of_hashes_holds_no_answer_and_answers_no_later_run(tmp_path: Path) -> None:
    project = sorted_tickets(tmp_path / "p", examples=3)
    project.set_answers({"eval.store_policy": "hashes_only"})
    ports = wiring.ports_for(tmp_path / "p")
    view = opened(tmp_path / "p").view
    manifest, log = open_run(view, ports, view.plan, fresh=True)
    log.append(TRIAL)
    log.flush()
    written = (tmp_path / "p" / ".maquette" / "runs" / manifest.run_id / "trials.jsonl").read_text(encoding="utf-8")
    assert "shop.example" not in written
    assert f'"withheld":"sha256:{hashlib.sha256(ANSWER.encode()).hexdigest()}"' in written
    (found,) = log.finished()
    assert (found.output, found.scores[0].value) == (None, 1.0)
    ports.runs.finish(manifest.run_id, RunState.STOPPED, TRIAL.finished_at)
    assert "k1" not in ports.runs.answered({"k1"})


def test_a_log_of_everything_is_the_log_itself(tmp_path: Path) -> None:
    project = sorted_tickets(tmp_path / "p", examples=3)
    ports = wiring.ports_for(tmp_path / "p")
    manifest, log = open_run(project.view, ports, project.view.plan, fresh=True)
    assert project.view.facts["eval.store_policy"] == "full"
    assert storing(log, "full") is log
    log.append(TRIAL)
    log.flush()
    ports.runs.finish(manifest.run_id, RunState.STOPPED, TRIAL.finished_at)
    assert ports.runs.answered({"k1"})["k1"].output == ANSWER
