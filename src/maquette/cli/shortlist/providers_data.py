"""The providers' scorecard as data for --json and as rows for tables; unknown stays unknown."""

from collections.abc import Iterable

from typing_extensions import TypedDict

from maquette.catalog.scorecard import ProviderScore, tuned_here
from maquette.catalog.scorecard_terms import Mark
from maquette.cli.contract_parts import FORMAT, exact, exact_or_none
from maquette.foundation.units import readable_span, readable_usd

HEADINGS = (
    "provider", "models", "fit", "leading", "a request", "first month", "batch", "tuning", "next last day", "marks",
)  # fmt: skip
MARK_HEADINGS = ("criterion", "asked", "says", "met", "from")
_YES_NO = {True: "yes", False: "no", None: "unknown"}


class MarkData(TypedDict):
    """One criterion; ``met`` is as `Mark.verdict` says it, ``source`` null where nobody states it."""

    criterion: str
    requirement: str
    wants: str
    says: str
    met: str
    source: str | None


class MonthData(TypedDict):
    """A month, from everything cached to nothing cached."""

    low: str
    high: str


class ProviderScoreData(TypedDict):
    """One provider of the shortlist; null where nobody says. ``leading`` is the model that its price is of."""

    provider: str
    title: str
    models: list[str]
    fit: int
    chosen: list[str]
    leading: str
    usd_per_request: str | None
    usd_per_month: MonthData | None
    batch: bool | None
    tuning: str | None
    next_last_day: str | None
    met: int
    not_met: int
    not_known: int
    marks: list[MarkData]
    terms: list[MarkData]


class ScorecardData(TypedDict):
    """`maquette shortlist providers --json`."""

    format: int
    providers: list[ProviderScoreData]


def scorecard_data(found: Iterable[ProviderScore]) -> ScorecardData:
    """The contract's form of the scorecard."""
    return {"format": FORMAT, "providers": [_provider(one) for one in found]}


def _provider(one: ProviderScore) -> ProviderScoreData:
    leading, end = one.leading, one.next_end
    month = leading.usd_per_month
    return {
        "provider": one.name,
        "title": one.title,
        "models": [each.card.id for each in one.candidates],
        "fit": one.fits,
        "chosen": list(one.chosen),
        "leading": leading.card.id,
        "usd_per_request": exact_or_none(leading.usd_per_request),
        "usd_per_month": None if month is None else {"low": exact(month.low), "high": exact(month.high)},
        "batch": one.has_batch_lane,
        "tuning": tuned_here(one.record),
        "next_last_day": end[1].isoformat() if end else None,
        "met": one.count(True),
        "not_met": one.count(False),
        "not_known": one.count(None),
        "marks": [_mark(mark) for mark in one.marks],
        "terms": [_mark(mark) for mark in one.terms],
    }


def _mark(mark: Mark) -> MarkData:
    return {
        "criterion": mark.name,
        "requirement": mark.fact,
        "wants": mark.wants,
        "says": mark.says,
        "met": mark.verdict,
        "source": str(mark.source) if mark.source else None,
    }


def provider_rows(found: Iterable[ProviderScore]) -> list[tuple[str, ...]]:
    """One row for each provider, under `HEADINGS`."""
    return [_row(one) for one in found]


def _row(one: ProviderScore) -> tuple[str, ...]:
    leading, end = one.leading, one.next_end
    return (
        f"{one.name} *" if one.chosen else one.name,
        str(len(one.candidates)),
        str(one.fits),
        leading.card.id,
        readable_usd(leading.usd_per_request) if leading.usd_per_request is not None else "unpriced",
        readable_span(leading.usd_per_month) if leading.usd_per_month else "",
        _YES_NO[one.has_batch_lane],
        tuned_here(one.record) or "unknown",
        f"{end[1].isoformat()}, {end[0]}" if end else "none published",
        f"{one.count(True)} met, {one.count(False)} not, {one.count(None)} not known",
    )


def mark_rows(one: ProviderScore) -> list[tuple[str, ...]]:
    """One row for each criterion of a provider, under `MARK_HEADINGS`."""
    return [
        (mark.name, mark.wants, mark.says, mark.verdict, str(mark.source) if mark.source else "")
        for mark in (*one.marks, *one.terms)
    ]
