"""What `maquette eval bless --json` prints, as types, and a baseline as that data."""

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from maquette.cli.contract_parts import FORMAT, exact_or_none
from maquette.cli.evals.compare_data import DifferenceData, RateData, difference_data, rate_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maquette.evals.baseline import Baseline
    from maquette.evals.comparing_runs import RunComparison


class BlessedTargetData(TypedDict):
    """One model of the baseline."""

    target: str
    rate: RateData | None
    examples: int
    must_pass: int
    usd_per_answer: str | None
    p95_s: float | None
    failed: int


class ReplacedData(TypedDict):
    """A model of the old baseline beside the new one; null where they share no scored example."""

    target: str
    difference: DifferenceData | None
    gained: list[str]
    lost: list[str]
    warnings: list[str]


class EvalBlessData(TypedDict):
    """`maquette eval bless --json`; a preview is not ``written``, and ``replaces`` is null without an old baseline."""

    format: int
    file: str
    written: bool
    run: str
    metric: str
    accepted: list[str]
    targets: list[BlessedTargetData]
    replaces: str | None
    changes: list[ReplacedData]


def bless_data(
    baseline: "Baseline",
    *,
    file: str,
    written: bool,
    replaces: str | None,
    changes: "Mapping[str, RunComparison]",
) -> EvalBlessData:
    """The baseline, and what it does to the one that it replaces."""
    return {
        "format": FORMAT,
        "file": file,
        "written": written,
        "run": baseline.record.run_id,
        "metric": baseline.record.scores.metric,
        "accepted": list(baseline.accepted),
        "targets": [_target(baseline, target) for target in baseline.record.targets],
        "replaces": replaces,
        "changes": [_change(target, found) for target, found in changes.items()],
    }


def _target(baseline: "Baseline", target: str) -> BlessedTargetData:
    from maquette.evals.baseline import rate_of

    record = baseline.record
    rate = rate_of(record, target)
    own = record.scores.scores[target]
    return {
        "target": target,
        "rate": rate_data(rate) if rate else None,
        "examples": len(own),
        "must_pass": len(record.scores.must_pass & own.keys()),
        "usd_per_answer": exact_or_none(record.scores.usd_per_answer.get(target)),
        "p95_s": record.p95_s.get(target),
        "failed": len(record.scores.failures.get(target, {})),
    }


def _change(target: str, found: "RunComparison") -> ReplacedData:
    (pair,) = found.comparison.pairs
    return {
        "target": target,
        "difference": difference_data(pair.difference) if pair.difference else None,
        "gained": list(pair.gained),
        "lost": list(pair.lost),
        "warnings": list(found.warnings),
    }
