"""A baseline before it is written, as sections: its models, what was accepted, and what it replaces."""

from collections.abc import Iterator, Mapping

from maquette.evals.baseline import Baseline, rate_of
from maquette.evals.comparing_runs import RunComparison
from maquette.evals.comparing_words import named
from maquette.evals.reporting.tables import Section, Table
from maquette.foundation.units import readable_usd

_NAMED = 10


def bless_sections(
    baseline: Baseline, *, replaces: Baseline | None, changes: Mapping[str, RunComparison]
) -> Iterator[Section]:
    """The preview."""
    record = baseline.record
    lines = [f"{record.run_id} by {record.scores.metric} on {record.dataset}, prompt {record.prompt}"]
    lines += [f"accepted: {reason}" for reason in baseline.accepted]
    headings = ("model", "score", "95 % interval", "examples", "must be right", "missed", "$/answer", "p95 s")
    rows = tuple(_row(baseline, target) for target in record.targets)
    yield Section(title="", says=tuple(lines), tables=(Table(headings=headings, rows=rows),))
    if replaces is not None:
        same = replaces.record.is_run(record)
        lines = ["the blessed run itself"] if same else list(_changes(changes))
        yield Section(
            title=f"Replaces the baseline {replaces.record.run_id}, blessed on {replaces.blessed_on}",
            says=tuple(lines),
        )


def _row(baseline: Baseline, target: str) -> tuple[str, ...]:
    record = baseline.record
    rate, own, p95_s = rate_of(record, target), record.scores.scores[target], record.p95_s.get(target)
    return (
        target,
        f"{rate.rate:.3f}" if rate else "",
        f"{rate.interval.low:.3f} - {rate.interval.high:.3f}" if rate else "",
        str(len(own)),
        str(len(record.scores.must_pass & own.keys())),
        str(len(record.scores.missed(target))),
        readable_usd(record.scores.usd_per_answer.get(target)),
        "" if p95_s is None else f"{p95_s:.3f}",
    )


def _changes(changes: Mapping[str, RunComparison]) -> Iterator[str]:
    if not changes:
        yield "none of its models is in both"
    for found in changes.values():
        (pair,) = found.comparison.pairs
        yield pair.sentence
        for what, items in (("higher", pair.gained), ("lower", pair.lost)):
            if items:
                yield f"  {len(items)} score {what}: {named(items, _NAMED)}"
        yield from (f"  {warning}" for warning in found.warnings)
