"""What a configuration file cannot hold: teams and keys with their models, rates and budgets, as bodies of calls.

LiteLLM keeps them in its database; the bodies hold no secret, for the gateway makes the keys itself.
"""

from collections.abc import Iterator, Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Any

from maquette.bundle.figures import FactSheet
from maquette.bundle.gateway.deployments import SOFT_SHARE
from maquette.bundle.gateway.model import Entry, KeyRequest, Limits
from maquette.foundation.units import readable_usd

BUDGET_PERIOD = "30d"
MANY_USERS = 50
"""Users above which one key for all hides who spends: the ceiling is then kept by user and team too."""


def key_requests(
    entries: tuple[Entry, ...], whole: Limits, facts: FactSheet, slots: Mapping[str, Any], *, auto: bool
) -> tuple[KeyRequest, ...]:
    """A team and a key for each tier of users, for each tenant, or else for each of many users.

    Empty where one key is enough. With ``auto`` there is a router, which is one more group to ask for; ``whole`` are
    the limits of the first model over all its replicas.
    """
    if slots.get("complexity_budget") == "minimal":
        return ()
    tiers = int(facts.number("users.tiers") or 1)
    groups = [*dict.fromkeys(entry.group for entry in entries), *(["auto"] if auto else [])]
    found = list(_tiers(tiers, groups, entries, whole, facts)) if tiers > 1 else []
    if facts.values.get("users.multi_tenant") is True:
        found += _tenant(groups, whole, facts)
    users = facts.number("users.count") or Decimal(0)
    priced = any(entry.deployment.prices for entry in entries)
    if not found and priced and slots.get("budget_limits") is True and users > MANY_USERS and _told_apart(facts):
        found += _users(groups, whole, facts, users)
    return tuple(found)


def _told_apart(facts: FactSheet) -> bool:
    """Whether somebody hands a key to each user; consumers ask through the application's own key."""
    return facts.text("users.audience") == "internal" and bool(facts.number("budget.monthly_usd"))


def _users(groups: list[str], whole: Limits, facts: FactSheet, users: Decimal) -> Iterator[KeyRequest]:
    """A team, sent once for each, and a key, sent once for each user, with the own names of both."""
    ceiling = facts.number("budget.monthly_usd") or Decimal(0)
    most = (ceiling / users).quantize(Decimal("0.01"), ROUND_DOWN)
    rest = {
        "max_budget": most,
        "soft_budget": (most * SOFT_SHARE).quantize(Decimal("0.01"), ROUND_DOWN),
        "budget_duration": BUDGET_PERIOD,
    }
    team = _hard(_bounds(facts, whole, 1))
    yield KeyRequest(
        path="/team/new",
        body={"team_id": "team-NAME", "team_alias": "team-NAME", "models": groups, **team},
        why=f"once for each team; {_money(_bounds(facts, whole, 1))}; less where teams share out the whole",
    )
    share = f"users.count = {facts.readable('users.count')}: an equal part, for nobody said how it is shared"
    yield KeyRequest(
        path="/key/generate",
        body={"key_alias": "user-NAME", "user_id": "user-NAME", "team_id": "team-NAME", "models": groups, **rest},
        why=f"once for each user; {share}; {_money(rest)}",
    )


def _tiers(
    tiers: int, groups: list[str], entries: tuple[Entry, ...], whole: Limits, facts: FactSheet
) -> Iterator[KeyRequest]:
    cheapest = min(entries, key=_price).group
    share = f"users.tiers = {tiers}: an equal part, for nobody said how it is shared"
    for rank in range(1, tiers + 1):
        models = groups if rank == 1 else [cheapest]
        access = "tier 1 may ask for every group" if rank == 1 else f"the cheapest group of {len(groups)}"
        bounds = _bounds(facts, whole, tiers)
        team, tags = f"tier-{rank}", [f"tier:{rank}"]
        yield KeyRequest(
            path="/team/new",
            body={"team_id": team, "team_alias": team, "models": models, **_hard(bounds)},
            why=f"{access}; {share}",
        )
        yield KeyRequest(
            path="/key/generate",
            body={"key_alias": f"{team}-application", "team_id": team, "models": models, **bounds, "tags": tags},
            why=_money(bounds),
        )


def _tenant(groups: list[str], whole: Limits, facts: FactSheet) -> Iterator[KeyRequest]:
    """Of one tenant; it is sent once for each, with the tenant's own name."""
    bounds = _bounds(facts, whole, 1)
    yield KeyRequest(
        path="/team/new",
        body={"team_id": "tenant-NAME", "team_alias": "tenant-NAME", "models": groups, **_hard(bounds)},
        why="users.multi_tenant: once for each tenant; no tenant may take more than the whole",
    )
    yield KeyRequest(
        path="/key/generate",
        body={"key_alias": "tenant-NAME-application", "team_id": "tenant-NAME", **bounds, "tags": ["tenant:NAME"]},
        why=f"R-BUDGET-06: spending is told apart by team and tag; {_money(bounds)}",
    )


def _bounds(facts: FactSheet, first: Limits, parts: int) -> dict[str, Any]:
    """Rates and money of a key, each the part of what the primary group has."""
    ceiling = facts.number("budget.monthly_usd")
    found: dict[str, Any] = {}
    if first.rpm:
        found["rpm_limit"] = _part(first.rpm.value, parts)
    if first.tpm:
        found["tpm_limit"] = _part(first.tpm.value, parts)
    if ceiling:
        most = (ceiling / parts).quantize(Decimal("0.01"), ROUND_DOWN)
        found |= {
            "max_budget": most,
            "soft_budget": (most * SOFT_SHARE).quantize(Decimal("0.01"), ROUND_DOWN),
            "budget_duration": BUDGET_PERIOD,
        }
    return found


def _hard(bounds: Mapping[str, Any]) -> dict[str, Any]:
    """What a team takes: the warning stands on the key."""
    return {name: value for name, value in bounds.items() if name != "soft_budget"}


def _part(whole: Decimal, parts: int) -> int:
    return int(whole // parts)


def _money(bounds: Mapping[str, Any]) -> str:
    if "max_budget" not in bounds:
        return "no budget is required"
    soft, hard = readable_usd(bounds["soft_budget"]), readable_usd(bounds["max_budget"])
    return f"R-BUDGET-01: a warning at {soft}, refused at {hard}"


def _price(entry: Entry) -> Decimal:
    """USD a token in and out; a model without a price of its own costs no tokens."""
    return sum(
        (entry.deployment.prices.get(key, Decimal(0)) for key in ("input_cost_per_token", "output_cost_per_token")),
        Decimal(0),
    )
