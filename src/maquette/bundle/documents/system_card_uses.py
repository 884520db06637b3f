"""What the system is for, and what it is not for because a fact of the project says so."""

from collections.abc import Iterator, Mapping
from typing import Any

from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.threats_sayings import known
from maquette.bundle.figures import Figure, Sentence, clause

CLASSES = ("public", "internal", "confidential", "pii", "phi", "pci", "secret")
"""Classes of data, the least sensitive first, as the question has them."""


def intended_uses(seen: Seen) -> list[Mapping[str, Any]]:
    """Rows: what of the use, and the fact."""
    facts = seen.facts
    goal = facts.text("project.goal")
    rows: tuple[tuple[str, Sentence], ...] = (
        ("goal", [goal] if goal else []),
        ("task", clause(facts.said("task.type"))),
        ("users", [*clause(facts.said("users.audience")), *clause(", ", facts.said("users.count"))]),
        (
            "inputs",
            [*clause(facts.said("io.input_modalities")), *clause(", up to ", facts.said("tokens.input_p99"))],
        ),
        ("output", clause(facts.said("io.output_format"))),
        ("languages", clause(facts.said("quality.languages"))),
        ("data", clause("up to ", facts.said("data.sensitivity"))),
        ("load", clause(facts.said("scale.requests_per_day"))),
    )
    return [{"what": what, "fact": fact} for what, fact in rows if fact]


def excluded_uses(seen: Seen) -> list[Mapping[str, Any]]:
    """Rows: a use that is excluded, and the fact that excludes it."""
    return [{"use": use, "because": because} for use, because in _excluded(seen)]


def _excluded(seen: Seen) -> Iterator[tuple[str, Sentence]]:
    facts, task = seen.facts, seen.facts.text("task.type")
    held = facts.text("data.sensitivity")
    if held in CLASSES and held != CLASSES[-1]:
        above = ", ".join(facts.in_words("data.sensitivity", one) for one in CLASSES[CLASSES.index(held) + 1 :])
        yield f"prompts with {above}", _because("designed for up to ", facts.said("data.sensitivity"))
    if facts.text("users.audience") == "internal":
        yield (
            "use by people outside the organisation",
            _because("audience ", facts.said("users.audience")),
        )
    yield from _unattended(seen, task)
    if task in ("summarisation", "extraction", "translation") and facts.text("knowledge.need") == "none":
        yield (
            f"questions that the text of a {task} does not answer",
            _because("knowledge: ", facts.said("knowledge.need")),
        )
    if task in ("classification",) and facts.values.get("quality.label_space_fixed") is True:
        yield "labels that are not among the fixed ones", _because("fixed: ", facts.said("quality.label_space_fixed"))
    if facts.values.get("data.external_processing_allowed") is False:
        yield (
            "any model outside the organisation, as a fallback or judge too",
            _because("third parties may process the data: ", facts.said("data.external_processing_allowed")),
        )
    longest = facts.said("tokens.input_p99")
    if longest:
        yield "inputs longer than were planned for", _because("99 of 100 have up to ", longest)
    yield from _readers(seen)


def _unattended(seen: Seen, task: str | None) -> Iterator[tuple[str, Sentence]]:
    facts = seen.facts
    if facts.text("risk.human_review") == "always":
        acts = (
            "merge, deployment or any other act" if facts.text("agency.tools") == "irreversible" else "use of an answer"
        )
        yield f"{acts} that no person has checked", _because("review: ", facts.said("risk.human_review"))
    if facts.text("agency.tools") == "none":
        yield "acting on an answer by the model itself", _because("tools: ", facts.said("agency.tools"))
    if facts.text("risk.human_review") == "none" and facts.text("quality.error_cost"):
        yield (
            "decisions on persons, for which nobody checks the answer",
            _because("review: ", facts.said("risk.human_review")),
        )
    if known(seen).get("decisions.sandbox") is True:
        yield (
            "running code outside the sandbox, or with open network",
            _because("tools: ", facts.said("agency.tools")),
        )


def _readers(seen: Seen) -> Iterator[tuple[str, Sentence]]:
    """Personal answers where everybody gets the same."""
    facts = seen.facts
    if facts.text("knowledge.need") not in (None, "none") and facts.values.get("knowledge.acl") is False:
        yield (
            "answers that depend on who asks",
            _because("readers have different rights: ", facts.said("knowledge.acl")),
        )


def _because(words: str, fact: Figure | None) -> Sentence:
    return clause(words, fact)
