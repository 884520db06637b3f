"""The policy as plain data for the templates, with what follows from it."""

from dataclasses import asdict
from typing import Any

from maquette.bundle.gateway.model import GatewayPolicy
from maquette.foundation.sources import Source, SourceKind

RETRIES_SOURCE = Source(kind=SourceKind.ASSUMED, ref="num_retries of gateway/config.yaml")
"""How often a model is asked again is this design's own setting: nobody requires it."""


def gateway_view(policy: GatewayPolicy) -> dict[str, Any]:
    """The policy's fields, and what several templates ask of it."""
    return {
        **asdict(policy),
        "redis": policy.redis,
        "database": policy.database,
        "enforced": policy.enforced,
        "limit_retries": policy.limit_retries,
        "groups": list(dict.fromkeys([*(entry.group for entry in policy.entries), *_auto(policy)])),
        "callbacks": callbacks(policy),
        "keys": [{"path": one.path, "why": one.why, "body": _shown(one.body)} for one in policy.keys],
    }


def above_the_limit(policy: GatewayPolicy | None) -> str:
    """What happens to requests above the first model's limit, as every document says it."""
    if policy is None or policy.first_limits.above is None:
        return "is refused with 429"
    return "goes to the fallback at once" if policy.fallback is not None else policy.first_limits.above


def _auto(policy: GatewayPolicy) -> list[str]:
    """The group in front of the tiers."""
    return ["auto"] if policy.routing is not None and policy.routing.auto is not None else []


def callbacks(policy: GatewayPolicy) -> list[str]:
    """LiteLLM's names of whatever is told of every call."""
    found = ["prometheus"] if policy.metrics else []
    return [*found, "s3_v2"] if policy.audit is not None and policy.audit.place == "bucket" else found


def _shown(body: Any) -> list[dict[str, Any]]:
    """Name and value in their order; ``kind`` tells a list of names, a number and a word apart."""
    return [{"name": name, "value": value, "kind": _kind(value)} for name, value in body.items()]


def _kind(value: object) -> str:
    if isinstance(value, list):
        return "names"
    return "word" if isinstance(value, str) else "number"
