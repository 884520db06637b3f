"""Fills cards with what their provider says of all its models: regions, retention, agreements.

The facts come from `providers`, whose records carry every page; here they are plain values, quick to load.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from maquette.catalog.cards import Capability, Hosting, ModelCard


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferFact:
    """Whether something is offered, and the sentence that says so, with its page and date."""

    capability: Capability
    answer: bool
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderFacts:
    """What holds for the models of the provider names in ``covers``.

    Attributes:
        part: Of the model ids that these facts are for; empty for all.
        regions: All regions; empty when they are unknown or only some of them are.
        on_regions: The sentence on the regions.
        otherwise: For the models that an offer leaves out, by ``part``.
    """

    covers: tuple[str, ...]
    part: str = ""
    offers: tuple[OfferFact, ...] = ()
    regions: tuple[str, ...] = ()
    on_regions: tuple[str, ...] = ()
    otherwise: "tuple[ProviderFacts, ...]" = ()


def covers(names: Sequence[str], map_name: str) -> bool:
    """Whether a provider name of the price map is one of ``names``, or one of them that goes on with a hyphen."""
    return any(map_name == name or map_name.startswith(f"{name}-") for name in names)


def with_provider_facts(cards: Mapping[str, ModelCard], facts: Sequence[ProviderFacts]) -> dict[str, ModelCard]:
    """The cards, with regions, zero retention and BAA from their provider where the card itself does not say.

    An offer on request counts as available, with a note that says so and names the page. A partial list of regions
    is only noted: a region that it lacks is unknown.
    """
    known: dict[str, ProviderFacts | None] = {}
    filled: dict[str, ModelCard] = {}
    for name, card in cards.items():
        if card.hosting is not Hosting.API:
            filled[name] = card
            continue
        if card.provider not in known:
            known[card.provider] = next((each for each in facts if covers(each.covers, card.provider)), None)
        found = known[card.provider]
        filled[name] = card if found is None else _filled(card, found)
    return filled


def _filled(card: ModelCard, facts: ProviderFacts) -> ModelCard:
    facts = next((other for other in facts.otherwise if other.part in card.id), facts)
    said = dict(card.capabilities)
    notes = card.notes
    for offer in facts.offers:
        if offer.capability not in said:
            said[offer.capability] = offer.answer
            notes = (*notes, offer.note)
    if card.regions:
        return card if notes is card.notes else _with(card, said, card.regions, notes)
    return _with(card, said, facts.regions, (*notes, *facts.on_regions))


def _with(
    card: ModelCard, capabilities: dict[Capability, bool], regions: tuple[str, ...], notes: tuple[str, ...]
) -> ModelCard:
    # Half the time of dataclasses.replace, over thousands of cards at every start.
    changed = object.__new__(ModelCard)
    for name in _FIELDS:
        _set(changed, name, getattr(card, name))
    _set(changed, "capabilities", capabilities)
    _set(changed, "regions", regions)
    _set(changed, "notes", notes)
    return changed


_set = object.__setattr__
_FIELDS = tuple(each.name for each in fields(ModelCard))
