"""What runs beside the gateway, and every environment variable that the configurations read."""

from typing import Any

from maquette.bundle.gateway import Credential, GatewayPolicy
from maquette.bundle.inputs import RoleModel

GATEWAY_PORT = 4000
MASTER_KEY = Credential(
    name="LITELLM_MASTER_KEY",
    about="a random text of your own that begins with sk-; applications send it as their key",
    parameter="master_key",
)
MODEL_FOLDER = Credential(
    name="MODEL_FOLDER", about="the folder that holds the GGUF files; only compose.yaml reads it", parameter="volume"
)


def services_view(policy: GatewayPolicy, roles: tuple[RoleModel, ...]) -> dict[str, Any]:
    """The services as plain data for compose.yaml and .env.example."""
    models = [
        {
            "service": deployment.service,
            "file": f"/models/{deployment.gguf}",
            "alias": deployment.model.removeprefix("openai/"),
            "model": role.model,
            "context_tok": role.card.context_tok if role.card else None,
        }
        for deployment, role in zip(policy.deployments, roles, strict=True)
        if deployment.gguf
    ]
    return {
        "gateway_port": GATEWAY_PORT,
        "models": models,
        "redis": policy.cache_s is not None,
        "prometheus": policy.metrics,
        "variables": [{"name": one.name, "about": one.about} for one in variables(policy)],
        "gateway_variables": [one.name for one in variables(policy) if one is not MODEL_FOLDER],
    }


def variables(policy: GatewayPolicy) -> tuple[Credential, ...]:
    """Every environment variable once, the gateway's own key first."""
    wanted = [MASTER_KEY, *(one for deployment in policy.deployments for one in deployment.credentials)]
    if any(deployment.gguf for deployment in policy.deployments):
        wanted.append(MODEL_FOLDER)
    return tuple({one.name: one for one in wanted}.values())
