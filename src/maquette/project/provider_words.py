"""The shortlist's providers as rows, the same in the terminal app and in notebooks. Text only, no markup."""

from collections.abc import Sequence

from maquette.catalog.providers import Provider
from maquette.catalog.scorecard import ProviderScore, scorecard
from maquette.foundation.units import readable_span, readable_usd
from maquette.project.view import View

PROVIDER_HEADINGS = ("provider", "met", "not", "unknown", "fit", "leading model", "month 1", "a request", "last day")
CRITERION_HEADINGS = ("criterion", "met", "asked, and what is said")


def scorecard_of(view: View, providers: Sequence[Provider]) -> tuple[ProviderScore, ...]:
    """The providers of the shortlist held against the requirements, those of chosen models first."""
    return scorecard(
        view.shortlist, providers, view.facts, today=view.catalog.prices_as_of, chosen=view.document.chosen
    )


def provider_cells(one: ProviderScore) -> tuple[str, ...]:
    """One provider, in the order of `PROVIDER_HEADINGS`; a star behind one of which a model is chosen."""
    leading, end = one.leading, one.next_end
    return (
        f"{one.name} *" if one.chosen else one.name,
        *(str(one.count(met)) for met in (True, False, None)),
        f"{one.fits}/{len(one.candidates)}",
        leading.card.id,
        readable_span(leading.usd_per_month) if leading.usd_per_month else "",
        readable_usd(leading.usd_per_request) if leading.usd_per_request is not None else "unpriced",
        f"{end[1].isoformat()} {end[0]}" if end else "none published",
    )


def provider_head(one: ProviderScore) -> str:
    """The company with how many marks are met, are not, and are not known."""
    return f"{one.title}: {one.count(True)} met, {one.count(False)} not, {one.count(None)} unknown"


def criterion_cells(one: ProviderScore) -> list[tuple[str, ...]]:
    """What is asked of a provider and what it says, in the order of `CRITERION_HEADINGS`."""
    return [
        (
            mark.name,
            mark.verdict,
            f"asked {mark.wants}; says {mark.says}" + (f" ({mark.source})" if mark.source else ""),
        )
        for mark in one.marks
    ]
