"""Month 1 of each option at other volumes: where one becomes cheaper than another, seen on the projection itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from maquette.catalog.traffic import days_per_month
from maquette.cost.inputs import CostInputs
from maquette.foundation.expression import Facts
from maquette.foundation.units import Usd

STEPS = ("0.1", "0.2", "0.3", "0.5", "0.7", "1", "1.5", "2", "3", "5", "7", "10")
"""Times today's volume."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AtVolume:
    """One option at one volume.

    Attributes:
        is_today: Whether it is the volume of the requirements.
    """

    option: str
    requests_month: Decimal
    month_usd: Usd
    is_today: bool


def at_volumes(inputs: CostInputs, daily: Decimal, with_daily: Callable[[Decimal], Facts]) -> tuple[AtVolume, ...]:
    """Month 1, base case, of the options of ``inputs`` from a tenth to ten times today's volume.

    Args:
        inputs: What is projected.
        daily: Requests a day of today; nothing is computed where there are none.
        with_daily: The facts with another number of requests a day.
    """
    if daily <= 0:
        return ()
    found: list[AtVolume] = []
    for step in map(Decimal, STEPS):
        volume = daily * step
        facts = inputs.facts if step == 1 else with_daily(volume)
        found += [
            AtVolume(
                option=option.option,
                requests_month=volume * days_per_month(inputs.facts),
                month_usd=option.first_month_usd.base,
                is_today=step == 1,
            )
            for option in replace(inputs, facts=facts).projection().options
            if option.first_month_usd is not None
        ]
    return tuple(found)


def turns(points: Sequence[AtVolume]) -> tuple[tuple[Decimal, str, str], ...]:
    """Between which volumes the cheapest option changes: the first volume of the new one, the old and the new one."""
    volumes = sorted({point.requests_month for point in points})
    cheapest = [
        (volume, min((p for p in points if p.requests_month == volume), key=lambda p: (p.month_usd, p.option)).option)
        for volume in volumes
    ]
    pairs = pairwise(cheapest)
    return tuple((after[0], before[1], after[1]) for before, after in pairs if before[1] != after[1])
