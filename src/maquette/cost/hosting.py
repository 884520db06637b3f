"""Machines for a model that runs on one's own: how many a month needs, from the measured throughput.

Prices an hour come in with the option. Whether the model fits a machine is not judged here.
"""

from decimal import ROUND_CEILING, Decimal

from maquette.cost.projection import ByCase
from maquette.cost.workload import Workload, each_case

HOURS_PER_MONTH = Decimal(730)
"""Hours that a machine is paid for in a month: 365 * 24 / 12."""

USABLE_SHARE = Decimal("0.6")
"""The share of the measured throughput that is planned with; the rest absorbs bursts."""


def needed_rps(load: Workload) -> ByCase:
    """Requests a second to serve at launch: the peak, and the batch lane where it has no hours of its own."""
    if load.batch_at_same_time:
        return each_case(lambda peak: peak + load.batch_rps, load.peak_rps)
    return each_case(lambda peak: max(peak, load.batch_rps), load.peak_rps)


def machines(load: Workload, month: int, throughput_per_s: Decimal) -> ByCase:
    """Machines in ``month`` (from 1): ceil(rate * growth / (throughput * 0.6)), at least one, and the spare ones."""
    factor, rate = load.growth_factor(month), needed_rps(load)

    def count(rps: Decimal, growth: Decimal, spare: Decimal) -> Decimal:
        served = (rps * growth / (throughput_per_s * USABLE_SHARE)).to_integral_value(ROUND_CEILING)
        return max(Decimal(1), served) + spare

    return ByCase(
        low=count(rate.low, factor.low, load.spare_machines.low),
        base=count(rate.base, factor.base, load.spare_machines.base),
        high=count(rate.high, factor.high, load.spare_machines.high),
    )


def capacity_per_month(load: Workload, throughput_per_s: Decimal) -> Decimal | None:
    """Requests a month that one machine serves at this shape of the day; None without traffic."""
    rate = needed_rps(load).base
    if rate == 0:
        return None
    return load.requests_per_month * throughput_per_s * USABLE_SHARE / rate
