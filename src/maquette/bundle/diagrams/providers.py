"""Who runs each chosen model, and where: the user's own machines, or a provider in the regions that it offers."""

from maquette.bundle.diagrams.model import Kind, Node
from maquette.bundle.documents.seen import Seen
from maquette.bundle.gateway.regions import ANYWHERE
from maquette.bundle.inputs import RoleModel
from maquette.bundle.routing_values import Router, router, tier_roles
from maquette.bundle.serving import ServedModel
from maquette.catalog.cards import Hosting
from maquette.catalog.regions import lies_in

REGIONS_SHOWN = 4
OWN = "own"
NOT_KNOWN = "not known"


def model_nodes(seen: Seen) -> tuple[Node, ...]:
    """The chosen models, or those that are recommended while none is chosen, by role; and the router's others."""
    found = router(seen.inputs, seen.facts)
    return tuple(
        Node(
            key=role.role,
            name=role.model,
            kind=Kind.MODEL if runs_own(role) else Kind.EXTERNAL,
            what=f"{_played(role, found)}, {reached(seen, role)}",
            why=chosen_by(seen, role) if role in seen.roles else f"the router's {role.role} tier",
        )
        for role in players(seen)
    )


def players(seen: Seen) -> tuple[RoleModel, ...]:
    """Who answers requests: the roles, and the tiers of the router that are no role."""
    return (*seen.roles, *tier_roles(seen.inputs, seen.roles, seen.facts))


def _played(role: RoleModel, found: Router | None) -> str:
    """Role and tier, and the catalog's id where the project calls the model otherwise."""
    tier = next((one for one in found.tiers if one.model == role.model), None) if found else None
    if tier is None:
        return role.role
    named = "" if tier.card == role.model else f", catalog id {tier.card}"
    return (f"{tier.name} tier" if tier.name == role.role else f"{role.role}, {tier.name} tier") + named


def chosen_by(seen: Seen, role: RoleModel) -> str:
    """Whether the user chose the model, or it is only recommended."""
    decision = seen.inputs.decision
    if decision is not None and decision.choice is not None:
        return f"chosen as {role.role} ({decision.choice.status.value})"
    return f"recommended as {role.role}; nothing is chosen"


def runs_own(role: RoleModel) -> bool:
    """Whether the user runs the model: a file of weights, or open weights without an address of another server."""
    reached_by_api = role.target is not None and role.target.adapter == "litellm"
    return role.local or (
        not reached_by_api and role.card is not None and role.card.hosting in (Hosting.OPEN_WEIGHTS, Hosting.SERVED)
    )


def processor(role: RoleModel) -> str:
    """Who processes what is sent to the model."""
    if runs_own(role):
        return OWN
    if role.target is not None and role.target.base_url:
        return "whoever runs the model server"
    return role.card.provider if role.card is not None else NOT_KNOWN


def region(seen: Seen, role: RoleModel) -> str:
    """Where the model runs: of a provider, the regions that it offers, those that are required first."""
    if runs_own(role):
        return own_region(seen)
    offered = role.card.regions if role.card is not None else ()
    if not offered:
        return NOT_KNOWN
    asked = seen.facts.text("data.residency") or ""
    inside, held = [one for one in offered if lies_in(one, asked)], _held(seen, role, asked)
    if inside:
        return f"offered in {', '.join(inside[:REGIONS_SHOWN])}{held}"
    more = f" and {len(offered) - REGIONS_SHOWN} more" if len(offered) > REGIONS_SHOWN else ""
    return f"offered in {', '.join(offered[:REGIONS_SHOWN])}{more}{held}"


def _held(seen: Seen, role: RoleModel, asked: str) -> str:
    """What holds the requests in the region that is asked for; nothing where none is."""
    if not asked or asked in ANYWHERE:
        return ""
    entries = seen.policy.entries if seen.policy is not None else ()
    pin = next((one.pin for one in entries if one.deployment.group == role.role), None)
    return "; pinned in the gateway" if pin is not None and pin.holds else "; to be pinned"


def own_region(seen: Seen) -> str:
    """Where the user's own parts run, as far as they are asked to stay somewhere."""
    asked = seen.facts.text("data.residency")
    if asked in (None, "none", "other"):
        return NOT_KNOWN
    return {"on_prem_only": "your own premises", "on_device": "the user's device"}.get(asked, f"{asked} (required)")


def served(seen: Seen, role: RoleModel) -> ServedModel | None:
    """The sizing of the role's model; None where it was not sized."""
    return next((one for one in seen.served if one.role.role == role.role), None)


def reached(seen: Seen, role: RoleModel) -> str:
    """How the gateway gets at the model, in a few words."""
    sized = served(seen, role)
    if sized is not None:
        return f"{sized.sized.setup.engine.value} on {sized.sized.gpus} x {sized.sized.setup.accelerator.name}"
    if role.local:
        return "llama.cpp server on your machine"
    if runs_own(role):
        return "your own model server, machines not sized"
    return f"API of {processor(role)}" if processor(role) != NOT_KNOWN else "API, provider not known"
