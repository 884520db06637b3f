"""Newer prices: found where the user says, compared with those in force, and written after a look.

Nothing is written while anything is wrong; what is found must be a price map of a believable size.
"""

import json
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from maquette.adapters import catalog_download, catalog_store, genai_prices_history, litellm_map, recent_projects
from maquette.adapters.price_files import PriceSnapshot, load_prices
from maquette.catalog.cards import Catalog
from maquette.catalog.changes import CatalogChanges, compare
from maquette.catalogs import NO_PRICES, price_snapshot, prices_in_force
from maquette.foundation.problems import InvalidInput, NotFound, Place, Problem, Unavailable
from maquette.project_document import PROJECT_FILE

Say = Callable[[str], None]

INSTALLED = "installed"

_LEAST_SHARE = 2
"""A map with fewer models than those in force divided by this is no newer map but a broken one."""

_VERSION = re.compile(r"LiteLLM (\d+(?:\.\d+)*)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """Prices that may take the place of those in force.

    Attributes:
        content: The file to be written; None goes back to what ships.
        history: The dated prices to be written beside it; None leaves those in force.
        source: The words of the map on itself.
    """

    content: bytes | None
    source: str
    prices: PriceSnapshot
    history: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Affected:
    """A project whose chosen or decided models are among the changes."""

    folder: Path
    name: str
    models: tuple[str, ...]
    changes: CatalogChanges


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What a refresh would do.

    Attributes:
        older: Why the candidate is no newer than what is in force; None when it is.
        unread: Projects that could not be opened, and why.
    """

    candidate: Candidate
    changes: CatalogChanges
    affected: tuple[Affected, ...]
    older: str | None
    unread: tuple[Problem, ...]


def find(where: str | None, *, today: date, say: Say) -> Candidate:
    """The prices behind a file's name or an address; None takes those of the installed LiteLLM.

    Raises:
        NotFound, InvalidInput, Unavailable: There are none.
    """
    if where is None:
        return _candidate(litellm_map.snapshot_of(litellm_map.installed_map(), today), "the installed litellm")
    if not catalog_download.is_address(where):
        return _from_file(Path(where), name=where, today=today)
    say(f"Fetching from {catalog_download.allowed_host(where)} ...")
    content = catalog_download.fetch(where, progress=_progress(say))
    with tempfile.TemporaryDirectory(prefix="maquette-") as folder:
        path = Path(folder, Path(urlsplit(where).path).name or "map.json")
        path.write_bytes(content)
        return _from_file(path, name=where.partition("?")[0], today=today)


def with_history(candidate: Candidate, where: str | None, *, today: date, say: Say) -> Candidate:
    """The candidate with dated prices of a second list beside it.

    Args:
        candidate: Newer prices.
        where: ``installed`` for the installed genai-prices, or a file that maquette wrote; None takes the installed
            one if there is one.
        today: The day on which they are read.
        say: Told when there is none.

    Raises:
        NotFound, InvalidInput, Unavailable: What was named is not there, or is something else.
    """
    if candidate.content is None:
        return candidate
    if where is None or where == INSTALLED:
        try:
            data = genai_prices_history.history_data(candidate.prices.cards.values(), today)
        except Unavailable as problem:
            if where is not None:
                raise
            say(f"The dated prices stay as they are: {problem.what}.")
            return candidate
        history = genai_prices_history.as_text(data).encode()
    else:
        history = _existing(Path(where), where).read_bytes()
    try:
        return replace(candidate, history=history, prices=price_snapshot(candidate.content, history))
    except NO_PRICES as error:
        raise InvalidInput(
            f"these are no dated prices: {type(error).__name__}: {error}",
            place=Place(file=where),
            fix="Name a file of dated prices that maquette wrote, or installed.",
        ) from error


def _existing(path: Path, name: str) -> Path:
    if not path.is_file():
        raise NotFound("there is no such file", place=Place(file=name), fix="Correct the name.")
    return path


def shipped() -> Candidate:
    """The prices that ship with this version."""
    return Candidate(content=None, source="the shipped prices", prices=load_prices())


def preview(candidate: Candidate, projects: Iterable[Path], *, force: bool) -> Preview:
    """Compare with what is in force, and find the projects that it touches.

    Raises:
        InvalidInput: The candidate has under half of the models in force, and ``force`` does not say so.
    """
    before = prices_in_force()[0]
    known, found = len(before.cards), len(candidate.prices.cards)
    if found * _LEAST_SHARE < known and candidate.content is not None and not force:
        raise InvalidInput(
            f"it has {found} models, and the prices in force have {known}",
            place=Place(file=candidate.source),
            fix="Check the source; --force takes it all the same.",
        )
    changes = compare(_bare(before), _bare(candidate.prices))
    affected, unread = _affected(projects, changes)
    older = None if candidate.content is None else _older(_source(before), candidate.source)
    return Preview(candidate=candidate, changes=changes, affected=affected, older=older, unread=unread)


def apply(candidate: Candidate) -> tuple[str, ...]:
    """Put the candidate in force; returns what was written or removed.

    Raises:
        Unavailable: The disk is full or read-only; the old prices are in force.
    """
    if candidate.content is None:
        return catalog_store.remove()
    files = {catalog_store.MAP: candidate.content}
    if candidate.history is not None:
        files[catalog_store.HISTORY] = candidate.history
    catalog_store.store(files)
    return tuple(str(catalog_store.folder() / name) for name in files)


def projects(named: Iterable[str]) -> tuple[Path, ...]:
    """The projects to look at: those named, this folder, and those opened lately; each once."""
    here = [Path()] if Path(PROJECT_FILE).exists() else []
    found: dict[Path, Path] = {}
    for path in (*map(Path, named), *here, *recent_projects.recent()):
        found.setdefault(path.resolve(), path)
    return tuple(found.values())


def _from_file(path: Path, *, name: str, today: date) -> Candidate:
    """The candidate in a snapshot of ours, a price map of LiteLLM, or a wheel of it."""
    _existing(path, name)
    try:
        content = path.read_bytes()
        if not zipfile.is_zipfile(path) and _is_snapshot(content):
            return _candidate(json.loads(content), name)
        _refuse_large(path, name)
        return _candidate(litellm_map.snapshot_of(litellm_map.map_from_file(path), today), name)
    except (OSError, EOFError, NotImplementedError, *NO_PRICES, zipfile.BadZipFile, zlib.error) as error:
        raise _no_map(name, f"{type(error).__name__}: {error}") from error


def _refuse_large(path: Path, name: str) -> None:
    """A small archive may unpack into anything."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        largest = max((member.file_size for member in archive.infolist()), default=0)
    if largest > catalog_download.MOST_BYTES:
        raise _no_map(name, f"a file in it has {largest // 1_000_000} MB")


def _is_snapshot(content: bytes) -> bool:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and isinstance(data.get("models"), dict) and "read_on" in data


def _candidate(snapshot: dict[str, Any], name: str) -> Candidate:
    content = litellm_map.as_text(snapshot).encode()
    try:
        prices = price_snapshot(content)
    except NO_PRICES as error:
        raise _no_map(name, f"{type(error).__name__}: {error}") from error
    return Candidate(content=content, source=str(snapshot.get("source", name)), prices=prices)


def _no_map(name: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"this is no price map: {why}",
        place=Place(file=name),
        fix="Name a price map of LiteLLM, a wheel of it, or a snapshot that maquette wrote.",
    )


def _bare(prices: PriceSnapshot) -> Catalog:
    """The prices alone, without anybody's own knowledge, which would hide changes."""
    return Catalog(cards=prices.cards, prices_as_of=prices.as_of, snapshot_digest=prices.digest)


def _source(prices: PriceSnapshot) -> str:
    card = next(iter(prices.cards.values()))
    return card.source.ref


def _older(in_force: str, candidate: str) -> str | None:
    """Both name their version of LiteLLM, and the candidate's is lower."""
    now, then = _VERSION.search(in_force), _VERSION.search(candidate)
    if now is None or then is None or _parts(then[1]) >= _parts(now[1]):
        return None
    return f"the prices in force are of LiteLLM {now[1]}, newer than {then[1]}"


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _affected(folders: Iterable[Path], changes: CatalogChanges) -> tuple[tuple[Affected, ...], tuple[Problem, ...]]:
    """The projects that have chosen or decided a model that changes."""
    from maquette.wiring import ports_for

    affected: list[Affected] = []
    unread: list[Problem] = []
    for folder in folders:
        try:
            document = ports_for(folder).file.read()
        except Problem as problem:
            unread.append(problem)
            continue
        cards = {target.id: target.card for target in document.targets}
        choice = document.choice
        names = [*document.chosen, *((choice.model, choice.fallback) if choice else ())]
        models = tuple(dict.fromkeys(cards.get(name, name) for name in names if name))
        of_these = changes.of(models)
        if of_these:
            affected.append(Affected(folder=folder, name=document.name, models=models, changes=of_these))
    return tuple(affected), tuple(unread)


def _progress(say: Say) -> catalog_download.Progress:
    """A line for each five megabytes."""
    told = 0

    def progress(done: int, total: int | None) -> None:
        nonlocal told
        if done // 5_000_000 > told:
            told = done // 5_000_000
            say(f"  {done / 1e6:.0f} MB" + (f" of {total / 1e6:.0f} MB" if total else ""))

    return progress
