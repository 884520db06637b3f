"""The catalog as a user sees it, put together from its parts: prices, open weights, machines, own knowledge.

What a catalog file says wins over what ships: a plug-in's over ours, the user's over a plug-in's, the project's over
all. A broken entry is told in ``Catalog.problems``, and the rest still works.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maquette.adapters import catalog_store, gguf_files, model_files, price_files
from maquette.catalog.cards import Capability, Catalog, Mode, ModelCard, QualityClaim
from maquette.catalog.media import MediaBook, MediaRule, media_book
from maquette.catalog.overlaying import CatalogLayer, Level, Overlaid, overlay
from maquette.catalog.plain_data import from_plain
from maquette.catalog.provider_facts import ProviderFacts, with_provider_facts
from maquette.foundation.lineage import canonical_json, digest, fingerprint
from maquette.foundation.problems import InvalidInput, Place, Problem, Unavailable
from maquette.foundation.shipped import shipped
from maquette.foundation.user_folders import config_folder
from maquette.yaml_reading import line_of, remembered

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints

    from maquette.catalog.hardware import Accelerator, Host
    from maquette.catalog.licences import Licence

PLUG_INS = "maquette.catalogs"
PROJECT_FILE, FOLDER = "catalog.yaml", "catalog"


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """All catalog files in force, and what they did."""

    layers: tuple[CatalogLayer, ...]
    overlaid: Overlaid
    prices: price_files.PriceSnapshot
    refreshed: bool


def project_catalog(folder: Path, model_folders: Sequence[str]) -> Catalog:
    """The catalog with the model files in ``model_folders`` of a project; their paths are as the user named them."""
    found = gguf_files.find_local_models([folder / name for name in model_folders])
    return load_catalog(found.cards, project=folder)


def load_catalog(local: Sequence[ModelCard] = (), *, project: Path | None = None) -> Catalog:
    """The models that ship, the files of weights found on this machine, and everybody's own knowledge over them.

    Args:
        local: Cards of files.
        project: The folder whose catalog.yaml and catalog/ are in force; None takes no project's.
    """
    known = load_known(local, project=project)
    return Catalog(
        cards=known.overlaid.cards,
        prices_as_of=known.prices.as_of,
        snapshot_digest=known.prices.digest,
        knowledge_digest=fingerprint(known.overlaid.fingerprint, digest(_providers_file()), digest(_media_file())),
        problems=known.overlaid.problems,
    )


_MOST_REMEMBERED = 4
_remembered: dict[Path | None, tuple[tuple[Any, ...], Known]] = {}


def load_known(local: Sequence[ModelCard] = (), *, project: Path | None = None) -> Known:
    """As `load_catalog`, with the files one by one; taken from memory while no file changed."""
    layers = tuple(_layers(project))
    prices, refreshed, told = prices_in_force()
    basis = (tuple(id(layer) for layer in layers), prices.digest, told, list(local))
    kept = _remembered.get(project)
    if kept and kept[0] == basis:
        return kept[1]
    cards = {**{card.id: card for card in local}, **prices.cards}
    overlaid = overlay(cards, layers)
    # Last, since what a card or a file says itself wins over what its provider says of all its models.
    overlaid = replace(overlaid, cards=_with_media(with_provider_facts(overlaid.cards, _provider_facts())))
    overlaid = _with_lines(replace(overlaid, problems=(*told, *prices.problems, *overlaid.problems)), layers)
    known = Known(layers=layers, overlaid=overlaid, prices=prices, refreshed=refreshed)
    while len(_remembered) >= _MOST_REMEMBERED:
        _remembered.pop(next(iter(_remembered)))
    _remembered[project] = (basis, known)
    return known


def prices_in_force() -> tuple[price_files.PriceSnapshot, bool, tuple[Problem, ...]]:
    """The newer of the shipped and the refreshed prices, whether they are refreshed, and what is wrong with the latter.

    A refreshed file that is broken is told, and the shipped prices are in force.
    """
    ours = price_files.load_prices()
    paths = tuple(catalog_store.stored(name) for name in (catalog_store.MAP, catalog_store.HISTORY))
    if paths == (None, None):
        return ours, False, ()
    theirs = _refreshed(paths, tuple(_stamp(path) for path in paths))
    if isinstance(theirs, Problem):
        return ours, False, (theirs,)
    return (theirs, True, ()) if theirs.as_of >= ours.as_of else (ours, False, ())


def _stamp(path: Path | None) -> tuple[int, ...]:
    try:
        stat = path.stat() if path else None
    except OSError:
        return ()
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else ()


@lru_cache(maxsize=2)
def _refreshed(
    paths: tuple[Path | None, Path | None], stamps: tuple[tuple[int, ...], ...]
) -> price_files.PriceSnapshot | Problem:
    """The refreshed prices; the stamps make it look again when a file changes."""
    del stamps
    path, second = paths
    try:
        content = path.read_bytes() if path else price_files.shipped_map()
        return price_snapshot(content, second.read_bytes() if second else None)
    except (OSError, *NO_PRICES) as error:
        return _broken_prices(path or second or Path(), f"{type(error).__name__}: {error}")


NO_PRICES = (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What reading prices raises when the data is something else."""


def price_snapshot(content: bytes, second: bytes | None = None) -> price_files.PriceSnapshot:
    """The prices of a snapshot's bytes, with dated prices beside them; None takes those that ship.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError: They are none.
    """
    found = price_files.prices_from(content, price_files.shipped_second_list() if second is None else second)
    if not found.cards:
        raise ValueError("it holds no models")
    return found


def _broken_prices(path: Path, why: str) -> InvalidInput:
    return InvalidInput(
        f"the refreshed prices are broken, and the shipped ones are in force: {why}",
        place=Place(file=str(path)),
        fix="Run maquette catalog refresh again, or maquette catalog refresh --reset.",
    )


def load_hosts(project: Path | None = None) -> "tuple[Host, ...]":
    """Machines without a GPU; the first is the default. Those of catalog files come behind, or replace by name."""
    from maquette.adapters import hardware_files
    from maquette.catalog.hardware import Host

    own = [from_plain(Host, data) for layer in _layers(project) for data in layer.hosts]
    return _by_name(hardware_files.load_hosts(), own)


def load_accelerators(project: Path | None = None) -> "tuple[Accelerator, ...]":
    """Every accelerator, in the catalog's order. Those of catalog files come behind, or replace by name."""
    from maquette.adapters import hardware_files
    from maquette.catalog.hardware import Accelerator

    own = [from_plain(Accelerator, data) for layer in _layers(project) for data in layer.gpus]
    return _by_name(hardware_files.load_accelerators(), own)


def _by_name(shipped_ones: Sequence[Any], own: Sequence[Any]) -> tuple[Any, ...]:
    return tuple({**{one.name: one for one in shipped_ones}, **{one.name: one for one in own}}.values())


def check_file(path: Path, *, name: str, project: Path | None = None) -> tuple[Overlaid, Overlaid, CatalogLayer]:
    """What one file adds and changes as the last one in force; its problems have their lines.

    Args:
        path: The file, which need not be in force.
        name: What the user calls it.
        project: Whose catalog it is compared with.

    Returns:
        The catalog without it, the catalog with it, and what it says.
    """
    layer = _layer(path, Level.PROJECT, name)
    others = [one for one in _layers(project) if one.path is None or not _same_file(one.path, path)]
    without = overlay(prices_in_force()[0].cards, others)
    return without, _with_lines(overlay(without.cards, [layer]), [layer]), layer


def _same_file(one: Path, other: Path) -> bool:
    return one.name == other.name and one.resolve() == other.resolve()


def _layers(project: Path | None) -> Iterator[CatalogLayer]:
    yield from _shipped_layers()
    yield from _plug_in_layers()
    folder = config_folder() / FOLDER
    for path in sorted(folder.glob("*.yaml")):
        yield _layer(path, Level.USER, str(path))
    if project is not None:
        for name, path in _project_files(project):
            yield _layer(path, Level.PROJECT, name)


def _project_files(project: Path) -> Iterator[tuple[str, Path]]:
    if (project / PROJECT_FILE).is_file():
        yield PROJECT_FILE, project / PROJECT_FILE
    for path in sorted((project / FOLDER).glob("*.yaml")):
        yield f"{FOLDER}/{path.name}", path


def _layer(path: Path, level: Level, name: str) -> CatalogLayer:
    return model_files.read_layer(path, level=level, name=name, licences=_licences, today=date.today())  # noqa: DTZ011  # the user's day


@cache
def _licences() -> "Mapping[str, Licence]":
    from maquette.adapters.licence_files import load_licences

    return load_licences()


@cache
def _shipped_layers() -> tuple[CatalogLayer, ...]:
    """The open models' files and the published scores; they change only with the program."""
    claims = model_files.claims_layer(shipped("catalog", "claims", "claims.yaml"), _claims)
    return (*model_files.open_model_layers(_licences), claims)


@cache
def _provider_facts() -> tuple[ProviderFacts, ...]:
    """What providers say of all their models; from the cache without the checking."""
    from maquette.foundation.lineage import plain

    def checked(_: bytes) -> Any:
        from maquette.adapters.knowledge_files import load_providers
        from maquette.catalog.providers import facts_of

        return plain([facts_of(provider) for provider in load_providers()])

    return tuple(from_plain(ProviderFacts, data) for data in remembered("providers", _providers_file(), checked))


@cache
def _providers_file() -> bytes:
    return shipped("catalog", "providers", "providers.yaml").read_bytes()


_READ_MEDIA = frozenset({Mode.CHAT, Mode.REALTIME})
_TAKES_MEDIA = (Capability.VISION, Capability.PDF, Capability.AUDIO_INPUT, Capability.VIDEO_INPUT)


def _with_media(cards: Mapping[str, ModelCard]) -> dict[str, ModelCard]:
    """The cards, those that may take anything but text with how it is counted."""
    book = _media()
    return {
        name: replace(card, media=book)
        if card.mode in _READ_MEDIA and any(card.can(one) is not False for one in _TAKES_MEDIA)
        else card
        for name, card in cards.items()
    }


@cache
def _media() -> MediaBook:
    """The rules for pictures, pages, sound and film; from the cache without the checking."""
    from maquette.foundation.lineage import plain

    def checked(_: bytes) -> Any:
        from maquette.adapters.knowledge_files import load_media

        return plain(load_media())

    return media_book([from_plain(MediaRule, data) for data in remembered("media", _media_file(), checked)])


@cache
def _media_file() -> bytes:
    return shipped("catalog", "media", "media.yaml").read_bytes()


def _claims() -> Mapping[str, tuple[QualityClaim, ...]]:
    from maquette.adapters.knowledge_files import load_claims

    return load_claims()


@cache
def _plug_ins() -> "tuple[tuple[EntryPoint, tuple[Path, ...]] | Problem, ...]":
    """Where each plug-in has its files; a plug-in that fails is a problem.

    Looking through all installed packages takes a while: that there are none is remembered until one is installed.
    """
    folders = [(folder, _stamp(Path(folder))) for folder in sys.path]
    if not remembered("plug-ins", canonical_json(folders).encode(), lambda _: [point.name for point in _points()]):
        return ()
    return tuple(_plug_in(point) for point in sorted(_points(), key=lambda point: point.name))


def _points() -> "EntryPoints":
    from importlib.metadata import entry_points

    return entry_points(group=PLUG_INS)


def _plug_in(point: "EntryPoint") -> "tuple[EntryPoint, tuple[Path, ...]] | Problem":
    """A plug-in is a module, whose folder is taken, or a callable that returns paths of folders and files."""
    try:
        loaded = point.load()
        said = loaded() if callable(loaded) else list(loaded.__path__)
        paths = [said] if isinstance(said, str | Path) else list(said)
        return point, tuple(Path(path) for path in paths)
    except Exception as error:
        return _failed(point, f"{type(error).__name__}: {error}")


def _failed(point: "EntryPoint", why: str) -> Unavailable:
    return Unavailable(
        f"the catalog plug-in {point.name!r} cannot be read: {why}",
        place=Place(field=point.value),
        fix="Install it again, or take it out; the rest of the catalog is in force.",
    )


def _plug_in_layers() -> Iterator[CatalogLayer]:
    for number, found in enumerate(_plug_ins()):
        if isinstance(found, Problem):
            yield _telling(number)
            continue
        point, paths = found
        for path in paths:
            files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
            for file in files:
                yield _layer(file, Level.PLUG_IN, f"{point.name}/{file.name}")


@cache
def _telling(number: int) -> CatalogLayer:
    """A layer that says nothing but its problem."""
    problem = _plug_ins()[number]
    assert isinstance(problem, Problem)
    return CatalogLayer(level=Level.PLUG_IN, file="plug-in", models={}, problems=(problem,))


def _with_lines(overlaid: Overlaid, layers: Sequence[CatalogLayer]) -> Overlaid:
    """The problems with their lines, where they name a file and no line."""
    paths = {layer.file: layer.path for layer in layers}
    return replace(overlaid, problems=tuple(_lined(problem, paths) for problem in overlaid.problems))


def _lined(problem: Problem, paths: Mapping[str, Path | None]) -> Problem:
    place = problem.place
    path = paths.get(place.file or "")
    if path is None or place.line is not None or place.field is None or not isinstance(problem, InvalidInput):
        return problem
    section, _, name = place.field.partition(".")
    return InvalidInput(problem.what, fix=problem.fix, place=replace(place, line=line_of(path, (section, name))))
