"""A gate's report as sections: the outcome, the checks of each model, what broke, what was left out, methods."""

from collections.abc import Iterator

from maquette.evals.comparing_words import named, signed_points, span
from maquette.evals.gating import CheckKind, GateReport, Outcome, TargetGate
from maquette.evals.reporting.tables import Section, Table
from maquette.foundation.units import readable_count

OUTCOMES = {
    Outcome.PASS: "pass",
    Outcome.FAIL: "FAIL",
    Outcome.NOT_ENOUGH_DATA: "not enough data",
    Outcome.UNFIT: "NOT FIT TO JUDGE",
}
CHECKS = {
    CheckKind.FITNESS: "run fit to judge",
    CheckKind.REGRESSION: "no regression",
    CheckKind.ALERT: "no alert",
    CheckKind.MUST_PASS: "must be right",
    CheckKind.HARD_BREAKS: "must not break",
    CheckKind.COST: "cost",
    CheckKind.LATENCY: "latency",
}
_NAMED = 20


def gate_sections(report: GateReport) -> Iterator[Section]:
    """The whole report."""
    yield Section(title="", says=(headline(report), *report.notes))
    yield _models(report)
    rows = tuple(
        (one.target_id, CHECKS[check.kind], OUTCOMES[check.outcome], check.says)
        for one in report.targets
        for check in one.checks
    )
    headings = ("model", "check", "outcome", "finding")
    yield Section(title="Checks", tables=(Table(headings=headings, rows=rows),) if rows else ())
    yield Section(title="Changed answers", says=tuple(line for one in report.targets for line in _changed(one)))
    left_out = [
        f"{one.target_id}: {why}: {len(items)} examples ({named(items, _NAMED)})"
        for one in report.targets
        for why, items in one.dropped.items()
    ]
    yield Section(title="Left out", says=tuple(left_out))
    yield Section(title="Methods", says=report.methods)


def headline(report: GateReport) -> str:
    """The outcome in one line."""
    who = f"{report.run_id} beside the baseline {report.baseline_run}, by {report.metric}"
    more = report.more_examples
    if report.outcome is Outcome.NOT_ENOUGH_DATA:
        wanted = f"; about {readable_count(more)} more examples would settle it" if more else ""
        return f"Gate: not enough data: {who}{wanted}"
    return f"Gate: {OUTCOMES[report.outcome]}: {who}"


def _models(report: GateReport) -> Section:
    headings = ("model", "outcome", "examples", "baseline", "now", "points", "95 % interval", "failed", "unscored")
    rows = tuple(_model(one) for one in report.targets)
    return Section(title="Models", tables=(Table(headings=headings, rows=rows),) if rows else ())


def _model(one: TargetGate) -> tuple[str, ...]:
    seen = one.difference
    return (
        one.target_id if one.target_id == one.against else f"{one.target_id} (baseline: {one.against})",
        OUTCOMES[one.outcome],
        str(one.items),
        f"{one.old_rate.rate:.3f}" if one.old_rate else "",
        f"{one.new_rate.rate:.3f}" if one.new_rate else "",
        signed_points(seen.estimate) if seen else "",
        span(seen.interval) if seen else "",
        str(one.failed),
        str(one.unscored),
    )


def _changed(one: TargetGate) -> Iterator[str]:
    for what, items in (("were right, are wrong now", one.broken), ("were wrong, are right now", one.mended)):
        if items:
            yield f"{one.target_id}: {len(items)} {what}: {named(items, _NAMED)}"
