"""What is measured of real traffic, by what the project says of review, readers, form and knowledge."""

from collections.abc import Iterator, Mapping
from typing import Any

from maquette.bundle.documents.seen import Seen

_REVIEW = {
    "always": (
        "edit rate: share of answers that the reviewer changes, from the span attribute reviewer_verdict",
        "every answer is read before it takes effect",
    ),
    "low_confidence": (
        "share of answers below the confidence that sends them to a person, and how many people overturn",
        "answers that the model is not sure of are read",
    ),
    "sampled": ("share of sampled answers that a reader rejects", "a sample is read"),
}

_WORK = (
    "share of finished work that a reviewer sends back, of code by pull request",
    "a person reviews finished work before it is merged, not single turns",
)
"""With an agent nobody reads the turns."""


def online_measures(seen: Seen) -> list[Mapping[str, Any]]:
    """Rows: what is counted, why it can be, and the fact behind it."""
    return list(_rows(seen))


def _rows(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    review, work = facts.text("risk.human_review"), facts.text("task.type") in ("agent", "code")
    if review in _REVIEW:
        measure, why = _WORK if work else _REVIEW[review]
        yield {"measure": measure, "why": why, "fact": facts.figure("risk.human_review")}
    if facts.text("users.audience") in ("consumer", "children_or_vulnerable", "b2b") and review != "always":
        yield {
            "measure": "complaints and repeated contacts within a day of an answer",
            "why": "readers outside the company see it",
            "fact": facts.figure("users.audience"),
        }
    if facts.values.get("knowledge.citations_required") is True:
        yield {
            "measure": "share of cited sections that exist and hold the claim, checked by program",
            "why": "sources must be cited",
            "fact": facts.figure("knowledge.citations_required"),
        }
    if facts.text("task.type") == "agent":
        yield {
            "measure": "cost of a solved task, and share of results taken back within a week",
            "why": "an agent's work shows in what is kept",
            "fact": facts.figure("task.type"),
        }
    if facts.values.get("quality.label_space_fixed") is True:
        yield {
            "measure": "share of inputs that no label fits, by week",
            "why": "the labels are fixed, the inputs are not",
            "fact": facts.figure("quality.label_space_fixed"),
        }
    if facts.text("task.type") in ("summarisation", "rag_qa", "generation") and review not in _REVIEW:
        yield {
            "measure": "faithfulness of a daily sample by the same judge as offline",
            "why": "nobody reads the answers first",
            "fact": facts.figure("risk.human_review"),
        }
