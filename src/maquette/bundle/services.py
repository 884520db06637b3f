"""What runs beside the gateway, and every environment variable that the configurations read."""

from dataclasses import replace
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
    name="MODEL_FOLDER", about="the folder that holds the GGUF files; only Compose files read it", parameter="volume"
)
LLAMA_KEY = Credential(name="LLAMA_API_KEY", about="any text of your own: gateway and model server share it")
DEVELOPMENT_MODEL = Credential(
    name="DEVELOPMENT_MODEL",
    about="the name of a GGUF file in that folder; only compose.dev.yaml reads it",
    parameter="volume",
)
POSTGRES_PASSWORD = Credential(
    name="POSTGRES_PASSWORD", about="a random text of your own; the gateway's database takes it", parameter="database"
)
STATE_FOLDER = Credential(
    name="STATE_FOLDER",
    about="a folder on an encrypted disk with these empty folders in it: {}; only compose.yaml reads it",
    parameter="volume",
)
PAGE_URL = Credential(
    name="ALERT_PAGE_URL",
    about="the address that calls whoever is on call: the webhook of your pager; Alertmanager reads it",
    parameter="alerts",
)
TICKET_URL = Credential(
    name="ALERT_TICKET_URL",
    about="the address that files a ticket or writes a mail: a webhook of your own; Alertmanager reads it",
    parameter="alerts",
)
PROTECTED = ("pii", "phi", "pci", "confidential", "secret")
"""Data that lies on encrypted disks."""

REDIS_PASSWORD = Credential(
    name="REDIS_PASSWORD",
    about="a random text of your own; the cache of similar requests asks for it",
    parameter="cache",
)


def services_view(
    policy: GatewayPolicy,
    roles: tuple[RoleModel, ...],
    served: tuple[ServedModel, ...] = (),
    *,
    protected: bool = False,
    oncall: bool = True,
) -> dict[str, Any]:
    """The services as plain data for compose.yaml and .env.example; ``protected`` data lies on an encrypted disk.

    Without somebody on call nothing pages, and alerts have one receiver.
    A model file's context is that of its sizing for llama.cpp, else what the model takes.
    """
    encrypted = protected and (policy.redis or policy.database)
    wanted = [
        *variables(policy, served),
        *(one for _, one in receivers(policy, oncall=oncall)),
        *([_state_folder(policy)] if encrypted else []),
    ]
    return {
        "gateway_port": GATEWAY_PORT,
        "encrypted": encrypted,
        "models": _model_files(policy, roles, served),
        "redis": policy.redis,
        "caches": policy.cache_s is not None,
        "redis_password": policy.semantic is not None,
        "database": policy.database,
        "prometheus": policy.prometheus,
        "receivers": [
            {"name": name, "secret": one.name.lower(), "variable": one.name}
            for name, one in receivers(policy, oncall=oncall)
        ],
        "model_servers": bool(groups := [one.role for one in roles if on_own_machines(one) and not one.local]),
        "model_groups": groups,
        "variables": [{"name": one.name, "about": one.about} for one in wanted],
        "gateway_variables": [one.name for one in _of_gateway(policy)],
    }


def _model_files(
    policy: GatewayPolicy, roles: tuple[RoleModel, ...], served: tuple[ServedModel, ...]
) -> list[dict[str, Any]]:
    on_device = {one.role.role: one for one in served if one.sized.setup.engine is Engine.LLAMA_CPP}
    return [
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


def _state_folder(policy: GatewayPolicy) -> Credential:
    """The folder with one for each service that keeps something."""
    kept = [name for name, runs in (("redis", policy.redis), ("postgres", policy.database)) if runs]
    return replace(STATE_FOLDER, about=STATE_FOLDER.about.format(" and ".join(kept)))


def receivers(policy: GatewayPolicy, *, oncall: bool) -> list[tuple[str, Credential]]:
    """Alertmanager's receivers by name, each with the variable of its address; none without a Prometheus."""
    if not policy.prometheus:
        return []
    return [*([("page", PAGE_URL)] if oncall else []), ("ticket", TICKET_URL)]


def _context(role: RoleModel, sized: ServedModel | None) -> dict[str, Any]:
    """The server divides its context among as many requests as it answers at once."""
    if sized is None:
        return {"context_tok": role.card.context_tok if role.card else None, "parallel": None, "context_why": None}
    at_once = sized.sized.settings.max_num_seqs
    why = f"sizing for {sized.load}: the longest request, {at_once} at once"
    return {"context_tok": sized.sized.settings.max_model_len * at_once, "parallel": at_once, "context_why": why}


def variables(policy: GatewayPolicy, served: tuple[ServedModel, ...] = ()) -> tuple[Credential, ...]:
    """Every environment variable once, the gateway's own key first."""
    wanted = _of_gateway(policy)
    if policy.database:
        wanted.append(POSTGRES_PASSWORD)
    if any(deployment.gguf for deployment in policy.deployments) or policy.development:
        wanted.append(MODEL_FOLDER)
    if policy.development:
        wanted += [LLAMA_KEY, DEVELOPMENT_MODEL]
    for one in served:
        if one.composed:
            name, about = weights_variable(one.role), f"the folder with the weights of {one.role.model}"
            wanted.append(Credential(name=name, about=about, parameter="volume"))
            wanted.append(Credential(name=key_variable(one.role), about="the key of your own model server"))
    return _once(wanted)


def _of_gateway(policy: GatewayPolicy) -> list[Credential]:
    """What config.yaml reads."""
    password = [REDIS_PASSWORD] if policy.semantic is not None else []
    return list(_once([MASTER_KEY, *policy.reads, *password]))


def _once(wanted: list[Credential]) -> tuple[Credential, ...]:
    """Each variable once; the first one to name it says what it is."""
    return tuple(
        {one.name: one for one in reversed(wanted)}[name] for name in dict.fromkeys(one.name for one in wanted)
    )
