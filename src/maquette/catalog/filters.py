"""The hard filters: each says whether a model meets one requirement, does not, or that nobody knows.

A filter whose requirement is unknown filters nothing. The order here is the order of the funnel.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from maquette.catalog.cards import Capability, Hosting, ModelCard
from maquette.foundation.expression import Facts
from maquette.foundation.units import Range, Usd, readable_count, readable_usd


@dataclass(frozen=True, slots=True)
class No:
    """The requirement is not met, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """Nobody says whether it is met."""

    what: str


Answer = No | Unsure | None
"""None means that the requirement is met, or that there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What the filters read, taken from the facts once.

    Attributes:
        usd_per_month: The cheapest and dearest month of the card under test; None when it has no price here.
    """

    facts: Facts
    today: date


Filter = Callable[[ModelCard, Needs, Range[Usd] | None], Answer]

_MODALITIES = {
    "image": Capability.VISION,
    "pdf": Capability.PDF,
    "audio": Capability.AUDIO_INPUT,
    "video": Capability.VIDEO_INPUT,
}
_OUTPUTS = {
    "json": Capability.JSON_SCHEMA,
    "label": Capability.JSON_SCHEMA,
    "tool_calls": Capability.TOOLS,
}
_PROVIDERS: Mapping[str, tuple[str, ...]] = {
    "google": ("gemini", "google"),
    "bedrock": ("bedrock",),
    "vertex": ("vertex_ai",),
    "together": ("together_ai",),
    "fireworks": ("fireworks_ai",),
}
"""What the provider question calls a provider, and how the price map's names begin; others are the same word."""

_OWN_MACHINES = frozenset({"on_prem_only", "on_device"})


def provider(card: ModelCard, needs: Needs, _: Range[Usd] | None) -> Answer:
    """On the list of approved providers; an empty list approves all."""
    allowed = needs.facts.get("providers.allowed")
    if not isinstance(allowed, tuple) or not allowed:
        return None
    if card.hosting is not Hosting.API:
        return None if "local" in allowed else No("own machines are not on the list of providers")
    starts = tuple(start for name in allowed for start in _PROVIDERS.get(name, (name,)))
    return None if card.provider.startswith(starts) else No(f"{card.provider} is not an approved provider")


def third_party(card: ModelCard, needs: Needs, _: Range[Usd] | None) -> Answer:
    """Not an API where no third party may process the data."""
    if card.hosting is not Hosting.API:
        return None
    if needs.facts.get("data.external_processing_allowed") is False:
        return No("no third party may process the data")
    residency = needs.facts.get("data.residency")
    return No(f"data must stay {residency}") if residency in _OWN_MACHINES else None


def residency(card: ModelCard, needs: Needs, _: Range[Usd] | None) -> Answer:
    """In the region where the data must stay."""
    region = needs.facts.get("data.residency")
    if card.hosting is not Hosting.API or region is None or region in {"none", *_OWN_MACHINES}:
        return None
    if not card.regions:
        return Unsure(f"that data stays in {region}")
    inside = any(named.startswith(str(region)) for named in card.regions)
    return None if inside else No(f"runs in {', '.join(card.regions)}, not in {region}")


def retired(card: ModelCard, needs: Needs, _: Range[Usd] | None) -> Answer:
    """Not past its last day."""
    if card.retires_on is None or card.retires_on >= needs.today:
        return None
    return No(f"retired on {card.retires_on.isoformat()}")


def modality(card: ModelCard, needs: Needs, _: Range[Usd] | None) -> Answer:
    """Takes every kind of input."""
    wanted = needs.facts.get("io.input_modalities")
    kinds = wanted if isinstance(wanted, tuple) else ()
    return _all_of(card, {f"{kind} input": _MODALITIES[kind] for kind in kinds if kind in _MODALITIES})


def output(card: ModelCard, needs: Needs, _: Range[Usd] | None) -> Answer:
    """Can be held to the output's structure."""
    form = str(needs.facts.get("io.output_format"))
    return _all_of(card, {f"structured output ({form})": _OUTPUTS[form]} if form in _OUTPUTS else {})


def context(card: ModelCard, needs: Needs, _: Range[Usd] | None) -> Answer:
    """Takes the longest normal prompt and its answer."""
    longest = _tokens(needs.facts, "tokens.input_p99") or _tokens(needs.facts, "tokens.input_avg")
    if longest is None:
        return None
    answer = _tokens(needs.facts, "tokens.output_max") or _tokens(needs.facts, "tokens.output_avg") or 0
    if card.context_tok is None:
        return Unsure(f"a context of {readable_count(longest)} tokens")
    if longest > card.context_tok:
        return No(f"context {readable_count(card.context_tok)} is below {readable_count(longest)} tokens")
    if card.max_output_tok is not None and answer > card.max_output_tok:
        return No(f"longest answer {readable_count(card.max_output_tok)} is below {readable_count(answer)} tokens")
    return None


def priced(card: ModelCard, needs: Needs, _: Range[Usd] | None) -> Answer:
    """An API whose price is known."""
    del needs
    return No("the price map has no price for it") if card.hosting is Hosting.API and card.price is None else None


def budget(card: ModelCard, needs: Needs, usd_per_month: Range[Usd] | None) -> Answer:
    """Even its cheapest month fits the budget."""
    del card
    limit = needs.facts.get("budget.monthly_usd")
    if usd_per_month is None or limit is None:
        return None
    if usd_per_month.low <= Usd(str(limit)):
        return None
    return No(f"{readable_usd(usd_per_month.low)} a month at least, budget {readable_usd(Usd(str(limit)))}")


FILTERS: Mapping[str, Filter] = {
    "provider": provider,
    "third party": third_party,
    "residency": residency,
    "retired": retired,
    "input": modality,
    "output": output,
    "context": context,
    "price": priced,
    "budget": budget,
}


def _all_of(card: ModelCard, wanted: Mapping[str, Capability]) -> Answer:
    answers = {what: card.can(capability) for what, capability in wanted.items()}
    lacking = [what for what, can in answers.items() if can is False]
    if lacking:
        return No(f"no {lacking[0]}")
    unsaid = [what for what, can in answers.items() if can is None]
    return Unsure(", ".join(unsaid)) if unsaid else None


def _tokens(facts: Facts, name: str) -> int | None:
    value = facts.get(name)
    return None if value is None or isinstance(value, bool | str | tuple) else int(value)
