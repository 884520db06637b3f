"""How old everything in the catalog is, as `maquette catalog status` shows it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from typing_extensions import TypedDict

from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.overlaying import CatalogLayer, Level
from maquette.catalogs import Known, load_accelerators, load_hosts, load_known

FORMAT = 1
SOON_DAYS = 90
OLD_DAYS = 60


class PricesData(TypedDict):
    """The price map in force."""

    source: str
    read_on: str
    days_old: int
    models: int
    refreshed: bool


class AgesData(TypedDict):
    """A part of the catalog: how many entries, and the days on which their sources were read."""

    part: str
    entries: int
    undated: int
    oldest: str | None
    newest: str | None


class FileData(TypedDict):
    """A catalog file in force, with the models that it adds and changes."""

    level: str
    file: str
    entries: int
    adds: int
    changes: int


class RetirementData(TypedDict):
    """A model's last day, and the days until then; negative afterwards."""

    model: str
    retires_on: str
    days_left: int


class StatusData(TypedDict):
    """`maquette catalog status --json`."""

    format: int
    prices: PricesData
    ages: list[AgesData]
    files: list[FileData]
    problems: list[dict[str, str | int | None]]
    retired: list[RetirementData]
    retiring: list[RetirementData]
    old_prices: list[str]
    without_price: list[str]


def status_data(project: Path | None, today: date) -> StatusData:
    """Everything about the age of the catalog."""
    known = load_known(project=project)
    cards = known.overlaid.cards
    retirements = _retirements(cards.values(), today)
    return {
        "format": FORMAT,
        "prices": _prices(known, today),
        "ages": list(_ages(cards, project)),
        "files": [_file(layer, known) for layer in known.layers if layer.level is not Level.SHIPPED],
        "problems": [problem.as_data() for problem in known.overlaid.problems],
        "retired": [one for one in retirements if one["days_left"] < 0],
        "retiring": [one for one in retirements if 0 <= one["days_left"] <= SOON_DAYS],
        "old_prices": sorted(card.id for card in cards.values() if _is_old(card, today)),
        "without_price": sorted(
            card.id for card in cards.values() if card.hosting is Hosting.API and not (card.price and _priced(card))
        ),
    }


def _prices(known: Known, today: date) -> PricesData:
    prices = known.prices
    source = next(iter(prices.cards.values())).source.ref.rpartition(", ")[0]
    return {
        "source": source,
        "read_on": prices.as_of.isoformat(),
        "days_old": (today - prices.as_of).days,
        "models": len(prices.cards),
        "refreshed": known.refreshed,
    }


def _ages(cards: Mapping[str, ModelCard], project: Path | None) -> Iterable[AgesData]:
    open_models = [card for card in cards.values() if card.hosting is Hosting.OPEN_WEIGHTS]
    yield _part("open models", [card.source.as_of for card in open_models])
    claims = [claim.source.as_of for card in cards.values() for claim in card.claims]
    yield _part("published scores", claims)
    histories = [card.other_prices for card in cards.values() if card.other_prices]
    dated = [period.prices.source.as_of for history in histories for period in history.periods]
    yield _part("dated prices", dated)
    rentals = [price.source.as_of for gpu in load_accelerators(project) for price in gpu.prices]
    yield _part("accelerator prices", rentals)
    yield _part("machine prices", [host.source.as_of for host in load_hosts(project)])


def _part(name: str, days: Sequence[date | None]) -> AgesData:
    known = [day for day in days if day is not None]
    return {
        "part": name,
        "entries": len(days),
        "undated": len(days) - len(known),
        "oldest": min(known).isoformat() if known else None,
        "newest": max(known).isoformat() if known else None,
    }


def _file(layer: CatalogLayer, known: Known) -> FileData:
    of_file = [change for change in known.overlaid.changes if (change.level, change.file) == (layer.level, layer.file)]
    counted = Counter(change.new for change in of_file)
    return {
        "level": layer.level.words,
        "file": layer.file,
        "entries": len(layer.models) + len(layer.gpus) + len(layer.hosts),
        "adds": counted[True],
        "changes": counted[False],
    }


def _retirements(cards: Iterable[ModelCard], today: date) -> list[RetirementData]:
    found = [(card.retires_on, card.id) for card in cards if card.retires_on is not None]
    return [
        {"model": model, "retires_on": day.isoformat(), "days_left": (day - today).days} for day, model in sorted(found)
    ]


def _is_old(card: ModelCard, today: date) -> bool:
    """A price whose source was read long ago, or nobody says when."""
    if card.price is None:
        return False
    sources = (card.price.source, *card.price.overridden.values())
    return any(source.as_of is None or (today - source.as_of).days > OLD_DAYS for source in sources)


def _priced(card: ModelCard) -> bool:
    return bool(card.price and card.price.usd_per_unit)
