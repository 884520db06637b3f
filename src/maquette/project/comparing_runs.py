"""A project's runs compared, blessed and held against the baseline: which runs are meant, and what is known of them."""

from collections.abc import Sequence
from dataclasses import replace

from maquette.evals.baseline import Baseline, blessed, doubts
from maquette.evals.comparing_runs import RunComparison, RunRecord, Side, compare_sides, record_of, sides_of
from maquette.evals.gating import GateReport
from maquette.evals.gating_runs import hold
from maquette.evals.gating_settings import MARGIN, GateSettings
from maquette.evals.trials import RunManifest, RunState
from maquette.foundation.problems import InvalidInput, NotFound, Problem
from maquette.foundation.wording import listed, shown, suggestion
from maquette.project.view import View

_START = "Start one: maquette eval run."


def compare_runs(
    view: View,
    names: Sequence[str] = (),
    *,
    metric: str | None = None,
    baseline: str | None = None,
    margin: float = MARGIN,
    threshold: float | None = None,
) -> RunComparison:
    """Compare targets of runs.

    Args:
        view: The project.
        names: Runs ("r-002") or targets of runs ("r-002:small"); none takes the newest finished run.
        metric: Whose scores; None takes the primary metric of the first run.
        baseline: The target that the others are held against, as it is labelled or as "RUN:TARGET".
        margin: The difference that matters, as a fraction.
        threshold: What a target must reach; None takes the project's own.

    Raises:
        NotFound: There is no such run, target or metric; the message names what there is.
        InvalidInput: Fewer than two targets, a margin outside 0 to 1, or a name that several targets have.
    """
    wanted = [_named(view, name) for name in names] or [(newest_finished(view), None)]
    sides = sides_of(_chosen(view, wanted, metric or wanted[0][0].primary_metric))
    if len(sides) < 2:
        raise InvalidInput(
            f"there is one target to compare: {sides[0].target} of {sides[0].record.run_id}",
            fix=f"Name a second run (maquette eval compare RUN RUN; there are: {_runs(view)}), or evaluate two models.",
        )
    needed = threshold if threshold is not None else _threshold(view)
    label = None if baseline is None else _label(sides, baseline)
    return compare_sides(sides, baseline=label, margin=margin, threshold=needed, sizes=view.sizes)


def blessing(view: View, run_id: str | None = None, *, targets: Sequence[str] = (), anyway: bool = False) -> Baseline:
    """The baseline that a run would make; nothing is written.

    Args:
        view: The project.
        run_id: The run; None takes the newest one.
        targets: Targets of the run; none takes all.
        anyway: Bless it although it did not finish, calls failed or answers have no score; the baseline keeps why.

    Raises:
        NotFound: There is no such run or target.
        InvalidInput: Something speaks against it, and ``anyway`` was not said.
    """
    manifest = view.manifest_named(run_id) if run_id else newest(view)
    for target in targets:
        if target not in manifest.targets:
            raise _no_target(manifest, target)
    found = record(view, manifest, metric=manifest.primary_metric)
    kept = [target for target in found.targets if not targets or target in targets]
    reasons = doubts(found, kept)
    if reasons and not anyway:
        raise InvalidInput(
            f"{manifest.run_id} is no baseline to build on: {'; '.join(reasons)}",
            fix="Run it again (maquette eval run), name another run, or accept that: --anyway, which is recorded.",
        )
    return blessed(found, kept, on=view.today, accepted=reasons)


def gate_run(
    view: View,
    baseline: Baseline,
    settings: GateSettings,
    *,
    run_id: str | None = None,
    targets: Sequence[str] = (),
) -> GateReport:
    """Hold a run, or the newest one, against a baseline.

    Raises:
        NotFound: There is no such run or target, or the run has no score of the baseline's metric.
        InvalidInput: As for `gating_runs.hold`.
    """
    manifest = view.manifest_named(run_id) if run_id else newest(view)
    metric = baseline.record.scores.metric
    found = record(view, manifest, metric=metric)
    if found.metrics and metric not in found.metrics:
        raise NotFound(
            f"{manifest.run_id} has no score by {metric}, which the baseline was blessed with",
            fix=f"It has: {listed(sorted(found.metrics))}. Evaluate with {metric}, or bless anew: maquette eval bless.",
        )
    report = hold(found, baseline, settings, targets=targets or None)
    today = view.plan_fingerprint
    if today is None or manifest.computed_from == today:
        return report
    stale = (
        f"{manifest.run_id} is stale: examples, prompt, metrics or models changed since; maquette eval run asks again"
    )
    return replace(report, notes=(stale, *report.notes))


def record(view: View, manifest: RunManifest, *, metric: str) -> RunRecord:
    """A run's record; its examples are known by their content while the project still has that dataset."""
    fingerprints: dict[str, str] = {}
    try:
        dataset = view.plan.dataset
        if manifest.made_of.get("dataset") == dataset.fingerprint:
            fingerprints = {example.id: example.fingerprint for example in dataset.examples}
    except Problem:
        pass  # A record needs no plan: CI may hold a run where the models are not.
    return record_of(manifest, view.trials_of(manifest.run_id), metric=metric, fingerprints=fingerprints)


def newest(view: View) -> RunManifest:
    """The newest run, however it ended: an older one in its place would hide that it did not finish.

    Raises:
        NotFound: There is none.
    """
    if view.manifest is None:
        raise NotFound("this project has no evaluation run", fix=_START)
    return view.manifest


def newest_finished(view: View) -> RunManifest:
    """The newest run that finished.

    Raises:
        NotFound: There is none.
    """
    found = next((one for one in reversed(view.manifests) if one.state is RunState.FINISHED), None)
    if found is None:
        what = "no evaluation run of this project finished" if view.manifests else "this project has no evaluation run"
        fix = f"Go on with one (maquette eval run), or name one: {_runs(view)}." if view.manifests else _START
        raise NotFound(what, fix=fix)
    return found


def _chosen(view: View, wanted: Sequence[tuple[RunManifest, str | None]], metric: str) -> list[tuple[RunRecord, str]]:
    """Each run is read once; without a target all of its targets are meant."""
    records: dict[str, RunRecord] = {}
    chosen: list[tuple[RunRecord, str]] = []
    for manifest, target in wanted:
        if manifest.run_id not in records:
            records[manifest.run_id] = _with_metric(record(view, manifest, metric=metric))
        chosen += [(records[manifest.run_id], one) for one in ([target] if target else manifest.targets)]
    return chosen


def _named(view: View, name: str) -> tuple[RunManifest, str | None]:
    run_id, _, target = name.partition(":")
    known = [one.run_id for one in view.manifests]
    if run_id not in known and known:
        with_it = [one.run_id for one in view.manifests if name in one.targets]
        hint = f"{shown(name)} is a target: write {with_it[-1]}:{name}." if with_it else suggestion(run_id, known)
        raise NotFound(f"this project has no run {shown(run_id)}", fix=hint or f"There are: {_runs(view)}.")
    manifest = view.manifest_named(run_id)
    if target and target not in manifest.targets:
        raise _no_target(manifest, target)
    return manifest, target or None


def _no_target(manifest: RunManifest, target: str) -> NotFound:
    fix = suggestion(target, manifest.targets) or f"It has: {listed(manifest.targets)}."
    return NotFound(f"{manifest.run_id} has no target {shown(target)}", fix=fix)


def _with_metric(found: RunRecord) -> RunRecord:
    metric = found.scores.metric
    if metric not in found.metrics and found.metrics:
        known = sorted(found.metrics)
        raise NotFound(
            f"{found.run_id} has no score by {shown(metric)}",
            fix=suggestion(metric, known) or f"It has: {listed(known)}. Choose one with --metric.",
        )
    return found


def _label(sides: Sequence[Side], name: str) -> str:
    """The label of the one side that ``name`` means."""
    meant = [side.label for side in sides if name in (side.label, side.target, f"{side.record.run_id}:{side.target}")]
    if len(meant) == 1:
        return meant[0]
    labels = [side.label for side in sides]
    if meant:
        raise InvalidInput(
            f"the baseline {shown(name)} may be {' or '.join(meant)}", fix="Write it with its run: RUN:TARGET."
        )
    raise NotFound(
        f"the baseline {shown(name)} is not compared",
        fix=suggestion(name, labels) or f"Choose one of: {listed(labels)}.",
    )


def _threshold(view: View) -> float | None:
    threshold = view.facts.get("quality.threshold")
    return float(threshold) if isinstance(threshold, (int, float)) else None


def _runs(view: View) -> str:
    return listed(one.run_id for one in view.manifests[-20:])


def settings_with(settings: GateSettings, **changes: object) -> GateSettings:
    """The project's demands, with those that were said otherwise; None leaves one as it is."""
    said = {name: value for name, value in changes.items() if value is not None}
    return replace(settings, **said)  # type: ignore[arg-type]  # fields by name
