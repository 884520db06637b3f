"""Which models can be fine-tuned today, and until when: as their providers state, or because their weights are open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.provider_facts import covers
from maquette.foundation.sources import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class TuningOffer:
    """Models that a provider tunes.

    Attributes:
        models: In the provider's names.
        last_jobs: The last day on which a training can be started; ``last_day`` on which what was tuned answers.
    """

    family: str
    models: tuple[str, ...]
    methods: tuple[str, ...]
    source: Source
    last_jobs: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TuningStatement:
    """What a provider states about fine-tuning.

    Attributes:
        covers: Provider names of the price map.
        complete: The page that says that nothing else is tuned here; None where others may be.
    """

    host: str
    covers: tuple[str, ...]
    offers: tuple[TuningOffer, ...] = ()
    complete: Source | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tunable:
    """Whether a model can be fine-tuned today.

    Attributes:
        until: The last day of training, or of the model; None where none is known.
        source: The page that says so; None for weights of one's own.
    """

    answer: bool
    host: str
    until: date | None = None
    source: Source | None = None
    methods: tuple[str, ...] = ()


_OWN = frozenset({Hosting.OPEN_WEIGHTS, Hosting.LOCAL_FILE})


def tunable(card: ModelCard, statements: Iterable[TuningStatement], today: date) -> Tunable | None:
    """Whether ``card`` can be fine-tuned; None where nobody states it."""
    if card.hosting in _OWN:
        return Tunable(answer=True, host="machines of your own", methods=("LoRA", "all weights"))
    said = next((one for one in statements if covers(one.covers, card.provider)), None)
    if said is None:
        return None
    offer = next((one for one in said.offers if any(_same(name, card.id) for name in one.models)), None)
    if offer is None:
        return None if said.complete is None else Tunable(answer=False, host=said.host, source=said.complete)
    until = min((day for day in (offer.last_jobs, offer.last_day, card.retires_on) if day is not None), default=None)
    open_today = until is None or today <= until
    return Tunable(answer=open_today, host=said.host, until=until, source=offer.source, methods=offer.methods)


def tunable_today(
    cards: Mapping[str, ModelCard], statements: Sequence[TuningStatement], today: date
) -> tuple[tuple[ModelCard, Tunable], ...]:
    """Every model behind an API that a provider tunes today; those that last longest first, then by name.

    Of several routes to one model at a provider the one with the shortest id stands for all.
    """
    found: dict[tuple[str, str], tuple[ModelCard, Tunable]] = {}
    for card in sorted(cards.values(), key=lambda one: (len(one.id), one.id)):
        if card.hosting is Hosting.API and card.price is not None:
            answer = tunable(card, statements, today)
            if answer is not None and answer.answer:
                found.setdefault((card.id.rpartition("/")[2], answer.host), (card, answer))
    return tuple(sorted(found.values(), key=lambda one: (-(one[1].until or date.max).toordinal(), one[0].id)))


def _same(name: str, card_id: str) -> bool:
    """Whether a provider's name, which may end in a context length, is the one of a card without its route."""
    own = card_id.rpartition("/")[2]
    return name == own or name.startswith(f"{own}:")
