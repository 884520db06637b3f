"""Working hours: until the system is in use, from then on, and to move to another model. Zero must be said."""

from maquette.cost.side.basis import Draft, Price, SideBasis, level
from maquette.cost.side_lines import LineGroup, SideCosts
from maquette.foundation.sources import Source, SourceKind

RATE = "team.hourly_rate_usd"


def people_costs(basis: SideBasis) -> SideCosts:
    """Lines "engineering": hours times the rate of an hour. What nobody says is left out, never zero."""
    draft, people = Draft(LineGroup.PEOPLE), basis.settings.people
    price = hourly_rate(basis, draft)
    parts = (
        ("engineering, build", "build_hours", people.build_hours, (1, 1)),
        ("engineering, upkeep", "upkeep_hours_month", people.upkeep_hours_month, (1, None)),
    )
    missing = [key for _, key, hours, _ in parts if hours is None]
    if missing:
        keys = " and ".join(f"cost.people.{key}" for key in missing)
        draft.leave_out(f"engineering: nobody says how many hours ({keys})")
    for name, key, hours, months in parts:
        if hours is None:
            continue
        if price is None:
            draft.leave_out(f"{name}: nobody says what an hour costs ({RATE})")
            continue
        draft.line(name, unit="hour", price=price, fixed=level(hours), ref=f"cost.people.{key}", months=months)
    return draft.costs()


def hourly_rate(basis: SideBasis, draft: Draft) -> Price | None:
    """What an hour of the team costs; a default is noted where somebody's hours are priced with it."""
    rate, people = basis.number(RATE), basis.settings.people
    if rate is None:
        return None
    taken = RATE in basis.defaulted
    if taken and any(hours is not None for hours in (people.build_hours, people.upkeep_hours_month)):
        draft.assume(RATE, level(rate), "the question's default")
    kind = SourceKind.ASSUMED if taken else SourceKind.REQUIRED
    return Price(usd=rate, key=RATE, source=Source(kind=kind, ref=RATE))
