"""Facts as exact numbers, and what is taken where one is not answered: with a book of what had to be assumed."""

from collections.abc import Collection
from decimal import Decimal

from maquette.cost.projection import ByCase, CostAssumption
from maquette.evals.run import TargetResult
from maquette.foundation.expression import Facts
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

# Where an answer is unknown: what is taken, and what it may be at least and at most.
_UNKNOWN: dict[str, tuple[str, str, str]] = {
    "scale.growth_pct_month": ("5", "0", "10"),
    "scale.async_share": ("0", "0", "0"),
    "tokens.shared_prefix": ("0", "0", "0"),
    "lifecycle.horizon_months": ("12", "12", "12"),
    "availability.target": ("0.995", "0.995", "0.999"),
}


def unknown_band(fact: str) -> ByCase | None:
    """What stands in for ``fact`` while nobody answered it; None where nothing does."""
    found = _UNKNOWN.get(fact)
    if found is None:
        return None
    base, low, high = map(Decimal, found)
    return ByCase(low=low, base=base, high=high)


class FactReader:
    """Reads facts as exact numbers and keeps book of what had to be assumed."""

    def __init__(self, facts: Facts, defaulted: Collection[str]) -> None:
        self.facts = facts
        self.assumptions: list[CostAssumption] = []
        self._defaulted = defaulted

    def number(self, fact: str, *, least: Decimal = Decimal(0)) -> Decimal | None:
        """The fact; None when unknown."""
        value = self.facts.get(fact)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise refused(fact, f"{value!r} is not a number", "Give a number")
        exact = Decimal(str(value))
        if not exact.is_finite() or exact < least:
            raise refused(fact, f"{exact} is out of range", f"Give a number from {least}")
        if fact in self._defaulted:
            self.assume(fact, _level(exact), Source(kind=SourceKind.ASSUMED, ref="the question's default"))
        return exact

    def banded(self, fact: str, *, least: Decimal = Decimal(0)) -> ByCase:
        """The fact, or the band that stands in for it while it is unknown."""
        known = self.number(fact, least=least)
        if known is not None:
            return _level(known)
        band = unknown_band(fact)
        if band is None:
            raise KeyError(fact)
        self.assume(fact, band, Source(kind=SourceKind.ASSUMED, ref="the answer is unknown"))
        return band

    def length(self, fact: str, mean: float | None, measured: TargetResult | None) -> Decimal | None:
        """The required length, or the measured mean; where both exist, the measured one is noted and not used."""
        required = self.number(fact)
        if mean is None or measured is None:
            return required
        exact = Decimal(str(mean))
        source = Source(kind=SourceKind.MEASURED, ref=f"the evaluation of {measured.target_id}")
        if required is None:
            self.assume(f"{fact}, measured and used", _level(exact), source)
            return exact
        self.assume(f"{fact}, measured; the required {readable_count(required)} is used", _level(exact), source)
        return required

    def assume(self, name: str, band: ByCase, source: Source) -> None:
        """Note an assumption."""
        low, base, high = (readable_count(figure) for figure in (band.low, band.base, band.high))
        self.assumptions.append(CostAssumption(name=name, value=base, low=low, high=high, source=source))


def refused(fact: str, what: str, fix: str) -> InvalidInput:
    """The problem of a fact that cannot be."""
    return InvalidInput(what, fix=fix, place=Place(field=fact))


def _level(figure: Decimal) -> ByCase:
    return ByCase(low=figure, base=figure, high=figure)
