"""Throughput of a model that is bought by the hour in units, whether used or not, and steps up with the peak."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from maquette.cost.hosting import needed_rps, whole_units
from maquette.cost.projection import CASES, ByCase
from maquette.cost.workload import Workload
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.sources import Source
from maquette.foundation.units import Usd

_SECONDS_A_MINUTE = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Provisioned:
    """A provider's offer; what a unit bears is given in tokens a minute or in requests a second.

    Attributes:
        name: As on the bill.
        tok_per_min_per_unit: Input and output tokens together, output weighted.
        output_weight: For how many tokens of input one of output counts.
        min_units: The fewest that are sold.
        step_units: They are sold in multiples of this beyond the fewest.
    """

    name: str
    usd_per_unit_hour: Usd
    source: Source
    tok_per_min_per_unit: Decimal | None = None
    requests_per_s_per_unit: Decimal | None = None
    output_weight: Decimal = Decimal(1)
    min_units: int = 1
    step_units: int = 1

    def __post_init__(self) -> None:
        given = [one for one in (self.tok_per_min_per_unit, self.requests_per_s_per_unit) if one is not None]
        _refuse(len(given) != 1, "a unit bears tokens a minute or requests a second", "one of the two")
        _refuse(not given[0].is_finite() or given[0] <= 0, f"a unit that bears {given[0]}", "more than 0")
        price, weight = self.usd_per_unit_hour, self.output_weight
        _refuse(not price.is_finite() or price < 0, f"{price} dollars an hour", "0 or more")
        _refuse(not weight.is_finite() or weight < 0, f"an output weight of {weight}", "0 or more")
        _refuse(self.min_units < 0 or self.step_units < 1, f"{self.min_units} units at least", "whole units from 0")

    def unit_rate(self, load: Workload) -> ByCase:
        """Requests a second that one unit bears, in each case; without tokens a unit bears any number, told as 0."""
        if self.requests_per_s_per_unit is not None:
            rate = self.requests_per_s_per_unit
            return ByCase(low=rate, base=rate, high=rate)
        a_second = (self.tok_per_min_per_unit or Decimal(0)) / _SECONDS_A_MINUTE
        tokens = {case: load.input_tok + self.output_weight * load.output_tok.of(case) for case in CASES}
        return ByCase(**{case: a_second / each if each else Decimal(0) for case, each in tokens.items()})

    def units(self, load: Workload, month: int, season: Decimal = Decimal(1)) -> ByCase:
        """Units in ``month`` (from 1): ceil(peak requests a second * growth * season / what a unit bears)."""
        factor, peak, rate = load.growth_factor(month), needed_rps(load), self.unit_rate(load)
        return ByCase(**{case: self._sold(peak.of(case) * factor.of(case) * season, rate.of(case)) for case in CASES})

    def _sold(self, rps: Decimal, rate: Decimal) -> Decimal:
        """Units for so many requests a second."""
        wanted = whole_units(rps / rate) if rate else Decimal(0)
        beyond = max(Decimal(0), wanted - self.min_units) / self.step_units
        return self.min_units + self.step_units * beyond.to_integral_value(ROUND_CEILING)


def _refuse(wrong: bool, what: str, wanted: str) -> None:
    if wrong:
        raise InvalidInput(what, place=Place(field="provisioned"), fix=f"Give {wanted}.")
