"""The gateway's policy as values: deployments, timeouts, retries, fallback, budgets, each with its reason.

Nothing is in it that nobody required, measured or decided. How LiteLLM spells it is the template's affair.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from maquette.bundle.figures import FactSheet, Figure, estimated
from maquette.bundle.inputs import BundleInputs, RoleModel
from maquette.bundle.safe_text import file_slug
from maquette.bundle.slots import decided
from maquette.catalog.cards import Hosting
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.units import readable_usd

TIMEOUT_FACTOR = 2
"""A request may take twice the required P95 before it is given up: the tail beyond the P95 still gets an answer."""

SOFT_SHARE = Decimal("0.8")
"""The share of a hard ceiling after which the cheaper role takes over."""

RETRIES = 2
BUDGET_PERIOD = "30d"
LLAMA_PORT = 8080
CACHE_S = 3600

_MODEL_NAME = re.compile(r"[A-Za-z0-9][\w./:@+-]*")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PRICE_KEYS = (
    "input_cost_per_token",
    "output_cost_per_token",
    "cache_read_input_token_cost",
    "cache_creation_input_token_cost",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Credential:
    """An environment variable that must be set, what it is, and the deployment's parameter that reads it, if any."""

    name: str
    about: str
    parameter: str = "api_key"


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """One model behind the gateway.

    Attributes:
        group: The role, which is the name that applications ask for.
        model: LiteLLM's model string.
        api_base: The address of an OpenAI-compatible server, or the variable that holds it (``os.environ/NAME``).
        service: The Compose service that serves it; None for an API.
        prices: LiteLLM's price keys to USD a token, so that budgets count what the cost model counts.
        budget_usd: What it may spend in thirty days; None when nothing limits it.
    """

    group: str
    model: str
    api_base: str | None
    service: str | None
    gguf: str | None
    credentials: tuple[Credential, ...]
    prices: Mapping[str, Decimal]
    price_source: str | None
    budget_usd: Decimal | None
    budget_reason: Figure | None


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayPolicy:
    """What the gateway does with a request.

    Attributes:
        timeout_s: How long one attempt may take; None when no latency is required.
        larger_context: The fallback takes longer inputs than the primary.
        cache_s: How long an equal request is answered from Redis, in seconds; None without a cache.
        metrics: The gateway exports metrics; ``prometheus``: one is started beside it to collect them.
    """

    deployments: tuple[Deployment, ...]
    timeout_s: float | None
    timeout_reason: Figure | None
    retries: int
    larger_context: bool
    cache_s: int | None
    metrics: bool
    log_content: bool
    prometheus: bool = False

    @property
    def fallback(self) -> Deployment | None:
        """The deployment that takes over; None when there is only one."""
        return next((deployment for deployment in self.deployments if deployment.group == "fallback"), None)


def gateway_policy(
    inputs: BundleInputs, roles: tuple[RoleModel, ...], facts: FactSheet, known: Mapping[str, Any]
) -> GatewayPolicy | None:
    """The policy for the chosen models; None while none is chosen.

    Args:
        inputs: Of the bundle.
        roles: Primary first.
        facts: Of the project.
        known: The gateway template's constants: ``credentials`` by provider, and ``routes`` from the price map's
            names of providers to LiteLLM's.

    Raises:
        InvalidInput: A target's model or key name is nothing that a configuration may hold.
    """
    if not roles:
        return None
    slots = decided(inputs.decision)
    p95_ms = facts.number("latency.p95_ms")
    budgets = _budgets(roles, facts)
    timeout_s = None if p95_ms is None else max(1.0, float(TIMEOUT_FACTOR * p95_ms / 1000))
    return GatewayPolicy(
        deployments=tuple(_deployment(role, known, budgets.get(role.role)) for role in roles),
        timeout_s=timeout_s,
        timeout_reason=None if p95_ms is None else estimated(f"{timeout_s:g} s", "2 x latency.p95_ms, at least 1 s"),
        retries=RETRIES,
        larger_context=_larger_context(roles),
        cache_s=_cache_s(slots, facts),
        metrics=_watched(slots),
        prometheus=_watched(slots) and slots.get("complexity_budget") != "minimal",
        log_content=facts.values.get("logging.content_allowed") is True and slots.get("logging") != "metadata",
    )


def _watched(slots: Mapping[str, Any]) -> bool:
    """Alerts need metrics as much as monitoring does."""
    return slots.get("monitoring") is True or slots.get("alerts") == "burn_rate"


def _cache_s(slots: Mapping[str, Any], facts: FactSheet) -> int | None:
    """Only an exact cache that tenants may share, and only where the knowledge behind the answers outlives it."""
    if slots.get("cache") != "exact" or slots.get("cache_scope") == "tenant":
        return None
    return CACHE_S if facts.text("knowledge.change_freq") != "realtime" else None


def _deployment(role: RoleModel, known: Mapping[str, Any], budget: tuple[Decimal, Figure] | None) -> Deployment:
    gguf = _gguf(role) if role.local else None
    prices = role.card.price if role.card and not role.local else None
    return Deployment(
        group=role.role,
        model=f"openai/{file_slug(gguf.removesuffix('.gguf'))}" if gguf else _model_string(role, known["routes"]),
        api_base=f"http://{role.role}-model:{LLAMA_PORT}/v1" if gguf else _api_base(role),
        service=f"{role.role}-model" if gguf else None,
        gguf=gguf,
        credentials=_credentials(role, known),
        prices={key: prices.usd_per_unit[key] for key in _PRICE_KEYS if key in prices.usd_per_unit} if prices else {},
        price_source=str(prices.source) if prices else None,
        budget_usd=budget[0] if budget else None,
        budget_reason=budget[1] if budget else None,
    )


def _gguf(role: RoleModel) -> str:
    path = role.target.model if role.target else (role.card and role.card.path) or role.model
    name = re.split(r"[\\/]", path)[-1]
    return name if name.endswith(".gguf") else f"{name}.gguf"


def _model_string(role: RoleModel, routes: Mapping[str, str]) -> str:
    target = role.target
    if target is not None and target.adapter == "litellm":
        model = f"openai/{target.model.removeprefix('openai/')}" if target.base_url else target.model
        field = f"targets.{target.id}.model"
    else:
        provider = role.card.provider if role.card else None
        route = "openai" if _self_served(role) else routes.get(provider, provider) if provider else None
        name = role.card.id if role.card else role.model
        model = name if route is None or name.startswith(f"{route}/") else f"{route}/{name}"
        field = "decision.model"
    if not _MODEL_NAME.fullmatch(model):
        raise InvalidInput(
            f"{model!r} is no name of a model",
            place=Place(field=field),
            fix="Use letters, digits and . / : @ + - _ only.",
        )
    return model


def _api_base(role: RoleModel) -> str | None:
    if role.target is not None and role.target.adapter == "litellm":
        return role.target.base_url
    return f"os.environ/{role.role.upper()}_API_BASE" if _self_served(role) else None


def _self_served(role: RoleModel) -> bool:
    """Open weights for which nobody has said where they run."""
    reached = role.target is not None and role.target.adapter == "litellm"
    return not reached and role.card is not None and role.card.hosting is Hosting.OPEN_WEIGHTS


def _credentials(role: RoleModel, known: Mapping[str, Any]) -> tuple[Credential, ...]:
    if role.local:
        return (Credential(name="LLAMA_API_KEY", about="any text of your own: gateway and model server share it"),)
    target = role.target
    group = role.role.upper()
    key = Credential(name=f"{group}_API_KEY", about="the key of your own model server; any text where it asks for none")
    if _self_served(role):
        return (Credential(name=f"{group}_API_BASE", about="the address of your model server", parameter=""), key)
    if target is not None and target.api_key_env:
        if not _ENV_NAME.fullmatch(target.api_key_env):
            raise InvalidInput(
                "this is no name of an environment variable",
                place=Place(field=f"targets.{target.id}.api_key_env"),
                fix="Give the name of the variable, not the key.",
            )
        return (Credential(name=target.api_key_env, about=f"the key for {_provider(role)}"),)
    if target is not None and target.base_url:
        return (key,)
    provider = _provider(role)
    route = known["routes"].get(provider, provider).partition("/")[0]
    return tuple(Credential(**entry) for entry in known["credentials"].get(route, ()))


def _provider(role: RoleModel) -> str:
    if role.card is not None:
        return role.card.provider
    return role.target.model.partition("/")[0] if role.target else role.model.partition("/")[0]


def _budgets(roles: tuple[RoleModel, ...], facts: FactSheet) -> dict[str, tuple[Decimal, Figure]]:
    """Deployment budgets whose sum never passes the required ceiling.

    "hard" stops at the ceiling: with a priced fallback, the primary takes 80 % and the fallback the rest. "soft"
    degrades at the ceiling: the primary stops there and the fallback goes on.
    """
    ceiling = facts.number("budget.monthly_usd")
    priced = [role.role for role in roles if not role.local and role.card is not None and role.card.price is not None]
    if not ceiling or "primary" not in priced:
        return {}
    both = len(priced) == 2
    if facts.text("budget.hardness") == "hard" and both:
        soft = (ceiling * SOFT_SHARE).quantize(Decimal("0.01"))
        return {"primary": _limit(soft, "80 %", ceiling), "fallback": _limit(ceiling - soft, "20 %", ceiling)}
    if facts.text("budget.hardness") == "hard" or len(roles) == 2:
        return {"primary": _limit(ceiling, "100 %", ceiling)}
    return {}


def _limit(amount: Decimal, share: str, ceiling: Decimal) -> tuple[Decimal, Figure]:
    return amount, estimated(readable_usd(amount), f"{share} of budget.monthly_usd = {readable_usd(ceiling)}")


def _larger_context(roles: tuple[RoleModel, ...]) -> bool:
    sizes = {role.role: role.card.context_tok if role.card else None for role in roles}
    primary, fallback = sizes.get("primary"), sizes.get("fallback")
    return primary is not None and fallback is not None and fallback > primary
