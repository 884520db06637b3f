"""What the providers of the chosen models publish of how long they keep what is sent."""

from maquette.bundle.diagrams.providers import processor, runs_own
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, figure
from maquette.bundle.inputs import RoleModel


def published_term(seen: Seen, role: RoleModel, name: str) -> Figure | None:
    """The provider's own words on that term, such as "retention"; None where it publishes none."""
    if role.card is None or runs_own(role):
        return None
    one = next((one for one in seen.inputs.providers if role.card.id in one.chosen), None)
    marks = (*one.marks, *one.terms) if one else ()
    mark = next((mark for mark in marks if mark.name == name and mark.source is not None), None)
    return None if mark is None or mark.source is None else figure(mark.says, mark.source)


def retention_of_all(seen: Seen) -> Figure | None:
    """How long the one provider of all models behind an API keeps prompts; None where there are two or none says."""
    away = [role for role in seen.roles if not runs_own(role)]
    if len({processor(role) for role in away}) != 1:
        return None
    return published_term(seen, away[0], "retention")
