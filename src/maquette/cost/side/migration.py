"""Moving to another model, where one retires within the horizon: hours, and an evaluation of what comes next."""

from decimal import Decimal

from maquette.cost.side.basis import Asked, Draft, SideBasis, level
from maquette.cost.side.evaluation import examples_of, price_of_example
from maquette.cost.side.people import hourly_rate
from maquette.cost.side_lines import LineGroup, SideCosts

DEFAULT_HORIZON = Decimal(12)


def retirement_month(basis: SideBasis, asked: Asked) -> int | None:
    """The month of the horizon (from 1) in which a model retires; None where it does not within it."""
    retires = asked.card.retires_on
    if retires is None:
        return None
    launch = basis.settings.launch or basis.today
    month = 12 * (retires.year - launch.year) + retires.month - launch.month + 1
    horizon = basis.number("lifecycle.horizon_months")
    return month if 1 <= month <= (DEFAULT_HORIZON if horizon is None else horizon) else None


def migration_costs(basis: SideBasis, asked: Asked) -> SideCosts:
    """The lines in the month in which the model retires; none where it stays. The hours are those of people."""
    draft, month = Draft(LineGroup.MIGRATION), retirement_month(basis, asked)
    if month is None:
        return draft.costs()
    once, hours = (month, month), basis.settings.people.migration_hours
    price = price_of_example(basis, asked, draft)
    if price is not None:
        ref = f"the examples once more, at the price of {asked.name}: its successor's is unknown"
        examples = examples_of(basis, draft)
        draft.line("evaluate a successor", unit="example", price=price, fixed=examples, ref=ref, months=once)
    rate = hourly_rate(basis, draft)
    day = asked.card.retires_on.isoformat() if asked.card.retires_on else ""
    if hours is None or rate is None:
        missing = "cost.people.migration_hours" if hours is None else "team.hourly_rate_usd"
        draft.leave_out(f"migration: {asked.name} retires on {day}, and nobody says what the move takes ({missing})")
    else:
        ref = f"{asked.name} retires on {day}"
        draft.line(
            "migration", unit="hour", price=rate, fixed=level(hours), ref=ref, months=once, group=LineGroup.PEOPLE
        )
    return draft.costs()
