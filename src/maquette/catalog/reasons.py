"""Why a model is in or out: each requirement, what the card says on it, and where that comes from."""

from dataclasses import dataclass
from enum import StrEnum

from maquette.catalog.cards import Capability, Hosting, ModelCard
from maquette.catalog.checks import Check, Needs, No, Unsure
from maquette.catalog.filters import FILTERS, active
from maquette.catalog.shortlist import Shortlist
from maquette.catalog.shortlisting import unheard_of
from maquette.foundation.sources import Source
from maquette.foundation.units import readable_usd


class Met(StrEnum):
    """Whether a requirement is met."""

    YES = "met"
    NO = "not met"
    UNKNOWN = "not known"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One requirement against one card.

    Attributes:
        filter: The filter's name.
        wants: The requirement in words.
        says: What the card says.
        met: Yes, no, or nobody knows.
        detail: Why not, or what nobody says; empty when it is met.
        source: Where the card's statement comes from.
    """

    filter: str
    wants: str
    says: str
    met: Met
    detail: str
    source: Source


def reasons(card: ModelCard, needs: Needs) -> tuple[Reason, ...]:
    """Every requirement against the card, in the order of the funnel."""
    skipped = _OF_WEIGHTS if card.hosting is Hosting.API else frozenset()
    return tuple(_reason(card, needs, name, check) for name, check in active(needs).items() if name not in skipped)


_OF_WEIGHTS = frozenset({"licence", "machine"})
"""What is asked of weights on own machines only."""


def _reason(card: ModelCard, needs: Needs, name: str, check: Check) -> Reason:
    answer = check(card)
    met, detail = Met.YES, ""
    if isinstance(answer, No):
        met, detail = Met.NO, answer.why
    elif isinstance(answer, Unsure):
        met, detail = Met.UNKNOWN, f"nobody says {answer.what}"
    asked = FILTERS[name]
    return Reason(
        filter=name,
        wants=asked.wants(needs),
        says=asked.says(card, needs),
        met=met,
        detail=detail,
        source=_source(card, name),
    )


def _source(card: ModelCard, filter_name: str) -> Source:
    terms = card.weights.terms if card.weights else None
    if filter_name == "licence" and terms is not None and terms.source is not None:
        return terms.source
    if filter_name in {"budget", "price"} and card.price is not None:
        return card.price.source
    named = (card.sources.get(field) for field in _FIELDS.get(filter_name, ()))
    return next((source for source in named if source is not None), card.source)


_FIELDS = {
    "residency": ("regions",),
    "agreement": (f"capabilities.{Capability.BAA.value}",),
    "retention": (f"capabilities.{Capability.ZERO_RETENTION.value}",),
    "retired": ("retires_on",),
    "tools": (f"capabilities.{Capability.TOOLS.value}",),
    "context": ("context_tok", "max_output_tok"),
    "machine": ("weights",),
}
"""The fields that a filter reads, as a card's ``sources`` name them."""


def why_not(found: Shortlist, model: str) -> str:
    """Why a model is in or out, in one paragraph.

    Raises:
        NotFound: The catalog has no such model; close names are proposed.
    """
    if (out := found.exclusion(model)) is not None:
        return f"{model} is out at the filter '{out.filter}': {out.detail}."
    candidate = found.candidate(model)
    if candidate is None:
        raise unheard_of(found, model)
    lines = [f"{model} is a candidate: {candidate.fit}."]
    lines += [f"Nobody says {what}." for what in candidate.unverified]
    if candidate.usd_per_month is not None:
        month = candidate.usd_per_month
        lines.append(f"It costs {readable_usd(month.low)} to {readable_usd(month.high)} a month at launch.")
    if candidate.dominated_by:
        lines.append(f"{candidate.dominated_by} is both better and cheaper.")
    return " ".join([*lines, *candidate.cautions])
