"""How each requirement can give way: a number to a threshold that a card sets, a choice to a wider choice.

Facts of the world (traffic, the average request) and laws are not eased: only what somebody decided. A requirement is a
duty where the law or a customer's contract may stand behind it; the change is then told, and told to be asked about.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from maquette.catalog import filters
from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.checks import Needs
from maquette.catalog.data_filters import OWN_MACHINES, PROVIDERS
from maquette.catalog.traffic import least_month_usd
from maquette.foundation.expression import FactValue

CENT, DOLLAR, WHOLE_DOLLARS_FROM = Decimal("0.01"), Decimal(1), Decimal(10)


@dataclass(frozen=True, kw_only=True, slots=True)
class ThresholdEasing:
    """A number that lets a card in from a threshold on.

    Attributes:
        threshold: The nearest number that meets the card's limit; None when none does.
        upwards: Whether a larger number is the easier one.
        step: The unit in which a number near the given one is proposed.
    """

    threshold: Callable[[ModelCard, Needs], Decimal | None]
    upwards: bool
    step: Callable[[Decimal], Decimal] = lambda _: Decimal(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class ValueEasing:
    """A choice with the wider choices that may take its place, the narrowest change first."""

    values: Callable[[Needs], tuple[FactValue, ...]]
    duty: bool = False


def _budget(card: ModelCard, needs: Needs) -> Decimal | None:
    return least_month_usd(card, needs.traffic)


def _prompt(card: ModelCard, needs: Needs) -> Decimal | None:
    """The longest prompt that the card takes; not below the average one, which is no choice."""
    answer, average = filters.longest_answer(needs), needs.tokens("tokens.input_avg") or 1
    room = filters.room_tok(card, answer)
    if room is None or room < average or _answers_less(card, answer):
        return None
    return Decimal(room)


def _answer(card: ModelCard, needs: Needs) -> Decimal | None:
    """The longest answer that the card gives beside the longest prompt; not below the average one."""
    longest, average = filters.longest_prompt(needs), needs.tokens("tokens.output_avg") or 1
    if longest is None or card.context_tok is None:
        return None
    room = card.context_tok - longest
    if room < 0:
        return None
    limits = [] if card.hosting is Hosting.API else [room]
    limits += [] if card.max_output_tok is None else [card.max_output_tok]
    most = min(limits, default=None)
    return None if most is None or most < average else Decimal(most)


def _answers_less(card: ModelCard, answer: int) -> bool:
    return card.max_output_tok is not None and answer > card.max_output_tok


def _gpus(card: ModelCard, needs: Needs) -> Decimal | None:
    each, takes = needs.number("infra.gpu_vram_gb"), filters.least_gb(card)
    if not each or takes is None or needs.facts.get("data.residency") == "on_device":
        return None
    return (takes / each).to_integral_value(ROUND_CEILING)


def _without_one_input(needs: Needs) -> tuple[FactValue, ...]:
    wanted = needs.several("io.input_modalities")
    return tuple(tuple(kind for kind in wanted if kind != dropped) for dropped in wanted) if len(wanted) > 1 else ()


def _with_one_provider(needs: Needs) -> tuple[FactValue, ...]:
    allowed = needs.several("providers.allowed")
    more: tuple[FactValue, ...] = tuple((*allowed, name) for name in PROVIDERS if name not in allowed)
    return (*more, ()) if allowed else ()


def _instead(fact: str, other: FactValue) -> Callable[[Needs], tuple[FactValue, ...]]:
    return lambda needs: () if needs.facts.get(fact) == other else (other,)


def _any_place(needs: Needs) -> tuple[FactValue, ...]:
    """Anywhere; for own machines, only where no third party is shut out for another reason."""
    present = needs.facts.get("data.residency")
    if present in OWN_MACHINES and needs.facts.get("data.external_processing_allowed") is False:
        return ()
    return () if present in {None, "none"} else ("none",)


EASINGS: Mapping[str, ThresholdEasing | ValueEasing] = {
    "budget.monthly_usd": ThresholdEasing(
        threshold=_budget, upwards=True, step=lambda usd: DOLLAR if usd >= WHOLE_DOLLARS_FROM else CENT
    ),
    "tokens.input_p99": ThresholdEasing(threshold=_prompt, upwards=False),
    "tokens.output_max": ThresholdEasing(threshold=_answer, upwards=False),
    "infra.gpu_available": ThresholdEasing(threshold=_gpus, upwards=True),
    "latency.mode": ValueEasing(values=_instead("latency.mode", "batch")),
    "io.input_modalities": ValueEasing(values=_without_one_input),
    "io.output_format": ValueEasing(values=_instead("io.output_format", "free_text")),
    "agency.tools": ValueEasing(values=_instead("agency.tools", "none")),
    "providers.allowed": ValueEasing(values=_with_one_provider),
    "providers.eu_vendor_required": ValueEasing(values=_instead("providers.eu_vendor_required", False), duty=True),
    "data.residency": ValueEasing(values=_any_place, duty=True),
    "data.external_processing_allowed": ValueEasing(
        values=_instead("data.external_processing_allowed", True), duty=True
    ),
    "infra.offline_required": ValueEasing(values=_instead("infra.offline_required", False), duty=True),
}
"""Every requirement that may be eased, by its question."""
