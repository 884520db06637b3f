"""A view's finished runs as steps of the ladder of adaptation."""

from contextlib import suppress
from typing import TYPE_CHECKING

from maquette.decision.laddering import Ladder, Recorded, ladder
from maquette.evals.steps import Step
from maquette.evals.trials import RunManifest, RunState
from maquette.foundation.problems import Problem

if TYPE_CHECKING:
    from maquette.evals.run import EvalRun, TargetResult
    from maquette.project.view import View


def steps_run(view: "View") -> tuple[tuple[RunManifest, Step], ...]:
    """Every finished run whose step is on record, oldest first."""
    found = []
    for one in view.manifests:
        # A run of a later version may be of a step that this one does not know.
        with suppress(ValueError):
            if one.step and one.state is RunState.FINISHED:
                found.append((one, Step(one.step)))
    return tuple(found)


def ladder_of(view: "View") -> Ladder | None:
    """The ladder with the newest run of each step; None while no run says which step it is of.

    A score is of the chosen model, where that run asked it, and else of the best one.
    """
    runs = steps_run(view)
    if not runs:
        return None
    newest = {step: manifest for manifest, step in runs}
    found = [one for step, manifest in newest.items() if (one := _recorded(view, manifest, step)) is not None]
    need = view.facts.get("knowledge.need")
    return ladder(
        found,
        steps_run=[(manifest.run_id, step) for manifest, step in runs],
        needs_knowledge=None if need is None else need != "none",
    )


def _recorded(view: "View", manifest: RunManifest, step: Step) -> Recorded | None:
    try:
        run = view.run_named(manifest.run_id)
    except Problem:
        return None
    result = _in_question(view, run)
    last = view.manifests[-1]
    if result is None or result.score is None:
        return None
    return Recorded(
        step=step,
        run=run.id,
        model=result.target_id,
        prompt=run.prompt,
        score=result.score,
        interval=result.interval,
        scored=result.scored,
        verdict=result.verdict,
        metric=run.primary_metric,
        on=run.started_at.date(),
        shown=manifest.shown,
        comparable=_asked(manifest) == _asked(last),
    )


def _asked(manifest: RunManifest) -> tuple[str | None, str]:
    return (manifest.made_of.get("dataset"), manifest.primary_metric)


def _in_question(view: "View", run: "EvalRun") -> "TargetResult | None":
    choice = view.document.choice
    own = run.result(choice.model) if choice is not None else None
    if own is not None and own.score is not None:
        return own
    scored = [one for one in run.results if one.score is not None]
    return max(scored, key=lambda one: one.score or 0.0, default=None)
