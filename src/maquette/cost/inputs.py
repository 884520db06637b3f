"""What a projection is computed from, held together: for whoever computes it again with something changed."""

from dataclasses import dataclass
from datetime import date

from maquette.cost.options import CostOption
from maquette.cost.projecting import project_cost
from maquette.cost.projection import CostProjection
from maquette.foundation.expression import Facts


@dataclass(frozen=True, kw_only=True, slots=True)
class CostInputs:
    """The arguments of `project_cost` but for the database."""

    facts: Facts
    options: tuple[CostOption, ...]
    prices_as_of: date
    defaulted: frozenset[str] = frozenset()

    def projection(self) -> CostProjection:
        """The projection, computed without a database.

        Raises:
            InvalidInput: As `project_cost`.
        """
        return project_cost(
            facts=self.facts, options=self.options, prices_as_of=self.prices_as_of, defaulted=self.defaulted
        )
