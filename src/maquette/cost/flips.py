"""What would change the order of the options or break the budget, in words with exact figures.

Everything is linear: a price a request against machines by the month. No threshold here is simulated; where something
bends the line, as reserved machines or a price that changes do, nothing is said and `crossings` solves it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from maquette.cost.calendar import PLAIN_CALENDAR, Calendar
from maquette.cost.options import HostRate, PricedOption
from maquette.cost.side_lines import NO_SIDE_COSTS, SideCosts, SideLine, together
from maquette.cost.workload import Workload
from maquette.foundation.units import Usd, readable_count, readable_usd


def flips(
    own: PricedOption,
    others: Sequence[PricedOption],
    side: SideCosts = NO_SIDE_COSTS,
    calendar: Calendar = PLAIN_CALENDAR,
) -> tuple[str, ...]:
    """The flip points of ``own`` against ``others``, all in the expected case; empty when it is unpriced.

    Args:
        own: The option.
        others: All options.
        side: What comes beside the models in every option: it moves where the budget is passed, not the order.
        calendar: Seasons move the month in which a volume is reached.
    """
    load = own.load
    if load is None or own.unpriced or _bent(own, calendar):
        return ()
    rivals = [other for other in others if other is not own and not _bent(other, calendar)]
    found = [text for other in rivals if _alike(own, other) for text in _against(own, other, load, calendar)]
    left = _Left.of(load.budget_usd_month, together(side, own.option.side).lines)
    if own.rates is not None:
        found += [*_without_cache(own, rivals, load, left, calendar), *_budget_by_request(own, load, left, calendar)]
    if own.host is not None and left is not None and not left.request_usd:
        found += _budget_by_machine(own.host, load, left)
    return tuple(found)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Left:
    """What a budget leaves for the models of one month.

    Attributes:
        usd: Less what comes beside them in every month.
        request_usd: What comes beside them with every request.
    """

    budget_usd: Usd
    usd: Usd
    request_usd: Usd

    @classmethod
    def of(cls, budget: Usd | None, lines: Sequence[SideLine]) -> "_Left | None":
        """None without a budget, or where what comes beside the models differs from month to month."""
        counted = [line for line in lines if line.group.in_ceiling]
        if budget is None or not all(line.constant for line in counted):
            return None
        fixed = sum((line.fixed.base * line.usd_per_unit for line in counted), Usd(0))
        request = sum((line.per_request.base * line.usd_per_unit for line in counted), Usd(0))
        return cls(budget_usd=budget, usd=budget - fixed, request_usd=request)


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


def _bent(priced: PricedOption, calendar: Calendar) -> bool:
    """No straight line: machines and a price a request at once, reserved or provisioned units, or changing prices."""
    if calendar.price_changes or calendar.price_trend is not None:
        return bool(priced.streams)
    host = priced.host
    by_both = host is not None and priced.rates is not None
    by_plan = host is not None and (bool(host.commitments) or host.provisioned is not None)
    return by_both or by_plan or any(one.from_month > 1 or one.to_month is not None for one in priced.streams)


def _alike(own: PricedOption, other: PricedOption) -> bool:
    """Whether the same comes beside the models of both."""
    return own.option.side.lines == other.option.side.lines


def _against(own: PricedOption, other: PricedOption, load: Workload, calendar: Calendar) -> Iterator[str]:
    name = other.option.name
    if own.host is not None and other.rates is not None:
        at = break_even(other.rates.request_usd.base, own.host, load.spare_machines.base)
        if at is None:
            yield _never(own.host, name, other.rates.request_usd.base)
        elif at.above < load.requests_per_month * calendar.season_of(1):
            yield f"{name} is cheaper below {_count(at.above)} requests a month"
        else:
            yield f"cheaper than {name} above {_pays(at, load, calendar)}"
    elif own.rates is not None and other.host is not None:
        at = break_even(own.rates.request_usd.base, other.host, load.spare_machines.base)
        if at is not None and at.above < load.requests_per_month * calendar.season_of(1):
            yield f"cheaper than {name} below {_count(at.above)} requests a month"
        elif at is not None:
            yield f"{name} is cheaper above {_pays(at, load, calendar)}"


def _pays(at: BreakEven, load: Workload, calendar: Calendar) -> str:
    machines = f"{at.machines:f} machine{'s' if at.machines > 1 else ''}"
    served = "" if at.up_to is None else f", on {machines} up to {_count(at.up_to, ROUND_FLOOR)}"
    return f"{_count(at.above)} requests a month{served}: {_when(load, at.above, calendar)}"


def _never(host: HostRate, rival: str, request_usd: Usd) -> str:
    if host.capacity is None or request_usd <= 0:
        return f"never cheaper than {rival}, which costs {readable_usd(request_usd)} a request"
    served = readable_usd(host.capacity * request_usd)
    machine = readable_usd(host.machine_month_usd)
    return f"never cheaper than {rival}, which does for {served} what one machine does for {machine}"


def _without_cache(
    own: PricedOption, others: Sequence[PricedOption], load: Workload, left: _Left | None, calendar: Calendar
) -> Iterator[str]:
    rates = own.rates
    launch = load.requests_per_month * calendar.season_of(1)
    if rates is None or rates.uncached_usd is None or launch == 0:
        return
    warm, cold = (usd * launch for usd in (rates.request_usd.base, rates.uncached_usd))
    text = f"without prefix caching the tokens of month 1 cost {readable_usd(cold)} instead of {readable_usd(warm)}"
    beside = left.request_usd * launch if left is not None else Usd(0)
    if left is not None and warm + beside <= left.usd < cold + beside:
        text += f", over the budget of {readable_usd(left.budget_usd)}"
    passed = [
        other.option.name
        for other in others
        if other.rates is not None and rates.request_usd.base < other.rates.request_usd.base < rates.uncached_usd
    ]
    yield text + (f", dearer than {', '.join(passed)}" if passed else "")


def _budget_by_request(own: PricedOption, load: Workload, left: _Left | None, calendar: Calendar) -> Iterator[str]:
    rates = own.rates
    if rates is None or left is None or rates.request_usd.base + left.request_usd <= 0:
        return
    budget = readable_usd(left.budget_usd)
    if left.usd < 0:
        yield f"over the budget of {budget} at any volume: what comes beside the models passes it"
        return
    launch = load.requests_per_month * calendar.season_of(1)
    request = rates.request_usd.base + left.request_usd
    at = left.usd / request
    if at < launch:
        yield f"within the budget of {budget} only below {_count(at, ROUND_FLOOR)} requests a month"
        return
    yield f"over the budget of {budget} above {_count(at, ROUND_FLOOR)} requests a month: {_when(load, at, calendar)}"
    if launch and rates.output_usd:
        spare = left.usd / launch - request
        longest = load.output_tok.base * (1 + spare / rates.output_usd)
        yield f"over the budget in month 1 above {_count(longest, ROUND_FLOOR)} output tokens a request"


def _budget_by_machine(host: HostRate, load: Workload, left: _Left) -> Iterator[str]:
    budget = readable_usd(left.budget_usd)
    paid = (left.usd / host.machine_month_usd).to_integral_value(ROUND_FLOOR) if host.machine_month_usd else None
    if paid is None:
        return
    serving = paid - load.spare_machines.base
    if serving < 1:
        fewest = readable_usd((1 + load.spare_machines.base) * host.machine_month_usd)
        yield f"over the budget of {budget} at any volume: the fewest machines cost {fewest}"
    elif host.capacity is not None:
        at = serving * host.capacity
        machines = f"{paid} machine{'s' if paid > 1 else ''}"
        yield f"the budget of {budget} pays {machines}: up to {_count(at, ROUND_FLOOR)} requests a month"


def _when(load: Workload, volume: Decimal, calendar: Calendar) -> str:
    """The first month in which growth and season pass ``volume``."""
    for month in range(1, load.horizon_months + 1):
        if load.requests(month).base * calendar.season_of(month) > volume:
            return f"from month {month} at this growth"
    months = "month" if load.horizon_months == 1 else f"{load.horizon_months} months"
    return f"not within the {months} of the horizon"


def _count(volume: Decimal, rounding: str = ROUND_CEILING) -> str:
    return readable_count(volume.to_integral_value(rounding))
