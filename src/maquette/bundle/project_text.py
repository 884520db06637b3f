"""What every document says of the project: its name, whether it is a draft and why, what was asked of it."""

from typing import Any

from maquette.bundle.figures import FactSheet
from maquette.bundle.inputs import BundleInputs, is_draft
from maquette.decision.decision import DecisionStatus
from maquette.requirements.answers import assumptions, open_questions

KEY_FACTS = (
    "task.type",
    "users.audience",
    "scale.requests_per_day",
    "derived.rps_peak",
    "tokens.input_avg",
    "tokens.output_avg",
    "latency.p95_ms",
    "availability.target",
    "quality.metric",
    "quality.threshold",
    "budget.monthly_usd",
    "data.sensitivity",
    "data.residency",
)
"""The facts that a reader of the architecture needs first."""

_DERIVED = {"derived.rps_peak": "Requests at the busiest moment"}


def project_view(inputs: BundleInputs) -> dict[str, Any]:
    """The head of every document."""
    return {
        "name": inputs.document,
        "draft": is_draft(inputs),
        "draft_because": _draft_because(inputs),
        "version": inputs.maquette_version,
    }


def requirements_view(inputs: BundleInputs, facts: FactSheet) -> dict[str, Any]:
    """Key facts, every answer, every default that stands in for one, and every question without either."""
    asked = {question.id: question.ask for question in inputs.book.questions.values()}
    rows = [
        {"id": name, "ask": asked.get(name) or _DERIVED.get(name, name), "figure": facts.figure(name)}
        for name in (*KEY_FACTS, *(answer for answer in asked if answer in inputs.requirements.answers))
    ]
    unique = {row["id"]: row for row in rows}
    taken = assumptions(inputs.requirements, inputs.book)
    return {
        "key": [unique[name] for name in KEY_FACTS if unique[name]["figure"]],
        "key_unknown": [unique[name] for name in KEY_FACTS if not unique[name]["figure"]],
        "answers": len(inputs.requirements.answers),
        "assumed": [
            {"id": one.question.id, "ask": one.question.ask, "figure": facts.figure(one.question.id)} for one in taken
        ],
        "open": [{"id": one.id, "ask": one.ask} for one in open_questions(inputs.requirements, inputs.book)],
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
