"""What fails together in a set of models: an outage takes down all that a provider runs, a fault all of one maker."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from maquette.catalog.cards import ModelCard
from maquette.catalog.families import host, maker


@dataclass(frozen=True, kw_only=True, slots=True)
class Diversity:
    """What fails together in a set of models.

    Attributes:
        by_host: Each company that runs models, to the models that its outage takes down.
        makers: Who trained them, where the names say.
        takes_all: The one host whose outage takes all down; None when there are two or more.
    """

    by_host: Mapping[str, tuple[str, ...]]
    makers: tuple[str, ...]
    takes_all: str | None


def diversity(cards: Iterable[ModelCard]) -> Diversity:
    """What of these models fails together."""
    by_host: dict[str, list[str]] = {}
    makers: dict[str, None] = {}
    for card in cards:
        by_host.setdefault(host(card), []).append(card.id)
        if (made := maker(card)) is not None:
            makers[made] = None
    return Diversity(
        by_host={name: tuple(models) for name, models in by_host.items()},
        makers=tuple(makers),
        takes_all=next(iter(by_host)) if len(by_host) == 1 else None,
    )
