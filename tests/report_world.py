"""A project with a run on record, made in one line and the same every time: no model is asked."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from maquette import wiring
from maquette.adapters.trial_logs import FileRunStore
from maquette.evals.calls import FailureKind
from maquette.evals.dataset import Example
from maquette.evals.metrics.labels import Label
from maquette.evals.metrics.response import Response
from maquette.evals.run import RunPlan, manifest_of
from maquette.evals.trials import Failure, RunState, Score, Trial
from tests.project_world import opened

STARTED = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
QUEUES = ("billing", "refund", "outage", "bug", "account", "shipping")
STRATA = ("normal", "normal", "normal", "edge", "german", "adversarial")
TEXTS = (
    "I was charged twice for October and the second payment has not come back. Order 88-1204.",
    "My parcel says delivered, but nobody here has seen it.",
    "Seit dem Update startet die App nicht mehr.",
    "I cannot log in although the password was reset twice.",
    "All of your systems are down since Saturday.",
    "Please return the amount for the cancelled order.",
)
HOSTILE = (
    "</script><script>document.title='pwned'</script><img src=x onerror=alert(1)>",
    "\x1b[31mred\x1b[0m and a NUL \x00 inside",
    "invoice\u202efdp.exe, zero\u200bwidth, half \ud83d a pair",
    "| a | `pipe` | <b>bold</b> [link](javascript:alert(1)) ![x](http://127.0.0.1/x.png) @someone",
    "=HYPERLINK(1+1)",
    "שלום, زبان <!-- comment --> ]]> &amp; \u2028 separator",
)
MODELS: Sequence[tuple[str, float, str, float]] = (
    ("alpha-mini", 0.80, "0.00029", 0.42),
    ("beta-flash", 0.965, "0.00049", 0.48),
    ("gamma-8b-q4", 0.90, "0.00166", 0.31),
    ("delta-medium", 0.975, "0.0041", 1.12),
)
"""Name, how often it is right, dollars an answer, and its usual latency in seconds."""


def triage_project(
    folder: Path, *, examples: int = 240, models: Sequence[tuple[str, float, str, float]] = MODELS, **settings: Any
) -> wiring.Project:
    """A project of labels with its examples; nothing has run yet."""
    source = folder.parent / "requirements.yaml"
    folder.mkdir(parents=True)
    source.write_text("requirements: {project: {name: ticket-triage}, quality: {threshold: 0.85}}", "utf-8")
    (folder / "evals").mkdir()
    (folder / "prompts").mkdir()
    (folder / "prompts" / "main.j2").write_text("---\nversion: 3\n---\n{{ message }}\n", "utf-8")
    rows = (json.dumps(row(at)) + "\n" for at in range(examples))
    (folder / "evals" / "tickets.jsonl").write_text("".join(rows), "utf-8")
    targets = [
        {"id": name, "card": name, "adapter": "openai", "model": name, "base_url": "http://127.0.0.1:9/v1"}
        for name, *_ in models
    ]
    evaluation = {
        "dataset": "evals/tickets.jsonl",
        "prompt": "prompts/main.j2",
        "metrics": [{"kind": "label", "labels": list(QUEUES)}],
    }
    extra = {
        "models": {"targets": targets},
        "shortlist": {"chosen": [name for name, *_ in models]},
        "evaluation": {**evaluation, **settings},
    }
    wiring.new_project(folder, source=source, extra=extra)
    return opened(folder)


def row(at: int) -> dict[str, Any]:
    """One example; every 40th must be right."""
    text = HOSTILE[at // 30 % 6] if at % 30 == 7 else f"{TEXTS[at % 6]} Ticket {1000 + at}."
    extra = {"must_pass": True} if at % 40 == 0 else {}
    expected = QUEUES[at * 7 % 6 if at % 5 else at % 6]
    return {
        "id": f"t{at:04}",
        "inputs": {"message": text.encode("utf-8", "replace").decode()},
        "expected": expected,
        "stratum": STRATA[at * 5 % 6 if at % 4 else 3],
        **extra,
    }


Change = Callable[[Trial], Trial | None]


def record_run(
    project: wiring.Project,
    *,
    models: Sequence[tuple[str, float, str, float]] = MODELS,
    state: RunState | None = RunState.FINISHED,
    change: Change = lambda trial: trial,
    seed: int = 7,
) -> str:
    """Put a run on record as the runner would have, without calls; returns its id."""
    store = FileRunStore(project.folder / ".maquette" / "runs")
    plan = project.view.plan
    manifest, log = store.start(manifest_of(plan, started_at=STARTED))
    for trial in trials(plan, models, seed):
        if (kept := change(trial)) is not None:
            log.append(kept)
    log.flush()
    if state is not None:
        store.finish(manifest.run_id, state, STARTED + timedelta(minutes=4))
    store.close()
    return manifest.run_id


def trials(plan: RunPlan, models: Sequence[tuple[str, float, str, float]], seed: int) -> Iterator[Trial]:
    """The models' trials, one example after the other."""
    dice = random.Random(seed)
    metric = Label(labels=QUEUES)
    for at, example in enumerate(plan.dataset.examples):
        for name, right, usd, seconds in models:
            yield _trial(
                example, at, name, right - 0.12 * (example.stratum == "adversarial"), usd, seconds, dice, metric
            )


def _trial(
    example: Example, at: int, name: str, right: float, usd: str, seconds: float, dice: random.Random, metric: Label
) -> Trial:
    place = QUEUES.index(example.expected)
    wrong = QUEUES[(place + 1 + (dice.random() < 0.25)) % 6]
    text = example.expected if dice.random() < right else wrong
    if at % 30 == 7 and name != "alpha-mini":
        text = HOSTILE[(at // 30 + 1) % 6]
    failed = dice.random() < 0.012
    if example.must_pass and name != "alpha-mini":
        text, failed = example.expected, False
    latency = seconds * dice.lognormvariate(0.0, 0.3)
    return Trial(
        key=f"{name}-{example.id}",
        target_id=name,
        example_id=example.id,
        stratum=example.stratum,
        output=None if failed else text,
        failure=Failure(kind=FailureKind.TIMEOUT, detail="no answer within 30 s <b>") if failed else None,
        scores=() if failed else (metric.score(example, Response(text=text)),),
        attempts=3 if failed else 1 + (dice.random() < 0.03),
        input_tok=None if failed else 900 + at % 40,
        output_tok=None if failed else 12 + at % 9,
        cached_tok=None,
        latency_s=None if failed else latency,
        ttft_s=None if failed else 0.4 * latency,
        cost_usd=None if failed else Decimal(usd),
        finished_at=STARTED + timedelta(seconds=at / 4),
        from_cache=at % 10 == 0 and not failed,
        asked=f"a{at}",
        client="aiohttp 3.13",
        finish_reason=None if failed else "stop",
        must_pass=example.must_pass,
    )


def one_score(value: float | None, metric: str = "label") -> tuple[Score, ...]:
    """The scores of a trial with one metric."""
    return (Score(metric=metric, value=value),)
