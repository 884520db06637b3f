"""Runs as marks, one character an example: 1 right, 0 wrong, 5 half right, - unscored, x failed, a space not asked."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from maquette.evals.calls import FailureKind
from maquette.evals.comparing_runs import RunRecord, record_of
from maquette.evals.trials import Failure, RunState, Score, Trial
from tests.unit.test_evals_results import MANIFEST, TRIAL

METRIC = "exact_match"
VALUES = {"1": 1.0, "0": 0.0, "5": 0.5, "-": None}


def run_record(
    marks: Mapping[str, str],
    *,
    run_id: str = "r-001",
    changes: Mapping[str, str] | None = None,
    other: Mapping[str, str] | None = None,
    made_of: Mapping[str, str] | None = None,
    fingerprints: Mapping[str, str] | None = None,
    trials: Mapping[str, Mapping[str, Any]] | None = None,
    **manifest: Any,
) -> RunRecord:
    """A finished run of those targets.

    Args:
        marks: Target to one mark an example: e0, e1, and so on.
        changes: Parts to what they are instead: {"prompt": "2"}.
        other: Example ids to the content that they have instead.
        made_of: All parts; an empty one is a run of an earlier version.
        fingerprints: Of the examples, where they are known.
        trials: Example ids to fields of their trials.
        manifest: Fields of the manifest.
    """
    parts = {"dataset": "1", "prompt": "1", "metrics": "1", "parameters": "1"}
    parts |= {f"target {name}": "1" for name in marks} | dict(changes or {})
    asked = [
        _trial(target, f"e{place}", mark, parts, other or {}, (trials or {}).get(f"e{place}", {}))
        for target, row in marks.items()
        for place, mark in enumerate(row)
        if mark != " "
    ]
    named = replace(MANIFEST, run_id=run_id, targets=tuple(marks), made_of=parts if made_of is None else made_of)
    return record_of(
        replace(named, **{"state": RunState.FINISHED, **manifest}), asked, metric=METRIC, fingerprints=fingerprints
    )


def _trial(
    target: str, item: str, mark: str, parts: Mapping[str, str], other: Mapping[str, str], fields: Mapping[str, Any]
) -> Trial:
    content = other.get(item, item)
    question = f"{parts['prompt']}/{parts['parameters']}/{target}{parts[f'target {target}']}/{content}"
    trial = replace(
        TRIAL, key=question, target_id=target, example_id=item, asked=f"{parts['prompt']}/{content}", scores=()
    )
    if mark == "x":
        failed = Failure(kind=FailureKind.TIMEOUT, detail="late")
        return replace(trial, output=None, failure=failed, cost_usd=None, latency_s=None, **fields)
    score = Score(metric=METRIC, value=VALUES[mark])
    return replace(trial, scores=(score,), cost_usd=Decimal("0.01"), **fields)
