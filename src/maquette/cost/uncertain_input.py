"""One uncertain input of a projection: between what, in which shape, and why that range.

Shapes, and why these: PERT (a beta on low to high with its mode at the expected value and the weight 4; Malcolm et al.
1959, Clark 1962) where a range is bounded on both sides, as rates and shares are; a lognormal for the volume, which
only factors can miss; a gamma for retries, which is what the Poisson counts of an evaluation say about their rate
(Jeffreys prior).
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from maquette.cost.projection import ByCase, CostAssumption
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

VOLUME, GROWTH, OUTPUT, PROMPT = "volume", "growth", "output", "prompt"
PEAK, SPARE, CACHE, RETRIES = "peak", "spare", "cache", "retries"
REACHING, REGION = "reaching", "region"
TREND = "price trend"


class Shape(StrEnum):
    """How a range is filled."""

    PERT = "PERT"
    LOGNORMAL = "lognormal"
    GAMMA = "gamma"


@dataclass(frozen=True, kw_only=True, slots=True)
class Uncertain:
    """One input of an option.

    Attributes:
        key: One of this module's names.
        name: As a reader knows it; equal names are drawn once for all options.
        low, base, high: In the order of numbers. Of a lognormal the quartiles; of a gamma 0, the rate, and the calls
            that it was counted on.
        whole: Drawn values are rounded to whole ones.
        unit: Follows the figure: " %" and the like.
        times: What the figure is multiplied with for a reader.
    """

    key: str
    name: str
    low: Decimal
    base: Decimal
    high: Decimal
    shape: Shape
    ref: str
    kind: SourceKind = SourceKind.ASSUMED
    whole: bool = False
    unit: str = ""
    times: Decimal = Decimal(1)

    @property
    def spread(self) -> bool:
        """Whether there is anything to draw."""
        return self.low < self.high

    def shown(self, figure: Decimal) -> str:
        """A value for a reader."""
        value = figure * self.times
        places = Decimal("0.01") if abs(value) < 100 else Decimal(1)
        return f"{readable_count(value.quantize(places))}{self.unit}"

    def as_assumption(self) -> CostAssumption:
        """The range among a projection's assumptions."""
        high = self.shown(self.base if self.shape is Shape.GAMMA else self.high)
        return CostAssumption(
            name=self.name,
            value=self.shown(self.base),
            low=self.shown(self.low),
            high=high,
            source=Source(kind=self.kind, ref=self.ref),
        )


def pert(
    key: str,
    name: str,
    band: ByCase,
    *,
    unit: str = "",
    times: Decimal = Decimal(1),
    whole: bool = False,
    ref: str = "PERT between the cheap and the dear case",
) -> Uncertain:
    """The range that the draws of this input fill: a PERT between the lowest and the highest of the three."""
    low, high = min(band.low, band.base, band.high), max(band.low, band.base, band.high)
    return Uncertain(
        key=key,
        name=name,
        low=low,
        base=band.base,
        high=high,
        shape=Shape.PERT,
        ref=ref,
        unit=unit,
        times=times,
        whole=whole,
    )
