"""A run held against the blessed baseline: which examples they share, every check, one outcome. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from maquette.evals.baseline import Baseline
from maquette.evals.comparing_runs import RunRecord, differing_parts, other_examples, weights_note
from maquette.evals.gating import GateReport, Outcome, TargetGate
from maquette.evals.gating_checks import Held, checks_of, fitness
from maquette.evals.gating_settings import GateSettings
from maquette.evals.statistics.clusters import names_of
from maquette.evals.statistics.gates import gate_of
from maquette.evals.statistics.graded import difference
from maquette.evals.statistics.proportions import clustered_rate
from maquette.foundation.problems import InvalidInput, NotFound
from maquette.foundation.wording import listed, shown, suggestion

_WORST_LAST = (Outcome.PASS, Outcome.NOT_ENOUGH_DATA, Outcome.FAIL, Outcome.UNFIT)


def hold(
    record: RunRecord, baseline: Baseline, settings: GateSettings, *, targets: Sequence[str] | None = None
) -> GateReport:
    """Hold a run against a baseline.

    Args:
        record: The run, with scores of the baseline's metric.
        baseline: What was blessed.
        settings: What is demanded.
        targets: The targets to hold; None takes all that the baseline has too. Where run and baseline have one target
            each, they are held against each other whatever they are called.

    Raises:
        NotFound: A target is not in the run or not in the baseline.
        InvalidInput: The margin or the alert is no fraction, or run and baseline share nothing.
    """
    _check(settings)
    pairs = _pairs(record, baseline, targets)
    found = tuple(_target_gate(record, new, baseline, old, settings) for old, new in pairs)
    methods = [text for one in found for text in _methods(one)]
    methods += ["targets are held one by one, not adjusted for their number"] * (len(found) > 1)
    return GateReport(
        outcome=max((one.outcome for one in found), key=_WORST_LAST.index),
        run_id=record.run_id,
        baseline_run=baseline.record.run_id,
        metric=record.scores.metric,
        settings=settings,
        targets=found,
        differing=differing_parts(baseline.record, record),
        notes=tuple(_notes(record, baseline, [new for _, new in pairs])),
        methods=(*dict.fromkeys(methods), *weights_note((baseline.record, record))),
    )


def _methods(found: TargetGate) -> Iterator[str]:
    if found.gate and found.difference and found.new_rate:
        yield f"regression: {found.gate.method}"
        yield f"difference: {found.difference.interval.method}; {found.difference.test.method}"
        yield f"rates: {found.new_rate.interval.method}"


def _check(settings: GateSettings) -> None:
    for name, value in (("margin", settings.margin), ("alert", settings.alert)):
        if not 0 < value < 1:
            raise InvalidInput(
                f"the {name} is {value:g}", fix="Give a fraction between 0 and 1, such as 0.05 for 5 points."
            )
    if not 0 <= settings.max_failed <= 1:
        raise InvalidInput(f"the share of failed calls is {settings.max_failed:g}", fix="Give a fraction of 0 to 1.")


def _pairs(record: RunRecord, baseline: Baseline, targets: Sequence[str] | None) -> list[tuple[str, str]]:
    """Targets of the baseline with those of the run."""
    blessed, asked = baseline.record.targets, record.targets
    for target in targets or ():
        if target not in asked:
            fix = suggestion(target, asked) or f"The run has: {listed(asked)}."
            raise NotFound(f"{record.run_id} has no target {shown(target)}", fix=fix)
    wanted = list(dict.fromkeys(targets)) if targets else [target for target in asked if target in blessed]
    if targets is None and not wanted and len(blessed) == len(asked) == 1:
        wanted = list(asked)
    if not wanted:
        raise NotFound(
            f"the baseline has no target of {record.run_id}: it has {listed(blessed)}, the run has {listed(asked)}",
            fix="Bless a run of these targets (maquette eval bless), or run those of the baseline.",
        )
    alone = len(blessed) == len(wanted) == 1
    unknown = [target for target in wanted if target not in blessed and not alone]
    if unknown:
        raise NotFound(
            f"the baseline has no target {shown(unknown[0])}",
            fix=suggestion(unknown[0], blessed) or f"It has: {listed(blessed)}.",
        )
    return [(target if target in blessed else blessed[0], target) for target in wanted]


def _target_gate(
    record: RunRecord, target: str, baseline: Baseline, old_target: str, settings: GateSettings
) -> TargetGate:
    held, dropped = _held(record, target, baseline.record, old_target)
    if not held.items and fitness(held, settings).outcome is not Outcome.UNFIT:
        raise _nothing_shared(held, dropped)
    old, new = held.values()
    known = {**record.scores.clusters, **baseline.record.scores.clusters}
    clusters = names_of(held.items, known)
    seen = difference(old, new, clusters=clusters) if held.items else None
    gate = gate_of(old, new, settings.margin, clusters=clusters) if held.items else None
    checks = tuple(checks_of(held, settings, gate=gate, difference=seen))
    return TargetGate(
        target_id=target,
        against=old_target,
        outcome=max((check.outcome for check in checks), key=_WORST_LAST.index),
        checks=checks,
        old_rate=clustered_rate(old, clusters=clusters) if held.items else None,
        new_rate=clustered_rate(new, clusters=clusters) if held.items else None,
        difference=seen,
        gate=gate,
        items=len(held.items),
        broken=tuple(item for item, a, b in zip(held.items, old, new, strict=True) if a >= 1 > b),
        mended=tuple(item for item, a, b in zip(held.items, old, new, strict=True) if b >= 1 > a),
        dropped=dropped,
        failed=held.failed,
        unscored=held.unscored,
    )


def _held(record: RunRecord, target: str, old: RunRecord, old_target: str) -> tuple[Held, dict[str, tuple[str, ...]]]:
    """The shared examples, in the order of the baseline, and why others are not shared."""
    others = other_examples(old, record, old_target=old_target, new_target=target)
    old_scores, new_scores = old.scores.scores[old_target], record.scores.scores[target]
    shared: list[str] = []
    dropped: dict[str, list[str]] = {}
    for item in {**old_scores, **new_scores}:
        why = others.get(item) or _why_dropped(item in old_scores, old_scores.get(item), "the baseline")
        why = why or _why_dropped(item in new_scores, new_scores.get(item), record.run_id)
        if why:
            dropped.setdefault(why, []).append(item)
        else:
            shared.append(item)
    reasons = {why: tuple(items) for why, items in dropped.items()}
    return Held(old=old, old_target=old_target, new=record, new_target=target, items=tuple(shared)), reasons


def _nothing_shared(held: Held, dropped: Mapping[str, tuple[str, ...]]) -> InvalidInput:
    counted = "; ".join(f"{why}: {len(items)}" for why, items in dropped.items()) or "no examples"
    who = f"{held.new_target} of {held.new.run_id}"
    return InvalidInput(
        f"{who} shares no scored example with the baseline {held.old.run_id} ({counted})",
        fix="Run the examples of the baseline again, or bless a run of today's: maquette eval bless.",
    )


def _why_dropped(asked: bool, value: float | None, where: str) -> str | None:
    if not asked:
        return f"not asked in {where}"
    return f"no score in {where}" if value is None else None


def _notes(record: RunRecord, baseline: Baseline, held: Sequence[str]) -> Iterator[str]:
    parts = differing_parts(baseline.record, record)
    if parts is None:
        yield "what the run or the baseline is made of is not on record: compare with care"
    elif parts:
        yield f"changed since the baseline: {', '.join(parts)}"
    if parts and "metrics" in parts:
        yield "the metrics changed: scores of before and now may not mean the same"
    if record.is_run(baseline.record):
        yield f"{record.run_id} is the blessed run itself"
    left = [target for target in record.targets if target not in held]
    if left:
        yield f"not held, because the baseline lacks them or they were not asked for: {', '.join(left)}"
    for reason in baseline.accepted:
        yield f"the baseline was blessed although {reason}"
