"""What the licences of open models allow, in short words of our own; the licence's text is at its source.

Commercial use is three-valued: yes, no, or only under conditions; None when nobody has read it.
"""

from dataclasses import dataclass
from enum import StrEnum

from maquette.foundation.sources import Source


class Commercial(StrEnum):
    """Whether a licence allows use in a product that is sold, or inside a company."""

    YES = "yes"
    NO = "no"
    CONDITIONS = "conditions"


@dataclass(frozen=True, kw_only=True, slots=True)
class Licence:
    """One licence.

    Attributes:
        id: Its short name, as model hubs write it.
        name: Its full name.
        commercial: Whether commercial use is allowed; None when unknown.
        clauses: What to mind, a sentence each.
        source: Where its text is, and the day on which it was read.
    """

    id: str
    name: str
    commercial: Commercial | None
    clauses: tuple[str, ...]
    source: Source | None
