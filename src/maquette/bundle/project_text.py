"""What every document says of the project: its name, whether it is a draft and why."""

from typing import Any

from maquette.bundle.inputs import BundleInputs, is_draft
from maquette.decision.decision import DecisionStatus


def project_view(inputs: BundleInputs) -> dict[str, Any]:
    """The head of every document."""
    return {
        "name": inputs.document,
        "draft": is_draft(inputs),
        "draft_because": _draft_because(inputs),
        "version": inputs.maquette_version,
    }


def _draft_because(inputs: BundleInputs) -> str:
    decision = inputs.decision
    if decision is None:
        return "nothing has been weighed yet"
    if decision.choice is None:
        return "no model has been chosen"
    reasons = []
    if decision.choice.status is not DecisionStatus.ACCEPTED:
        reasons.append(f"the choice of {decision.choice.model} is a {decision.choice.status}")
    if decision.blocking:
        reasons.append(f"against release: {', '.join(decision.blocking)}")
    return "; ".join(reasons)
