"""A project with a run on record, written trial by trial: two models sort tickets, with slips and malice."""

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from maquette import wiring
from maquette.evals.calls import FailureKind
from maquette.evals.dataset import Example
from maquette.evals.metrics.labels import Label
from maquette.evals.metrics.response import Response
from maquette.evals.run import manifest_of
from maquette.evals.trials import Failure, RunState, Score, Trial
from tests.evals_world import STARTED
from tests.project_world import SCENARIOS, opened

LABELS = ("billing", "refund", "outage")
HOSTILE = "[bold]x[/] <script>alert(1)</script> \x1b[31m\nexpected  outage"
METRICS = [{"kind": "label", "labels": list(LABELS)}]


def sorted_tickets(folder: Path, *, examples: int = 30, metrics: Sequence[object] = METRICS) -> wiring.Project:
    """A project whose run r-001 asked `small` and `large`: three labels, each example in one of two strata.

    `small` takes every fifth ticket for billing, answers one with `HOSTILE` and one not at all; `large` slips once.
    """
    (folder / "evals").mkdir(parents=True)
    (folder / "prompts").mkdir()
    (folder / "evals" / "tickets.jsonl").write_text("".join(_row(number) for number in range(examples)))
    (folder / "prompts" / "main.j2").write_text("Sort: {{ message }}")
    targets = [
        {"id": name, "card": "gpt-6-luna", "adapter": "openai", "model": name, "base_url": "http://127.0.0.1:9/v1"}
        for name in ("small", "large")
    ]
    evaluation = {"dataset": "evals/tickets.jsonl", "prompt": "prompts/main.j2", "metrics": list(metrics)}
    (source,) = SCENARIOS.glob("b*.yaml")
    wiring.new_project(folder, source=source, extra={"models": {"targets": targets}, "evaluation": evaluation})
    opened(folder).choose(["small", "large"])
    opened(folder).set_answers({"quality.threshold": 0.75})
    record(folder)
    return opened(folder)


def record(folder: Path) -> None:
    """Write the run."""
    plan = opened(folder).view.plan
    runs = wiring.ports_for(folder).runs
    manifest, log = runs.start(manifest_of(plan, started_at=STARTED))
    for number, example in enumerate(plan.dataset.examples):
        log.append(_trial("small", example, _small(number, example)))
        log.append(_trial("large", example, "billing" if number == 1 else str(example.expected)))
    log.flush()
    runs.finish(manifest.run_id, RunState.FINISHED, STARTED)


def _row(number: int) -> str:
    row = {
        "id": f"t{number:03}",
        "inputs": {"message": f"ticket {number}"},
        "expected": LABELS[number % 3],
        "stratum": "edge" if number % 2 else "normal",
        "must_pass": number == 5,
    }
    return json.dumps(row) + "\n"


def _small(number: int, example: Example) -> str | None:
    if number == 7:
        return None
    return HOSTILE if number == 4 else "billing" if number % 5 == 0 else str(example.expected)


def _trial(target: str, example: Example, output: str | None) -> Trial:
    late = Failure(kind=FailureKind.TIMEOUT, detail="no answer within 60 s")
    answered = Trial(
        key=f"{target} {example.id}",
        target_id=target,
        example_id=example.id,
        stratum=example.stratum,
        output=output,
        failure=None,
        scores=_scores(example, output) if output is not None else (),
        attempts=2 if example.id == "t002" else 1,
        input_tok=100,
        output_tok=10,
        cached_tok=None,
        latency_s=0.5 if target == "small" else 1.5,
        ttft_s=0.1,
        cost_usd=Decimal("0.0004" if target == "small" else "0.0050"),
        finished_at=STARTED,
        from_cache=example.id == "t003",
        must_pass=example.must_pass,
    )
    if output is not None:
        return answered
    return replace(answered, failure=late, latency_s=None, ttft_s=None, output_tok=None, cost_usd=None)


def _scores(example: Example, output: str) -> tuple[Score, ...]:
    return (Label(labels=LABELS).score(example, Response(text=output)),)
