"""What a projection rests on, as a fingerprint."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import date

from maquette.catalog.cards import ModelCard
from maquette.catalog.media_facts import ASKED
from maquette.cost.calendar import PLAIN_CALENDAR, Calendar, Currency
from maquette.cost.options import CostOption
from maquette.cost.side_lines import NO_SIDE_COSTS, SideCosts
from maquette.cost.workload import COST_FACTS
from maquette.evals.run import TargetResult
from maquette.foundation.expression import Facts
from maquette.foundation.lineage import fingerprint

_LATER = frozenset({"ensemble", "before", "second"})
"""Fields that earlier versions did not have: unfilled they change no fingerprint, so that no decision goes stale."""


def cost_fingerprint(
    *,
    facts: Facts,
    options: Sequence[CostOption],
    prices_as_of: date,
    side: SideCosts = NO_SIDE_COSTS,
    calendar: Calendar = PLAIN_CALENDAR,
    currency: Currency | None = None,
) -> str:
    """Changes with whatever changes a figure of the projection, and with nothing else."""
    return fingerprint(
        {fact: facts[fact] for fact in COST_FACTS if fact in facts},
        *_media_basis(facts, options),
        [_basis(option) for option in options],
        prices_as_of,
        side,
        calendar,
        currency,
    )


def _media_basis(facts: Facts, options: Sequence[CostOption]) -> list[object]:
    """What is not text and how it is counted; nothing where only text goes in, so that no decision goes stale."""
    goes_in = facts.get("io.input_modalities")
    kinds = [one.modality for one in ASKED if isinstance(goes_in, tuple) and one.modality in goes_in]
    if not kinds:
        return []
    books = {id(option.card.media): option.card.media for option in options if option.card.media is not None}
    return [kinds, [book.rules for book in books.values()]]


def _basis(value: object) -> object:
    """What a projection reads of an option, field by field."""
    if isinstance(value, ModelCard):
        return _of_card(value)
    if isinstance(value, TargetResult):
        return _of_result(value)
    if isinstance(value, tuple):
        return [_basis(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _basis(getattr(value, field.name))
            for field in fields(value)
            if field.name not in _LATER or getattr(value, field.name) is not None
        }
    return value


def _of_card(card: ModelCard) -> object:
    capabilities = sorted((capability.value, known) for capability, known in card.capabilities.items())
    prices = sorted(card.price.usd_per_unit.items()) if card.price else None
    when = (card.retires_on, card.provider)
    return (card.id, card.hosting, prices, card.min_cacheable_tok, capabilities, when)


def _of_result(result: TargetResult) -> object:
    return (
        result.mean_input_tok,
        result.mean_output_tok,
        result.throughput_per_s,
        result.score,
        result.calls_made,
        result.done,
        result.from_cache,
    )
