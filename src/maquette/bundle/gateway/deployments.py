"""The deployment of each role: LiteLLM's model string, address, prices, and what it may spend."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from maquette.bundle.figures import FactSheet, Figure, estimated
from maquette.bundle.gateway.credentials import Credential, credentials, self_served
from maquette.bundle.inputs import RoleModel
from maquette.bundle.safe_text import file_slug
from maquette.catalog.lanes import step_name
from maquette.catalog.prices import PriceTable
from maquette.catalog.quoting import steps_tok
from maquette.cost.regions import uplift
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.units import readable_usd

SOFT_SHARE = Decimal("0.8")
"""The share of a hard ceiling after which the cheaper role takes over."""

LLAMA_PORT = 8080

_MODEL_NAME = re.compile(r"[A-Za-z0-9][\w./:@+-]*")
_PRICE_KEYS = (
    "input_cost_per_token",
    "output_cost_per_token",
    "cache_read_input_token_cost",
    "cache_creation_input_token_cost",
)
STEPS = ("100k", "128k", "200k", "272k", "512k")
"""Lengths of a prompt whose own prices LiteLLM reads from a deployment (``CustomPricingLiteLLMParams``)."""

Budget = tuple[Decimal, Figure]
"""What may be spent in thirty days, in USD, and why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """One model behind the gateway.

    Attributes:
        group: The role, which is the name that applications ask for.
        model: LiteLLM's model string.
        api_base: The address of an OpenAI-compatible server, or the variable that holds it (``os.environ/NAME``).
        service: The Compose service that serves it; None for an API.
        prices: LiteLLM's price keys to USD a token, so that budgets count what the cost model counts; those of long
            prompts stand behind them.
        cache_marks: Whether the provider caches only what a request marks.
        budget_usd: What it may spend in thirty days; None when nothing limits it.
        provider: LiteLLM's name of whoever serves it; None where the model string does not say.
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
    provider: str | None = None
    cache_marks: bool = False


def deployment(
    role: RoleModel,
    known: Mapping[str, Any],
    budget: Budget | None,
    *,
    least_tok: Decimal | None = None,
    region: str | None = None,
) -> Deployment:
    """The role's deployment, at the prices of its prompts and region.

    Args:
        role: Whose it is.
        known: The template's constants, by provider.
        budget: What it may spend, and why.
        least_tok: Tokens that every prompt has at least.
        region: Where the data must stay; its published surcharge is in the prices.

    Raises:
        InvalidInput: The model's name, or that of its key, is nothing that a configuration may hold.
    """
    gguf = _gguf(role) if role.local else None
    prices = role.card.price if role.card and not role.local else None
    model = f"openai/{file_slug(gguf.removesuffix('.gguf'))}" if gguf else _model_string(role, known["routes"])
    charged = uplift(prices, region) if prices else None
    factor = charged.base if charged else Decimal(1)
    return Deployment(
        group=role.role,
        model=model,
        api_base=f"http://{role.role}-model:{LLAMA_PORT}/v1" if gguf else _api_base(role),
        service=f"{role.role}-model" if gguf else None,
        gguf=gguf,
        credentials=credentials(role, known),
        prices={key: usd * factor for key, usd in _prices(prices, least_tok).items()} if prices else {},
        price_source=_price_source(prices, region, factor) if prices else None,
        budget_usd=budget[0] if budget else None,
        budget_reason=budget[1] if budget else None,
        provider=model.partition("/")[0] if "/" in model else None,
        cache_marks=_marked(model, known),
    )


def _prices(table: PriceTable, least_tok: Decimal | None) -> dict[str, Decimal]:
    """The prices of a token and of one in a long prompt, as LiteLLM reads them.

    A step that LiteLLM does not know replaces the plain price where every prompt lies above it.
    """
    listed, found = table.usd_per_unit, {}
    for key in _PRICE_KEYS:
        if key in listed:
            found[key] = listed[key]
    for step in steps_tok(table):
        name = step_name(step)
        stepped = {key: listed[f"{key}_above_{name}_tokens"] for key in found if f"{key}_above_{name}_tokens" in listed}
        if name in STEPS:
            found |= {f"{key}_above_{name}_tokens": price for key, price in stepped.items()}
        elif least_tok is not None and least_tok > step:
            found |= stepped
    return found


def _price_source(table: PriceTable, region: str | None, factor: Decimal) -> str:
    return str(table.source) if factor == 1 else f"{table.source}, times {factor:f} in {region}"


def _marked(model: str, known: Mapping[str, Any]) -> bool:
    """Whether the provider caches only what a request marks."""
    route, _, name = model.partition("/")
    word = known.get("cache_marks", {}).get(route)
    return word is not None and word in name


def budgets(roles: tuple[RoleModel, ...], facts: FactSheet) -> dict[str, Budget]:
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


BEYOND_ANY = 4
"""Times the largest normal input: a context of as much is filled by no request."""


def larger_context(roles: tuple[RoleModel, ...], longest_tok: Decimal | None) -> bool:
    """Whether the fallback takes longer inputs than the primary, and some request may need that.

    Args:
        roles: The primary and its fallback.
        longest_tok: The largest normal input; None where nobody says.
    """
    sizes = {role.role: role.card.context_tok if role.card else None for role in roles}
    primary, fallback = sizes.get("primary"), sizes.get("fallback")
    if primary is None or fallback is None or fallback <= primary:
        return False
    return longest_tok is None or primary < BEYOND_ANY * longest_tok


def _limit(amount: Decimal, share: str, ceiling: Decimal) -> Budget:
    return amount, estimated(readable_usd(amount), f"{share} of budget.monthly_usd = {readable_usd(ceiling)}")


def _gguf(role: RoleModel) -> str:
    path = role.target.model if role.target else (role.card and role.card.path) or role.model
    name = re.split(r"[\\/]", path)[-1]
    return name if name.endswith(".gguf") else f"{name}.gguf"


def _model_string(role: RoleModel, routes: Mapping[str, str]) -> str:
    target = role.target
    if target is not None and target.adapter == "litellm":
        model = f"openai/{target.model.removeprefix('openai/')}" if target.base_url else _routed(role, routes)
        field = f"targets.{target.id}.model"
    else:
        model, field = _routed(role, routes), "decision.model"
    if not _MODEL_NAME.fullmatch(model):
        raise InvalidInput(
            f"{model!r} is no name of a model",
            place=Place(field=field),
            fix="Use letters, digits and . / : @ + - _ only.",
        )
    return model


def _routed(role: RoleModel, routes: Mapping[str, str]) -> str:
    """The name with its provider's route: a release of the proxy that is older than the model cannot guess it."""
    target, card = role.target, role.card
    name = target.model if target and target.adapter == "litellm" else card.id if card else role.model
    if card is None or (name != card.id and "/" in name):
        return name
    route = "openai" if self_served(role) else routes.get(card.provider, card.provider)
    return name if not route or name.startswith(f"{route.partition('/')[0]}/") else f"{route}/{name}"


def _api_base(role: RoleModel) -> str | None:
    if role.target is not None and role.target.adapter == "litellm":
        return role.target.base_url
    return f"os.environ/{role.role.upper()}_API_BASE" if self_served(role) else None
