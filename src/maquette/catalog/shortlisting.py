"""From the catalog and the requirements to a shortlist: filters, monthly cost, quality, Pareto front, cautions."""

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches

from maquette.catalog.cards import Catalog, Hosting, ModelCard
from maquette.catalog.cautions import cautions
from maquette.catalog.checks import Check, Needs, No, Unsure
from maquette.catalog.dominance import with_front
from maquette.catalog.filters import FILTER_FACTS, FILTERS, active
from maquette.catalog.shortlist import Candidate, Exclusion, Fit, Quality, Shortlist
from maquette.catalog.traffic import month_usd, request_usd
from maquette.foundation.expression import Facts
from maquette.foundation.lineage import fingerprint
from maquette.foundation.problems import InvalidInput, NotFound
from maquette.foundation.units import Usd

SHORTLIST_FACTS = (*FILTER_FACTS, "lifecycle.horizon_months")
"""The facts that a shortlist depends on; no other answer can change it."""

_NO_CARD_SAYS = {
    "latency.p95_ms": "the time for a complete answer",
    "latency.ttft_ms": "the time to the first token",
    "quality.threshold": "quality on your own examples",
}
"""Requirements that nobody publishes a comparable figure for: an evaluation measures them."""


def shortlist(
    catalog: Catalog, facts: Facts, *, today: date, measured: Mapping[str, Quality] | None = None
) -> Shortlist:
    """Sort every model into candidates and exclusions.

    Args:
        catalog: All models.
        facts: What is known of the requirements; an unknown fact filters nothing.
        today: For retirement and the age of prices.
        measured: Card id to the quality measured on the user's own examples.
    """
    needs = Needs.of(facts, today)
    checks = active(needs)
    candidates: list[Candidate] = []
    exclusions: list[Exclusion] = []
    funnel = dict.fromkeys(FILTERS, 0)
    for card in catalog.cards.values():
        verdict = judged(card, checks)
        if isinstance(verdict, Exclusion):
            exclusions.append(verdict)
            funnel[verdict.filter] += 1
        else:
            candidates.append(candidate_of(card, verdict, needs, (measured or {}).get(card.id)))
    return Shortlist(
        candidates=tuple(sorted(with_front(candidates), key=_order)),
        exclusions=tuple(exclusions),
        funnel=funnel,
        fingerprint=fingerprint(
            catalog.fingerprint, {name: facts[name] for name in SHORTLIST_FACTS if name in facts}, measured or {}
        ),
        unchecked=tuple(what for fact, what in _NO_CARD_SAYS.items() if fact in facts),
    )


def judged(card: ModelCard, checks: Mapping[str, Check]) -> Exclusion | tuple[str, ...]:
    """The first filter that the card fails, or what nobody says of it."""
    unsure: list[str] = []
    for name, check in checks.items():
        answer = check(card)
        if answer is None:
            continue
        if isinstance(answer, No):
            return Exclusion(card=card, filter=name, detail=answer.why)
        unsure.append(answer.what)
    return tuple(unsure)


def failures(card: ModelCard, checks: Mapping[str, Check]) -> dict[str, str]:
    """Every filter that the card fails, in the order of the funnel, and why."""
    answers = ((name, check(card)) for name, check in checks.items())
    return {name: answer.why for name, answer in answers if isinstance(answer, No)}


def doubts(card: ModelCard, checks: Mapping[str, Check]) -> tuple[str, ...]:
    """What nobody says of the card, over all filters."""
    answers = (check(card) for check in checks.values())
    return tuple(answer.what for answer in answers if isinstance(answer, Unsure))


def candidate_of(
    card: ModelCard, unverified: tuple[str, ...], needs: Needs, measured: Quality | None = None
) -> Candidate:
    """A card that no filter takes out, with its cost and quality; the front is marked over all candidates later."""
    return Candidate(
        card=card,
        fit=Fit.UNVERIFIED if unverified else Fit.FITS,
        unverified=unverified,
        usd_per_request=request_usd(card, needs.traffic),
        usd_per_month=month_usd(card, needs.traffic),
        quality=measured or claimed(card),
        on_front=False,
        dominated_by=None,
        cautions=tuple(cautions(card, needs)),
    )


def claimed(card: ModelCard) -> Quality | None:
    """The first claim stands alone: claims on different benchmarks are never blended."""
    if not card.claims:
        return None
    first = card.claims[0]
    return Quality(value=float(first.value), source=first.source, benchmark=first.benchmark)


def require_candidate(found: Shortlist, model: str) -> None:
    """Refuse a model that cannot be chosen.

    Raises:
        NotFound: The catalog has no such model.
        InvalidInput: It is excluded; the message says at which filter.
    """
    if (out := found.exclusion(model)) is not None:
        raise InvalidInput(
            f"{model!r} does not meet the requirements: {out.detail}",
            fix="Choose another model, or change the requirement that excludes it.",
        )
    if found.candidate(model) is None:
        raise unheard_of(found, model)


def unheard_of(found: Shortlist, model: str) -> NotFound:
    """The catalog has no such model; close names are proposed."""
    names = [candidate.card.id for candidate in found.candidates] + [out.card.id for out in found.exclusions]
    close = get_close_matches(model, names, n=3)
    hint = f"Did you mean {' or '.join(close)}?" if close else "maquette shortlist lists the models."
    return NotFound(f"the catalog has no model {model!r}", fix=hint)


def _order(candidate: Candidate) -> tuple[bool, bool, bool, Usd, str]:
    """Own measurements first, then what fits, then the cheapest; unpriced and priced at nothing last."""
    measured = candidate.quality is not None and candidate.quality.source.kind == "measured"
    local = candidate.card.hosting in {Hosting.LOCAL_FILE, Hosting.SERVED}
    month = candidate.usd_per_month
    cost = (month.base if month else candidate.usd_per_request) or Usd("Infinity")
    return (not measured, not local, candidate.fit is not Fit.FITS, cost, candidate.card.id)
