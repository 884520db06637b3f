"""Making and signing the decision: what must be known before, and what of it stands in maquette.yaml."""

from dataclasses import replace

from maquette.decision.decision import Choice, DecisionStatus
from maquette.foundation.problems import InvalidInput, NotFound
from maquette.foundation.wording import listed, shown
from maquette.project.deciding_records import made_from
from maquette.project.view import View
from maquette.project_document import REMOVED


def choice_of(view: View, *, model: str, because: str, fallback: str | None) -> Choice:
    """The choice as a draft.

    Raises:
        NotFound: The model or the fallback is not among the options.
    """
    names = [option.model for option in view.decision.options]
    for name in filter(None, (model, fallback)):
        if name not in names:
            raise NotFound(
                f"{shown(name)} is not among the options",
                fix=f"Choose one of: {listed(names) or 'none yet; choose models first'}.",
            )
    return Choice(
        model=model,
        fallback=fallback,
        because=because,
        status=DecisionStatus.DRAFT,
        decided_on=view.today,
        computed_from="",
    )


def draft_of(view: View) -> Choice:
    """The choice that stands in maquette.yaml.

    Raises:
        NotFound: Nothing is decided yet.
    """
    choice = view.document.choice
    if choice is None:
        raise NotFound("nothing is decided yet", fix="Decide first: maquette decide --model MODEL --because 'TEXT'.")
    return choice


def signed(view: View, choice: Choice, *, unevaluated_because: str | None, by: str | None = None) -> Choice:
    """The choice as accepted today; a reason to sign without an evaluation is kept only where there is none.

    Raises:
        InvalidInput: No current run has a score of the model, and nobody said why that is well.
    """
    reason = (unevaluated_because or "").strip() or None
    if is_evaluated(view, choice.model):
        reason = None
    elif reason is None:
        raise InvalidInput(
            f"{choice.model} has no score in a current evaluation, so the decision cannot be accepted",
            fix="Evaluate it: maquette eval run. Or say why not, which the record shows: --without-evaluation 'TEXT'.",
        )
    return replace(
        choice,
        status=DecisionStatus.ACCEPTED,
        unevaluated_because=reason,
        signed_by=(by or "").strip() or None,
        signed_on=view.today,
    )


def is_evaluated(view: View, model: str) -> bool:
    """Whether a run of today's plan has at least one score of the model."""
    result = view.current_run.result(model) if view.current_run is not None else None
    return result is not None and result.scored > 0


def choice_paths(choice: Choice) -> dict[str, object]:
    """The choice as changes of maquette.yaml."""
    return {
        "decision.model": choice.model,
        "decision.fallback": choice.fallback if choice.fallback else REMOVED,
        "decision.because": choice.because,
        "decision.status": choice.status.value,
        "decision.unevaluated_because": choice.unevaluated_because if choice.unevaluated_because else REMOVED,
        "decision.decided_on": choice.decided_on.isoformat(),
        "decision.signed_by": choice.signed_by if choice.signed_by else REMOVED,
        "decision.signed_on": choice.signed_on.isoformat() if choice.signed_on else REMOVED,
    }


def cost_is_seen(view: View) -> bool:
    """Whether somebody looked at the projection as it is now."""
    return view.document.cost_from is not None and view.document.cost_from == view.cost_basis


def basis_paths(view: View, *, cost_is_seen: bool = False) -> dict[str, object]:
    """What the decision and each of its records are made from today, as changes of maquette.yaml.

    ``cost_is_seen``: the projection was looked at before the choice, which itself may share requests out.
    """
    cost = {"cost.computed_from": view.cost_basis} if cost_is_seen else {}
    return {
        **cost,
        "decision.computed_from": view.decision.computed_from,
        "decision.rests_on": {record: list(lines) for record, lines in made_from(view).items()},
    }
