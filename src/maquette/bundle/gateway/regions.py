"""Where each deployment's requests are processed, held to the region that the data may not leave."""

from collections.abc import Iterator, Mapping
from typing import Any

from maquette.bundle.figures import FactSheet
from maquette.bundle.gateway.credentials import Credential, self_served
from maquette.bundle.gateway.deployments import Deployment
from maquette.bundle.gateway.model import Pin
from maquette.bundle.inputs import RoleModel
from maquette.catalog.regions import lies_in

ANYWHERE = frozenset({"none", "on_prem_only", "on_device"})


def pin(role: RoleModel, made: Deployment, facts: FactSheet, known: Mapping[str, Any]) -> Pin:
    """What holds the deployment's requests in the required region."""
    wanted = facts.text("data.residency")
    if wanted is None or wanted in ANYWHERE:
        return Pin(region=None, parameters={}, holds=True, why=None)
    if role.local or self_served(role) or (role.target is not None and role.target.base_url):
        return Pin(region=wanted, parameters={}, holds=True, why=f"data.residency = {wanted}: your own machines there")
    provider = made.provider or ""
    held = known["regions"].get(provider, {}).get(wanted)
    if held:
        return Pin(region=wanted, parameters=held, holds=True, why=f"data.residency = {wanted}")
    if provider in known["region_variables"] or _named_there(made.model, wanted):
        return Pin(region=wanted, parameters={}, holds=True, why=f"data.residency = {wanted}: the region is named")
    return Pin(region=None, parameters={}, holds=False, why=_unheld(role, wanted))


def _named_there(model: str, wanted: str) -> bool:
    """Whether the model's name itself says where it runs: ``bedrock/us-east-1/...``, ``us.anthropic...``."""
    last = model.rpartition("/")[2]
    return last.startswith(f"{wanted}.") or any(lies_in(part, wanted) is True for part in model.split("/")[1:-1])


def _unheld(role: RoleModel, wanted: str) -> str:
    where = ", ".join(role.card.regions) if role.card and role.card.regions else "not published"
    return f"data.residency = {wanted}, and no parameter holds this provider there; its regions: {where}"


def second_region(
    made: Deployment, facts: FactSheet, slots: Mapping[str, Any], known: Mapping[str, Any]
) -> tuple[Credential, ...]:
    """The variables of the same model in a second region; empty where one is enough or no variable names it."""
    names = known["region_variables"].get(made.provider or "", ())
    if slots.get("regions") != 2 or not names:
        return ()
    inside = facts.text("data.residency")
    where = f" within {inside}" if inside not in (None, *ANYWHERE) else ""
    return tuple(_second(made.credentials, frozenset(names), where))


def _second(there: tuple[Credential, ...], names: frozenset[str], where: str) -> Iterator[Credential]:
    for one in there:
        if one.name in names:
            about = f"{one.about}, in the second region{where} (R-REGION-01)"
            yield Credential(name=f"{one.name}_2", about=about, parameter=one.parameter)
        else:
            yield one
