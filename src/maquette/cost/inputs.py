"""What a projection is computed from, held together: for whoever computes it again with something changed."""

from dataclasses import dataclass
from datetime import date

from maquette.cost.calendar import PLAIN_CALENDAR, Calendar, Currency
from maquette.cost.options import CostOption
from maquette.cost.projecting import cost_fingerprint, project_cost
from maquette.cost.projection import CostProjection
from maquette.cost.side_lines import NO_SIDE_COSTS, SideCosts
from maquette.foundation.expression import Facts


@dataclass(frozen=True, kw_only=True, slots=True)
class CostInputs:
    """The arguments of `project_cost`."""

    facts: Facts
    options: tuple[CostOption, ...]
    prices_as_of: date
    defaulted: frozenset[str] = frozenset()
    side: SideCosts = NO_SIDE_COSTS
    calendar: Calendar = PLAIN_CALENDAR
    currency: Currency | None = None

    def projection(self) -> CostProjection:
        """The projection.

        Raises:
            InvalidInput: As `project_cost`.
        """
        return project_cost(
            facts=self.facts,
            options=self.options,
            prices_as_of=self.prices_as_of,
            defaulted=self.defaulted,
            side=self.side,
            calendar=self.calendar,
            currency=self.currency,
        )

    @property
    def fingerprint(self) -> str:
        """Changes with whatever changes a figure of the projection; its ``computed_from``."""
        return cost_fingerprint(
            facts=self.facts,
            options=self.options,
            prices_as_of=self.prices_as_of,
            side=self.side,
            calendar=self.calendar,
            currency=self.currency,
        )
