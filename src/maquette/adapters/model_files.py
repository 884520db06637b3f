"""Reads catalog files: what they say of models and machines, and everything that is wrong with them at once.

A file that is right is checked once; what it says is then kept in the user's cache by its content. Within a process a
file is looked at again only when its time or size changed.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from maquette.catalog.cards import QualityClaim
from maquette.catalog.licences import Licence
from maquette.catalog.overlaying import CatalogLayer, Level, ModelSaying
from maquette.catalog.plain_data import from_plain
from maquette.foundation.lineage import fingerprint, plain
from maquette.foundation.problems import InvalidInput, Place, Problem
from maquette.foundation.shipped import shipped
from maquette.yaml_reading import content_of, parse_yaml, remembered, repeated_problem

Licences = Callable[[], Mapping[str, Licence]]

_CACHE = "catalog-files"
_MOST_BYTES = 8_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sayings:
    """A file's sayings as they are kept; see `CatalogLayer`."""

    models: Mapping[str, ModelSaying]
    gpus: tuple[Any, ...] = ()
    hosts: tuple[Any, ...] = ()
    digest: str = ""


class _Broken(Exception):
    """Carries a file's sayings past the cache: a broken file is read each time, for its lines."""

    def __init__(self, said: Mapping[str, Any], problems: Sequence[Problem]) -> None:
        super().__init__()
        self.said = said
        self.problems = tuple(problems)


_seen: dict[tuple[str, str], tuple[tuple[int, ...], CatalogLayer]] = {}


def read_layer(path: Path, *, level: Level, name: str, licences: Licences, today: date) -> CatalogLayer:
    """What the file says; its problems are in it, and a file that cannot be read says nothing.

    Args:
        path: A YAML file of the form that `maquette.catalog.entries` declares.
        level: Who says it.
        name: What the user calls the file.
        licences: Loads those that the catalog knows, by id; called only when a file is checked.
        today: No source can have been read after it.
    """
    stamp = _stamp(path, today)
    known = _seen.get((str(path), name))
    if known and known[0] == stamp and known[1].level is level:
        return known[1]
    layer = _read(path, level=level, name=name, licences=licences, today=today)
    _seen[(str(path), name)] = (stamp, layer)
    return layer


def _stamp(path: Path, today: date) -> tuple[int, ...]:
    """What changes when the file does; nothing stays the same for a file that cannot be looked at."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino, today.toordinal())


def _read(path: Path, *, level: Level, name: str, licences: Licences, today: date) -> CatalogLayer:
    problems: tuple[Problem, ...] = ()
    said: Mapping[str, Any] = {"models": {}}
    try:
        content = content_of(path, name)
        said = remembered(_CACHE, content, lambda text: _checked(text, name, licences, today), version=_code_version())
    except _Broken as broken:
        said, problems = broken.said, broken.problems
    except InvalidInput as problem:
        problems = (problem,)
    try:
        sayings = from_plain(_Sayings, said)
    except (KeyError, TypeError, ValueError, AttributeError):
        # Somebody else wrote into the cache: the file itself is the truth.
        said, problems = _without_cache(content, name, licences, today)
        sayings = from_plain(_Sayings, said)
    return CatalogLayer(
        level=level,
        file=name,
        path=path,
        models=sayings.models,
        gpus=sayings.gpus,
        hosts=sayings.hosts,
        digest=sayings.digest,
        problems=problems,
    )


def _without_cache(
    content: bytes, name: str, licences: Licences, today: date
) -> tuple[Mapping[str, Any], tuple[Problem, ...]]:
    try:
        return _checked(content, name, licences, today), ()
    except _Broken as broken:
        return broken.said, broken.problems


def _checked(content: bytes, name: str, licences: Licences, today: date) -> Any:
    """The sayings as plain data.

    Raises:
        _Broken: Something is wrong; the sayings that are right are in it.
        InvalidInput: It is no YAML.
    """
    from maquette.catalog.entry_problems import check
    from maquette.catalog.hardware import accelerators_from_entries, hosts_from_entries
    from maquette.catalog.sayings import sayings

    if len(content) > _MOST_BYTES:
        raise InvalidInput(
            f"the file has {len(content):,} bytes, which is no catalog file's size",
            place=Place(file=name),
            fix="Keep catalog files below 8 MB.",
        )
    text = parse_yaml(content, name)
    checked = check(text.data, today=today)
    problems: list[Problem] = [repeated_problem(twice, name) for twice in text.repeated]
    for mistake in checked.mistakes:
        place = Place(file=name, line=text.line_of(mistake.keys), field=".".join(map(str, mistake.keys)) or None)
        problems.append(InvalidInput(mistake.what, place=place, fix=mistake.fix))
    file = checked.file
    said = _Sayings(models={})
    if file is not None:
        source = file.source or name
        said = _Sayings(
            models=sayings(file, licences()),
            gpus=accelerators_from_entries(file.gpus or (), source, file.as_of),
            hosts=hosts_from_entries(file.hosts or (), source, file.as_of),
        )
    data = _with_digest(plain(said))
    if problems:
        raise _Broken(data, sorted(problems, key=lambda problem: problem.place.line or 0))
    return data


def _with_digest(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """With the digest of what is said; a file that says nothing has none."""
    return {**said, "digest": fingerprint(said) if any(said.values()) else ""}


def claims_layer(path: Path, load: Callable[[], Mapping[str, tuple[QualityClaim, ...]]]) -> CatalogLayer:
    """The published scores that ship, as a layer.

    Args:
        path: Their file.
        load: Reads and checks them; called only when the file is another than before.
    """

    def make(_: bytes) -> Any:
        models = {name: ModelSaying(source=claims[0].source, claims=claims) for name, claims in load().items()}
        return _with_digest(plain(_Sayings(models=models)))

    said = from_plain(_Sayings, remembered(_CACHE, path.read_bytes(), make, version=_code_version()))
    return CatalogLayer(
        level=Level.SHIPPED, file=f"catalog/claims/{path.name}", path=path, models=said.models, digest=said.digest
    )


@cache
def _code_version() -> str:
    """Changes with the code and the licences that decide what a file says: an update reads nothing kept before it."""
    import maquette.catalog as stage

    folders = (Path(stage.__file__ or ".").parent, shipped("catalog", "licences"))
    return fingerprint([stamp for folder in folders for stamp in sorted(_stamps(folder))])


def _stamps(folder: Path) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as found:
        for one in found:
            if one.is_file():
                yield one.name, one.stat().st_mtime_ns, one.stat().st_size


def open_model_layers(licences: Licences) -> tuple[CatalogLayer, ...]:
    """The files of open models that ship, by name."""
    return tuple(
        read_layer(path, level=Level.SHIPPED, name=f"catalog/models/{path.name}", licences=licences, today=date.max)
        for path in sorted(shipped("catalog", "models").glob("*.yaml"))
    )
