"""The shortlist as a value: who fits, who is out and for which first reason, and who is on the Pareto front.

Filters are in `filters`, the computation in `shortlisting`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from maquette.catalog.cards import ModelCard
from maquette.foundation.sources import Source
from maquette.foundation.units import Range, Usd


class Fit(StrEnum):
    """Whether a model meets every hard requirement, or some of them only as far as anybody says."""

    FITS = "fits"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """A model's score as a fraction of one, with where it comes from: measured here, or claimed elsewhere.

    Attributes:
        benchmark: The public set that a claim is on; None for what was measured on the user's own examples.
    """

    value: float
    source: Source
    benchmark: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A model that is not excluded.

    Attributes:
        unverified: The requirements that nobody says it meets, in words; empty when it fits.
        usd_per_request: At the average lengths; None when unpriced.
        usd_per_month: At launch volume; low with the whole shared prefix read from the cache, high without caching.
        on_front: No other candidate is both cheaper and better, on what they were compared on.
        dominated_by: The id of a candidate that is both, when both figures exist.
        cautions: What to know before choosing it: retirement within the horizon, a price step, an old price.
    """

    card: ModelCard
    fit: Fit
    unverified: tuple[str, ...]
    usd_per_request: Usd | None
    usd_per_month: Range[Usd] | None
    quality: Quality | None
    on_front: bool
    dominated_by: str | None
    cautions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Exclusion:
    """A model that is out: the name of the first filter that it fails, and the figures."""

    card: ModelCard
    filter: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortlist:
    """All of the catalog, sorted into candidates and exclusions: the two lengths add up to the catalog's.

    Attributes:
        funnel: Each filter's name, in the order in which they are applied, to how many models it took out.
        unchecked: Requirements that no card can speak for, in words: they are measured or asked for later.
    """

    candidates: tuple[Candidate, ...]
    exclusions: tuple[Exclusion, ...]
    funnel: Mapping[str, int]
    fingerprint: str
    unchecked: tuple[str, ...] = ()

    @property
    def catalog_size(self) -> int:
        """How many models were looked at."""
        return len(self.candidates) + len(self.exclusions)

    def candidate(self, model_id: str) -> Candidate | None:
        """The candidate of that id, or None when it is excluded or unheard of."""
        return next((candidate for candidate in self.candidates if candidate.card.id == model_id), None)

    def exclusion(self, model_id: str) -> Exclusion | None:
        """Why that model is out, or None when it is not."""
        return next((exclusion for exclusion in self.exclusions if exclusion.card.id == model_id), None)
