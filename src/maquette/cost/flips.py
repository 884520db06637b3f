"""What would change the order of the options or break the budget, in words with exact figures.

Everything is linear: a price a request against machines by the month. No threshold here is simulated.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from maquette.cost.options import HostRate, PricedOption
from maquette.cost.workload import Workload
from maquette.foundation.units import Usd, readable_count, readable_usd


def flips(own: PricedOption, others: Sequence[PricedOption]) -> tuple[str, ...]:
    """The flip points of ``own`` against ``others``, all in the expected case; empty when it is unpriced."""
    load = own.load
    if load is None or own.unpriced or _mixed(own):
        return ()
    found = [text for other in others if other is not own and not _mixed(other) for text in _against(own, other, load)]
    budget = load.budget_usd_month
    if own.rates is not None:
        found += [*_without_cache(own, others, load), *_budget_by_request(own, load, budget)]
    if own.host is not None and budget is not None:
        found += _budget_by_machine(own.host, load, budget)
    return tuple(found)


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakEven:
    """Where machines first cost less than a price a request.

    Attributes:
        above: Requests a month; below it they never do.
        machines: How many they are there, spare ones included.
        up_to: Requests a month that these serve; one more then has to pay for itself first. None without traffic.
    """

    above: Decimal
    machines: Decimal
    up_to: Decimal | None


def break_even(request_usd: Usd, host: HostRate, spare: Decimal) -> BreakEven | None:
    """Where machines first cost less than ``request_usd`` each; None when they never do.

    With h dollars a machine and month, c requests a month that one serves, and s spare ones, n machines cost n*h and
    serve (n - s)*c. They first pay with the smallest n >= 1 + s for which n*h / request_usd <= (n - s)*c.
    """
    if request_usd <= 0:
        return None
    worth = host.machine_month_usd / request_usd
    count = 1 + spare
    if host.capacity is None:
        return BreakEven(above=count * worth, machines=count, up_to=None)
    if host.capacity <= worth:
        return None
    count = max(count, (spare * host.capacity / (host.capacity - worth)).to_integral_value(ROUND_CEILING))
    return BreakEven(above=count * worth, machines=count, up_to=(count - spare) * host.capacity)


def _mixed(priced: PricedOption) -> bool:
    """Machines and a price a request at once: no straight line, which `crossings` solves."""
    return priced.host is not None and priced.rates is not None


def _against(own: PricedOption, other: PricedOption, load: Workload) -> Iterator[str]:
    name = other.option.name
    if own.host is not None and other.rates is not None:
        at = break_even(other.rates.request_usd.base, own.host, load.spare_machines.base)
        if at is None:
            yield _never(own.host, name, other.rates.request_usd.base)
        elif at.above < load.requests_per_month:
            yield f"{name} is cheaper below {_count(at.above)} requests a month"
        else:
            yield f"cheaper than {name} above {_pays(at, load)}"
    elif own.rates is not None and other.host is not None:
        at = break_even(own.rates.request_usd.base, other.host, load.spare_machines.base)
        if at is not None and at.above < load.requests_per_month:
            yield f"cheaper than {name} below {_count(at.above)} requests a month"
        elif at is not None:
            yield f"{name} is cheaper above {_pays(at, load)}"


def _pays(at: BreakEven, load: Workload) -> str:
    machines = f"{at.machines:f} machine{'s' if at.machines > 1 else ''}"
    served = "" if at.up_to is None else f", on {machines} up to {_count(at.up_to, ROUND_FLOOR)}"
    return f"{_count(at.above)} requests a month{served}: {_when(load, at.above)}"


def _never(host: HostRate, rival: str, request_usd: Usd) -> str:
    if host.capacity is None or request_usd <= 0:
        return f"never cheaper than {rival}, which costs {readable_usd(request_usd)} a request"
    served = readable_usd(host.capacity * request_usd)
    machine = readable_usd(host.machine_month_usd)
    return f"never cheaper than {rival}, which does for {served} what one machine does for {machine}"


def _without_cache(own: PricedOption, others: Sequence[PricedOption], load: Workload) -> Iterator[str]:
    rates = own.rates
    if rates is None or rates.uncached_usd is None or load.requests_per_month == 0:
        return
    warm, cold = (usd * load.requests_per_month for usd in (rates.request_usd.base, rates.uncached_usd))
    text = f"without prefix caching month 1 costs {readable_usd(cold)} instead of {readable_usd(warm)}"
    budget = load.budget_usd_month
    if budget is not None and warm <= budget < cold:
        text += f", over the budget of {readable_usd(budget)}"
    passed = [
        other.option.name
        for other in others
        if other.rates is not None and rates.request_usd.base < other.rates.request_usd.base < rates.uncached_usd
    ]
    yield text + (f", dearer than {', '.join(passed)}" if passed else "")


def _budget_by_request(own: PricedOption, load: Workload, budget: Usd | None) -> Iterator[str]:
    rates = own.rates
    if rates is None or budget is None or rates.request_usd.base <= 0:
        return
    request, at = rates.request_usd.base, budget / rates.request_usd.base
    if at < load.requests_per_month:
        yield f"within the budget of {readable_usd(budget)} only below {_count(at, ROUND_FLOOR)} requests a month"
        return
    limit = f"{_count(at, ROUND_FLOOR)} requests a month"
    yield f"over the budget of {readable_usd(budget)} above {limit}: {_when(load, at)}"
    if load.requests_per_month and rates.output_usd:
        spare = budget / load.requests_per_month - request
        longest = load.output_tok.base * (1 + spare / rates.output_usd)
        yield f"over the budget in month 1 above {_count(longest, ROUND_FLOOR)} output tokens a request"


def _budget_by_machine(host: HostRate, load: Workload, budget: Usd) -> Iterator[str]:
    paid = (budget / host.machine_month_usd).to_integral_value(ROUND_FLOOR) if host.machine_month_usd else None
    if paid is None:
        return
    serving = paid - load.spare_machines.base
    if serving < 1:
        fewest = readable_usd((1 + load.spare_machines.base) * host.machine_month_usd)
        yield f"over the budget of {readable_usd(budget)} at any volume: the fewest machines cost {fewest}"
    elif host.capacity is not None:
        at = serving * host.capacity
        machines = f"{paid} machine{'s' if paid > 1 else ''}"
        yield f"the budget of {readable_usd(budget)} pays {machines}: up to {_count(at, ROUND_FLOOR)} requests a month"


def _when(load: Workload, volume: Decimal) -> str:
    """The first month in which growth passes ``volume``."""
    for month in range(1, load.horizon_months + 1):
        if load.requests(month).base > volume:
            return f"from month {month} at this growth"
    months = "month" if load.horizon_months == 1 else f"{load.horizon_months} months"
    return f"not within the {months} of the horizon"


def _count(volume: Decimal, rounding: str = ROUND_CEILING) -> str:
    return readable_count(volume.to_integral_value(rounding))
