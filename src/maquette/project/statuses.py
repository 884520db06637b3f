"""How far each stage is: what it was computed from against what it would be computed from now."""

from maquette.bundle.lock import Lock
from maquette.decision.decision import Choice
from maquette.evals.trials import RunState
from maquette.foundation.problems import Problem
from maquette.project.deciding_records import stale_of
from maquette.project.ports import BundleFolder
from maquette.project.stages import Progress, Stage, StageStatus
from maquette.project.view import View
from maquette.requirements.answers import converted
from maquette.requirements.questions import QuestionBook, QuestionMode


def statuses(view: View, questions: QuestionBook, *, bundle_basis: str | None) -> tuple[StageStatus, ...]:
    """The six stages in order.

    Args:
        view: The project at one moment.
        questions: The question book.
        bundle_basis: What the exported bundle was computed from, by its lock; None when there is none.
    """
    return (
        _requirements(view, questions),
        _shortlist(view),
        _evaluation(view),
        _cost(view),
        _decision(view),
        _bundle(view, bundle_basis),
    )


def exported_lock(folder: BundleFolder) -> Lock | None:
    """What an exported bundle says of itself; None where nothing was exported, or it cannot be read."""
    text = folder.lock()
    if text is None:
        return None
    try:
        return Lock.from_text(text)
    except Problem:
        return None


def _requirements(view: View, questions: QuestionBook) -> StageStatus:
    quick = [question for question in questions.questions.values() if question.mode is QuestionMode.QUICK]
    said = view.document.requirements
    given = converted(said, questions)
    waiting = [
        question.id
        for question in quick
        if question.default is None and question.id not in {*said.answers, *said.unknown, *given}
    ]
    answered = len(said.answers)
    summary = f"{answered} answered, {len(view.assumptions)} assumed, {len(view.open_questions)} unknown"
    if not waiting:
        return StageStatus(stage=Stage.REQUIREMENTS, progress=Progress.DONE, summary=summary)
    return StageStatus(
        stage=Stage.REQUIREMENTS,
        progress=Progress.MISSING,
        summary=summary,
        because=f"no answer yet to {', '.join(waiting[:3])}" + (f" and {len(waiting) - 3} more" * (len(waiting) > 3)),
        next_command=f"maquette set {waiting[0]}=VALUE (or =unknown)",
    )


def _shortlist(view: View) -> StageStatus:
    chosen = view.document.chosen
    summary = f"{len(view.shortlist.candidates)} of {view.shortlist.catalog_size} left, {len(chosen)} chosen"
    if not chosen:
        return StageStatus(
            stage=Stage.SHORTLIST,
            progress=Progress.MISSING,
            summary=summary,
            because="no model is chosen",
            next_command="maquette shortlist --choose MODEL",
        )
    gone = [model for model in chosen if view.shortlist.exclusion(model)]
    if gone or view.document.shortlist_from != view.shortlist_basis:
        because = f"{gone[0]} no longer fits" if gone else "requirements or catalog changed since the choice"
        return StageStatus(
            stage=Stage.SHORTLIST,
            progress=Progress.STALE,
            summary=summary,
            because=because,
            next_command="maquette shortlist --choose " + " --choose ".join(m for m in chosen if m not in gone),
        )
    return StageStatus(stage=Stage.SHORTLIST, progress=Progress.DONE, summary=summary)


def _evaluation(view: View) -> StageStatus:
    manifest = view.manifest
    command = "maquette eval"
    if manifest is None:
        because = "nothing was evaluated"
        try:
            _ = view.plan
        except Problem as problem:
            because = problem.what
        return StageStatus(
            stage=Stage.EVALUATION, progress=Progress.MISSING, summary="no run", because=because, next_command=command
        )
    run = view.run
    passing = [result.target_id for result in run.results if result.verdict == "passes"] if run else []
    summary = f"{manifest.run_id}: {manifest.examples} examples, {len(manifest.targets)} models, {len(passing)} pass"
    if manifest.state is RunState.RUNNING:
        return StageStatus(stage=Stage.EVALUATION, progress=Progress.RUNNING, summary=summary, because="under way")
    if not view.run_is_current:
        return StageStatus(
            stage=Stage.EVALUATION,
            progress=Progress.STALE,
            summary=summary,
            because="examples, prompt, metrics or models changed since the run",
            next_command=command,
        )
    if manifest.state is not RunState.FINISHED:
        words = {RunState.CAP_REACHED: "the cap was reached", RunState.STOPPED: "it was stopped"}
        return StageStatus(
            stage=Stage.EVALUATION,
            progress=Progress.STALE,
            summary=summary,
            because=words.get(manifest.state, "it was interrupted") + "; finished calls are kept",
            next_command=command,
        )
    return StageStatus(stage=Stage.EVALUATION, progress=Progress.DONE, summary=summary)


def _cost(view: View) -> StageStatus:
    command = "maquette cost"
    if view.document.cost_from is None:
        because = "no projection yet" if view.document.chosen else "no model is chosen"
        return StageStatus(
            stage=Stage.COST, progress=Progress.MISSING, summary="no projection", because=because, next_command=command
        )
    options = len(view.cost_options)
    if view.document.cost_from != view.cost_basis:
        return StageStatus(
            stage=Stage.COST,
            progress=Progress.STALE,
            summary=f"{options} options",
            because="requirements, models, prices or measurements changed since the projection",
            next_command=command,
        )
    return StageStatus(stage=Stage.COST, progress=Progress.DONE, summary=f"{options} options")


def _decision(view: View) -> StageStatus:
    choice = view.document.choice
    command = "maquette decide --model MODEL --because 'WHY'"
    if choice is None:
        return StageStatus(
            stage=Stage.DECISION,
            progress=Progress.MISSING,
            summary="no decision",
            because="nothing is decided",
            next_command=command,
        )
    summary = f"{choice.model}, {choice.status}"
    because = _why_stale(view, choice)
    if because:
        return StageStatus(
            stage=Stage.DECISION,
            progress=Progress.STALE,
            summary=summary,
            because=because,
            next_command=command.replace("MODEL", choice.model),
        )
    return StageStatus(stage=Stage.DECISION, progress=Progress.DONE, summary=summary)


def _why_stale(view: View, choice: Choice) -> str:
    """The records that rest on something that changed, or empty; of an old decision whether anything at all did."""
    if not choice.rests_on:
        changed = choice.computed_from != view.decision.computed_from
        return "what the decision rests on changed since it was made" if changed else ""
    return ". ".join(one.words for one in stale_of(view))


def _bundle(view: View, bundle_basis: str | None) -> StageStatus:
    command = "maquette export"
    if bundle_basis is None:
        return StageStatus(
            stage=Stage.BUNDLE,
            progress=Progress.MISSING,
            summary="no bundle",
            because="nothing was exported",
            next_command=command,
        )
    if bundle_basis != view.bundle_basis:
        return StageStatus(
            stage=Stage.BUNDLE,
            progress=Progress.STALE,
            summary=view.document.out,
            because="the project changed since the export",
            next_command=command,
        )
    return StageStatus(stage=Stage.BUNDLE, progress=Progress.DONE, summary=view.document.out)
