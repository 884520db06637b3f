"""What runs beside the gateway, and every environment variable that the configurations read."""

from typing import Any

from maquette.bundle.gateway import Credential, GatewayPolicy
from maquette.bundle.inputs import RoleModel
from maquette.bundle.runbooks.operating import on_own_machines
from maquette.bundle.serving import ServedModel, key_variable, weights_variable
from maquette.capacity.setup import Engine

GATEWAY_PORT = 4000
MASTER_KEY = Credential(
    name="LITELLM_MASTER_KEY",
    about="a random text of your own that begins with sk-; applications send it as their key",
    parameter="master_key",
)
MODEL_FOLDER = Credential(
    name="MODEL_FOLDER", about="the folder that holds the GGUF files; only compose.yaml reads it", parameter="volume"
)


def services_view(
    policy: GatewayPolicy, roles: tuple[RoleModel, ...], served: tuple[ServedModel, ...] = ()
) -> dict[str, Any]:
    """The services as plain data for compose.yaml and .env.example.

    A model file's context is that of its sizing for llama.cpp, else what the model takes.
    """
    on_device = {one.role.role: one for one in served if one.sized.setup.engine is Engine.LLAMA_CPP}
    models = [
        {
            "service": deployment.service,
            "file": f"/models/{deployment.gguf}",
            "alias": deployment.model.removeprefix("openai/"),
            "model": role.model,
            **_context(role, on_device.get(role.role)),
        }
        for deployment, role in zip(policy.deployments, roles, strict=True)
        if deployment.gguf
    ]
    return {
        "gateway_port": GATEWAY_PORT,
        "models": models,
        "redis": policy.cache_s is not None,
        "prometheus": policy.prometheus,
        "model_servers": any(on_own_machines(role) and not role.local for role in roles),
        "variables": [{"name": one.name, "about": one.about} for one in variables(policy, served)],
        "gateway_variables": [one.name for one in variables(policy) if one is not MODEL_FOLDER],
    }


def _context(role: RoleModel, sized: ServedModel | None) -> dict[str, Any]:
    """The server divides its context among as many requests as it answers at once."""
    if sized is None:
        return {"context_tok": role.card.context_tok if role.card else None, "parallel": None, "context_why": None}
    at_once = sized.sized.settings.max_num_seqs
    why = f"sizing for {sized.load}: the longest request, {at_once} at once"
    return {"context_tok": sized.sized.settings.max_model_len * at_once, "parallel": at_once, "context_why": why}


def variables(policy: GatewayPolicy, served: tuple[ServedModel, ...] = ()) -> tuple[Credential, ...]:
    """Every environment variable once, the gateway's own key first."""
    wanted = [MASTER_KEY, *(one for deployment in policy.deployments for one in deployment.credentials)]
    if any(deployment.gguf for deployment in policy.deployments):
        wanted.append(MODEL_FOLDER)
    for one in served:
        if one.composed:
            name, about = weights_variable(one.role), f"the folder with the weights of {one.role.model}"
            wanted.append(Credential(name=name, about=about, parameter="volume"))
            wanted.append(Credential(name=key_variable(one.role), about="the key of your own model server"))
    # The first one to name a variable says what it is.
    return tuple(
        {one.name: one for one in reversed(wanted)}[name] for name in dict.fromkeys(one.name for one in wanted)
    )
