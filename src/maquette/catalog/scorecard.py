"""The providers of the shortlist side by side: what each one's terms say on every requirement that asks for one.

No weights and no sum of points: a criterion stands where a requirement asks for it, and is met, not met or not known.
The terms are those of `providers`, each with its page; prices, lanes and last days are those of the provider's own
candidates.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from maquette.catalog.cards import Hosting
from maquette.catalog.lanes import tiers_offered
from maquette.catalog.prices import Tier
from maquette.catalog.providers import Provider, provider_of
from maquette.catalog.scorecard_terms import CRITERIA, Asked, Mark, stated_terms
from maquette.catalog.shortlist import Candidate, Fit, Shortlist
from maquette.foundation.expression import Facts
from maquette.foundation.units import Usd


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderScore:
    """One provider of the shortlist.

    Attributes:
        name: Of its record, else the price map's own name of it.
        record: What it says of itself; None where the catalog has none.
        candidates: Its models on the shortlist: chosen ones, those that surely fit, those with a price, the cheapest
            request first.
        chosen: Those of them that the project chose.
        marks: A mark for each criterion that the requirements ask for, in the order of `scorecard_terms.CRITERIA`.
        terms: What it says of its contract beside, that nothing asks for.
    """

    name: str
    record: Provider | None
    candidates: tuple[Candidate, ...]
    chosen: tuple[str, ...]
    marks: tuple[Mark, ...]
    terms: tuple[Mark, ...] = ()

    @property
    def title(self) -> str:
        """The company's own name where it is known."""
        return self.record.title if self.record else self.name

    @property
    def leading(self) -> Candidate:
        """The candidate that stands for it: the cheapest one chosen, else of those that surely fit, else of all."""
        return self.candidates[0]

    @property
    def fits(self) -> int:
        """How many of its models surely meet every requirement."""
        return sum(one.fit is Fit.FITS for one in self.candidates)

    @property
    def has_batch_lane(self) -> bool | None:
        """Whether any of its models has batch prices, or the provider says so; None where nobody says."""
        if any(Tier.BATCH in tiers_offered(one.card.price) for one in self.candidates if one.card.price):
            return True
        return self.record.batch.value if self.record and self.record.batch else None

    @property
    def next_end(self) -> tuple[str, date] | None:
        """The candidate that retires first; None where no last day is published."""
        ends = [(one.card.retires_on, one.card.id) for one in self.candidates if one.card.retires_on is not None]
        return (min(ends)[1], min(ends)[0]) if ends else None

    def count(self, met: bool | None) -> int:
        """How many marks are met (True), not met (False) or not known (None)."""
        return sum(mark.met is met for mark in self.marks)


def scorecard(
    shortlist: Shortlist,
    providers: Sequence[Provider],
    facts: Facts,
    *,
    today: date,
    chosen: Iterable[str] = (),
) -> tuple[ProviderScore, ...]:
    """Every provider that offers a model of the shortlist.

    Those whose models are chosen stand first; then fewer requirements that are not met, more that are met, the cheaper
    request, the name.
    """
    wanted = set(chosen)
    found = [_score(name, own, providers, facts, today, wanted) for name, own in _by_provider(shortlist, providers)]
    return tuple(sorted(found, key=_rank))


def _by_provider(shortlist: Shortlist, providers: Sequence[Provider]) -> Iterator[tuple[str, list[Candidate]]]:
    """Provider to its candidates; own machines are no provider."""
    names: dict[str, str] = {}
    grouped: dict[str, list[Candidate]] = {}
    for one in shortlist.candidates:
        if one.card.hosting is not Hosting.API:
            continue
        own = one.card.provider
        if own not in names:
            record = provider_of(own, providers)
            names[own] = record.name if record else own
        grouped.setdefault(names[own], []).append(one)
    yield from grouped.items()


def _score(
    name: str, own: list[Candidate], providers: Sequence[Provider], facts: Facts, today: date, chosen: set[str]
) -> ProviderScore:
    record = next((one for one in providers if one.name == name), None)
    ordered = tuple(sorted(own, key=lambda one: (one.card.id not in chosen, one.fit is not Fit.FITS, *_price(one))))
    asked = Asked(facts=facts, today=today, record=record, candidates=ordered)
    marks = tuple(mark for criterion in CRITERIA if (mark := criterion(asked)) is not None)
    return ProviderScore(
        name=name,
        record=record,
        candidates=ordered,
        chosen=tuple(one.card.id for one in ordered if one.card.id in chosen),
        marks=marks,
        terms=stated_terms(record, marks),
    )


def _price(one: Candidate) -> tuple[bool, Usd, str]:
    """A list price of nothing is that of a trial, and stands behind prices."""
    return not one.usd_per_request, one.usd_per_request or Usd(0), one.card.id


def _rank(one: ProviderScore) -> tuple[bool, int, int, bool, Usd, str]:
    unpriced, price, _ = _price(one.candidates[0])
    return not one.chosen, one.count(False), -one.count(True), unpriced, price, one.name


def tuned_here(record: Provider | None) -> str | None:
    """The families that can be fine-tuned at a provider, in words; None where no page says."""
    return ", ".join(one.family for one in record.tuning) if record and record.tuning else None
