"""What has to be so before a release, as `docs/14-rollout.md` lists it, for those who look without an export."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from maquette.rules.report import Strength

if TYPE_CHECKING:
    from maquette.bundle.figures import Sentence
    from maquette.decision.decision import Decision
    from maquette.project.ports import Ports
    from maquette.project.view import View


class ReleaseState(StrEnum):
    """Whether the evidence says so."""

    BLOCKS = "blocks"
    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseItem:
    """One item: what has to be so, whether it is, by which evidence, and who looks after it."""

    what: str
    state: ReleaseState
    evidence: str
    owner: str


def release_items(view: "View", ports: "Ports") -> tuple[ReleaseItem, ...]:
    """The checklist's items, the worst first; empty while no model is in question.

    They are computed from what the documents are computed from, but for flips and levers, of which no item speaks.
    """
    from maquette.bundle.building import seen_of
    from maquette.bundle.documents.checklist import BLOCKS, DONE, OPEN, checklist
    from maquette.project.document_costs import document_draws
    from maquette.project.exporting import bundle_inputs

    states = {BLOCKS: ReleaseState.BLOCKS, OPEN: ReleaseState.OPEN, DONE: ReleaseState.DONE}
    decision = view.decision
    if decision.choice is None and decision.recommended is None:
        return ()
    inputs = replace(bundle_inputs(view, ports, with_costs=False), costs=document_draws(view))
    seen = seen_of(inputs, ports.bundle_templates())
    return tuple(
        ReleaseItem(
            what=row["what"],
            state=states[row["status"]],
            evidence=_in_words(row["evidence"]),
            owner=row["owner"],
        )
        for row in checklist(seen)
    )


def musts_against(decision: "Decision") -> tuple[str, ...]:
    """The fired must rules that stand against the release of the model that is decided for; none while none is."""
    if decision.choice is None:
        return ()
    found = [(name, decision.rules.finding(name)) for name in decision.blocking]
    return tuple(name for name, finding in found if finding is not None and finding.rule.strength is Strength.MUST)


def _in_words(evidence: "Sentence") -> str:
    return "".join(part if isinstance(part, str) else part["text"] for part in evidence)


def release_words(items: Sequence[ReleaseItem]) -> str:
    """How many block, how many are open, how many are done: "7 block, 3 open, 4 of 14 done"."""
    count = Counter(one.state for one in items)
    return (
        f"{count[ReleaseState.BLOCKS]} block, {count[ReleaseState.OPEN]} open, "
        f"{count[ReleaseState.DONE]} of {len(items)} done"
    )
