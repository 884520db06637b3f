"""What the runbooks' conditions may ask, and the numbers that alerts compare with, each with its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, estimated, figure
from maquette.bundle.inputs import RoleModel
from maquette.bundle.runbooks.values import Entry, entries_from_data
from maquette.bundle.serving import ServedModel
from maquette.bundle.slots import decided
from maquette.catalog.cards import Hosting
from maquette.catalog.traffic import days_per_month
from maquette.cost.design_split import ENCODER, passed_on
from maquette.foundation.expression import FactValue
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import DAYS_PER_MONTH, readable_count

_ASKED_SLOTS = ("adaptation_first", "batch_lane", "cache", "knowledge", "prefix_cache", "queue", "regions", "retrieval")
"""Slots that conditions ask for; one that no binding rule fills is "none" here, not unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """A number that no requirement gives: how far from normal is too far."""

    value: Decimal
    source: str

    def figure(self, text: str) -> Figure:
        """The limit in words, with its source: a rule claims it, anything else is an assumption."""
        kind = SourceKind.CLAIMED if self.source.startswith("rule ") else SourceKind.ASSUMED
        return figure(text, Source(kind=kind, ref=self.source))


@dataclass(frozen=True, kw_only=True, slots=True)
class Operating:
    """A project as those see it who run it: its values, decided slots, limits, and the failures that concern it."""

    seen: Seen
    slots: Mapping[str, Any]
    limits: Mapping[str, Limit]
    entries: tuple[Entry, ...]

    @property
    def minimal(self) -> bool:
        """Whether the complexity budget is minimal: few parts, few runbooks."""
        return self.slots.get("complexity_budget") == "minimal"

    @property
    def oncall(self) -> bool:
        """Whether somebody can be called at once."""
        return self.seen.facts.values.get("team.oncall") is True


def operating(seen: Seen) -> Operating | None:
    """The project in operation; None while no model is chosen, for then nothing runs."""
    known = seen.constants.get("runbooks")
    if seen.policy is None or not known:
        return None
    facts = operation_facts(seen)
    catalogue = entries_from_data(known["catalogue"])
    return Operating(
        seen=seen,
        slots=decided(seen.inputs.decision),
        limits={
            name: Limit(value=Decimal(str(one["value"])), source=one["source"]) for name, one in known["limits"].items()
        },
        entries=tuple(one for one in catalogue if one.when.holds(facts) is True),
    )


def operation_facts(seen: Seen) -> Mapping[str, FactValue]:
    """The project's facts, its decided slots as ``decisions.*``, and what the roles say as ``bundle.*``."""
    slots = decided(seen.inputs.decision)
    named = {name: tuple(map(str, value)) if isinstance(value, tuple) else value for name, value in slots.items()}
    filled: dict[str, FactValue] = {f"decisions.{name}": "none" for name in _ASKED_SLOTS if name != "regions"}
    filled |= {"decisions.regions": 1}
    filled |= {f"decisions.{name}": value for name, value in named.items()}
    filled["bundle.api"] = any(not on_own_machines(role) for role in seen.roles)
    filled["bundle.own_gpus"] = any(on_own_machines(role) and not role.local for role in seen.roles)
    filled["bundle.priced"] = any(one.prices for one in (seen.policy.deployments if seen.policy else ()))
    filled["bundle.metrics"] = seen.policy is not None and seen.policy.prometheus
    filled["bundle.fallback"] = seen.policy is not None and seen.policy.fallback is not None
    filled["bundle.redis"] = seen.policy is not None and seen.policy.cache_s is not None
    context = seen.roles[0].card.context_tok if seen.roles and seen.roles[0].card else None
    if context is not None:
        filled["bundle.context_tok"] = context
    return {**seen.facts.values, **filled}


def on_own_machines(role: RoleModel) -> bool:
    """Whether the model runs on the project's own machines rather than at a provider."""
    if role.local:
        return True
    return role.target is None and role.card is not None and role.card.hosting is Hosting.OPEN_WEIGHTS


def planned_escalation(op: Operating) -> tuple[Decimal, str]:
    """The share of messages that the classifier passes on, and who says so."""
    share = passed_on(op.seen.facts.values, {"adaptation_first": ENCODER})
    if share is None:
        raise ValueError("a classifier passes a share on")
    return share.part.base, share.source.ref


def primary_served(seen: Seen) -> ServedModel | None:
    """The sizing of the primary's model servers; None where they were not sized."""
    return next((one for one in seen.served if one.role.role == "primary"), None)


def planned_days(seen: Seen, days: int) -> Decimal | None:
    """What the primary's requests cost in so many days by plan, in USD; None where nobody can say."""
    cost, daily = seen.roles[0].cost if seen.roles else None, seen.facts.number("scale.requests_per_day")
    if cost is None or not cost.usd_per_request or not daily:
        return None
    return cost.usd_per_request * daily * days * days_per_month(seen.facts.values) / DAYS_PER_MONTH


def answerer(op: Operating) -> str | None:
    """Whose answers may be malformed or refused, as the label ``by`` names it; None where every answer is a model's."""
    return "model" if op.slots.get("adaptation_first") == "encoder_classifier" else None


def server_compose(seen: Seen) -> str | None:
    """Compose with the file of the primary's replica; None where this bundle has no such file."""
    served = primary_served(seen)
    return "docker compose -f serving/primary.compose.yaml" if served is not None and served.composed else None


def escalated(op: Operating) -> tuple[Decimal, Figure]:
    """The share of messages that may pass the classifier by before somebody looks: half more than planned."""
    planned, source = planned_escalation(op)
    most = min(planned * op.limits["escalated_rise"].value, Decimal("0.95"))
    text = f"{readable_count((most * 100).normalize())} % of the messages"
    return most, estimated(text, f"{op.limits['escalated_rise'].value} x {planned:f} ({source})")


def usual_session(op: Operating) -> tuple[Decimal, Decimal | None] | None:
    """Turns of a usual session and what it costs in USD; the cost is None without prices, all is None without turns."""
    turns = op.seen.facts.number("context.turns_avg")
    if turns is None or turns <= 0:
        return None
    cost = op.seen.roles[0].cost.usd_per_request if op.seen.roles[0].cost else None
    return turns, None if cost is None else cost * turns
