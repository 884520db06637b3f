"""The charts of the capacity plan: the busiest minute over the horizon, against the account's limit or the machines."""

from decimal import Decimal

from maquette.bundle.charts.canvas import Chart, compact
from maquette.bundle.charts.months import Limit, Months, demand_chart
from maquette.bundle.documents.capacity_demand import GROWTH, HORIZON, model_tpm
from maquette.bundle.documents.capacity_figures import month_reached, three_digits
from maquette.bundle.documents.capacity_limits import LIMIT, WARNING_SHARE, limit_rows
from maquette.bundle.documents.seen import Seen


def account_limit(seen: Seen) -> Chart | None:
    """Tokens of the busiest minute against what the account lets through; None where either is not known."""
    facts = seen.facts
    asked, limit = model_tpm(seen), facts.number(LIMIT)
    if asked is None or not limit or not limit_rows(seen):
        return None
    warning = limit * WARNING_SHARE
    limits = (
        Limit(value=limit, name=f"limit {three_digits(limit)}"),
        Limit(value=warning, name=f"ask from {three_digits(warning)}"),
    )
    return _chart(
        seen,
        asked[0],
        limits,
        name="capacity-account",
        title="Tokens of the busiest minute against the limit of the account",
        unit="tokens/min",
    )


def machine_limit(seen: Seen) -> Chart | None:
    """Requests of the busiest minute against what the first model's replicas bear; None where none is sized."""
    one = next((one for one in seen.served if one.demand is not None), None)
    if one is None or one.demand is None or not one.demand.rate_per_s:
        return None
    bears = Decimal(str(one.sized.planned_per_s[1])) * one.sized.replicas
    count = f"{one.sized.replicas} replica{'s' * (one.sized.replicas > 1)}"
    return _chart(
        seen,
        Decimal(str(one.demand.rate_per_s)),
        (Limit(value=bears, name=f"{count}: {three_digits(bears)}"),),
        name="capacity-machines",
        title=f"Requests of the busiest minute against the machines of {one.role.model}",
        unit="requests/s",
    )


def _chart(seen: Seen, peak: Decimal, limits: tuple[Limit, ...], *, name: str, title: str, unit: str) -> Chart | None:
    growth, horizon = seen.facts.number(GROWTH), seen.facts.number(HORIZON)
    if not growth or horizon is None or horizon < 2:
        return None
    demand = [peak * (1 + growth / 100) ** month for month in range(int(horizon))]
    labels = tuple(f"month {month}" for month in range(1, len(demand) + 1))
    body, height = demand_chart(Months(labels=labels, limits=limits, shown=compact), demand, f"demand, {unit}")
    reached = [(limit, month_reached(peak, limit.value, growth, int(horizon))) for limit in limits]
    told = "; ".join(
        f"{limit.name} {'is not reached' if month is None else f'is passed in month {month}'}"
        for limit, month in reached
    )
    ends = f"{three_digits(demand[0])} {unit} in month 1, {three_digits(demand[-1])} in month {len(demand)}"
    return Chart(
        name=name,
        title=f"{title}, {unit}",
        alt=f"{title}: {ends}; {told}",
        about="How the busiest minute grows towards what bears it.",
        height=height,
        body=body,
    )
