"""Which environment variables a deployment reads: names only, a value never."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maquette.bundle.inputs import RoleModel
from maquette.catalog.cards import Hosting
from maquette.foundation.problems import InvalidInput, Place

_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Credential:
    """An environment variable that must be set, what it is, and the deployment's parameter that reads it, if any."""

    name: str
    about: str
    parameter: str = "api_key"


def credentials(role: RoleModel, known: Mapping[str, Any]) -> tuple[Credential, ...]:
    """What the role's deployment reads from the environment.

    Raises:
        InvalidInput: The target's ``api_key_env`` is no name of a variable.
    """
    if role.local:
        return (Credential(name="LLAMA_API_KEY", about="any text of your own: gateway and model server share it"),)
    target = role.target
    group = role.role.upper()
    key = Credential(name=f"{group}_API_KEY", about="the key of your own model server; any text where it asks for none")
    if self_served(role):
        return (Credential(name=f"{group}_API_BASE", about="the address of your model server", parameter=""), key)
    if target is not None and target.api_key_env:
        if not _ENV_NAME.fullmatch(target.api_key_env):
            raise InvalidInput(
                "this is no name of an environment variable",
                place=Place(field=f"targets.{target.id}.api_key_env"),
                fix="Give the name of the variable, not the key.",
            )
        return (Credential(name=target.api_key_env, about=f"the key for {provider_of(role)}"),)
    if target is not None and target.base_url:
        return (key,)
    provider = provider_of(role)
    route = known["routes"].get(provider, provider).partition("/")[0]
    return tuple(Credential(**entry) for entry in known["credentials"].get(route, ()))


def self_served(role: RoleModel) -> bool:
    """Open weights for which nobody has said where they run."""
    reached = role.target is not None and role.target.adapter == "litellm"
    return not reached and role.card is not None and role.card.hosting is Hosting.OPEN_WEIGHTS


def provider_of(role: RoleModel) -> str:
    """The company that runs the model, in the price map's words."""
    if role.card is not None:
        return role.card.provider
    return role.target.model.partition("/")[0] if role.target else role.model.partition("/")[0]
