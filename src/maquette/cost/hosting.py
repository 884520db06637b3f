"""Machines for a model that runs on one's own: how many a month needs, from the measured throughput.

Prices an hour come in with the option. Whether the model fits a machine is not judged here.
"""

from decimal import ROUND_CEILING, Decimal

from maquette.cost.projection import ByCase
from maquette.cost.workload import Workload, each_case

HOURS_PER_MONTH = Decimal(730)
"""Hours that a machine is paid for in a month: 365 * 24 / 12."""

ROUNDING = Decimal("1e-9")
"""Machines that are so little more than a whole number come from a rate that was rounded: they are no machine."""

USABLE_SHARE = Decimal("0.6")
"""The share of the measured throughput that is planned with; the rest absorbs bursts."""


def needed_rps(load: Workload) -> ByCase:
    """Requests a second to serve at launch: the peak, and the batch lane where it has no hours of its own."""
    if load.batch_at_same_time:
        return each_case(lambda peak: peak + load.batch_rps, load.peak_rps)
    return each_case(lambda peak: max(peak, load.batch_rps), load.peak_rps)


def machines(load: Workload, month: int, throughput_per_s: Decimal, season: Decimal = Decimal(1)) -> ByCase:
    """Machines in ``month`` (from 1): ceil(rate * growth * season / (throughput * 0.6)), at least one, and spare ones.

    Args:
        load: The workload.
        month: From 1.
        throughput_per_s: Requests a second that one machine answers.
        season: The factor on the volume of that month, and so on its peak.
    """
    factor, rate = load.growth_factor(month), needed_rps(load)

    def count(rps: Decimal, growth: Decimal, spare: Decimal) -> Decimal:
        served = rps * growth * season / (throughput_per_s * USABLE_SHARE)
        return max(Decimal(1), whole_units(served)) + spare

    return ByCase(
        low=count(rate.low, factor.low, load.spare_machines.low),
        base=count(rate.base, factor.base, load.spare_machines.base),
        high=count(rate.high, factor.high, load.spare_machines.high),
    )


def whole_units(wanted: Decimal) -> Decimal:
    """The next whole number of units, but for `ROUNDING`."""
    return (wanted * (1 - ROUNDING)).to_integral_value(ROUND_CEILING)


def capacity_per_month(load: Workload, throughput_per_s: Decimal) -> Decimal | None:
    """Requests a month that one machine serves at this shape of the day; None without traffic."""
    rate = needed_rps(load).base
    if rate == 0:
        return None
    return load.requests_per_month * throughput_per_s * USABLE_SHARE / rate
