"""Who brings templates: Maquette itself and plug-ins through one group of entry points, and the project's own folder.

A plug-in adds artifacts. A project adds artifacts too, and may replace single files of the others by files of the same
name. Every file knows who brought it. Templates are read as text and never imported.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from maquette.adapters.templates.folders import DECLARATION, read_declaration
from maquette.bundle.templates import Artifact, TemplateSet
from maquette.foundation.lineage import digest
from maquette.foundation.problems import InvalidInput, Place, Unavailable
from maquette.foundation.shipped import shipped

GROUP = "maquette.templates"
OWN = "maquette"
PROJECT = "project"
PROJECT_FOLDER = "templates"
"""The folder of a project that is looked into when ``export.templates`` names none."""

_MOST_FILES, _MOST_BYTES = 300, 256 * 1024
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateSource:
    """One who brings templates.

    Attributes:
        folder: Holds a folder for each artifact.
        shown: The folder as the user knows it, for messages.
    """

    name: str
    version: str
    folder: Path
    shown: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}" if self.version else self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadedTemplates:
    """Templates of several sources as one set.

    Attributes:
        texts: Template name to text.
        shown: Template name to its file as the user knows it.
        trusted: Whether all of it is Maquette's own.
    """

    templates: TemplateSet
    texts: Mapping[str, str] = field(repr=False)
    shown: Mapping[str, str] = field(repr=False)
    trusted: bool


def shipped_templates() -> Path:
    """The folder of Maquette's own templates: what its entry point names."""
    return shipped("templates")


def installed_sources(version: str) -> tuple[TemplateSource, ...]:
    """Maquette's own templates first, then those of plug-ins by name.

    Raises:
        Unavailable: A plug-in cannot be imported, or names no folder.
    """
    found = [_own(version)]
    points = {point.name: point for point in entry_points(group=GROUP) if point.name != OWN}
    found += [_plugged(point) for _, point in sorted(points.items())]
    return tuple(found)


def project_source(project: Path, named: str | None) -> TemplateSource | None:
    """The project's own templates: in the folder that maquette.yaml names, or in ``templates`` where that is there.

    Raises:
        InvalidInput: The named folder is not in the project.
        NotFound: It is not there.
    """
    folder = project / (named or PROJECT_FOLDER)
    place = Place(file="maquette.yaml", field="export.templates")
    if not folder.resolve().is_relative_to(project.resolve()):
        if named is None:
            return None
        raise InvalidInput(f"{named!r} leads out of the project", place=place, fix="Name a folder of the project.")
    if not folder.is_dir():
        if named is None:
            return None
        raise InvalidInput(f"there is no folder {named!r}", place=place, fix="Make it, or remove the setting.")
    return TemplateSource(name=PROJECT, version="", folder=folder, shown=named or PROJECT_FOLDER)


def load_sources(sources: Sequence[TemplateSource]) -> LoadedTemplates:
    """All templates of the sources, later ones over earlier ones.

    Raises:
        InvalidInput: A declaration is wrong, two sources bring one artifact, a plug-in replaces a file of another, or
            a file is a link out of its folder, too large or no text.
    """
    artifacts: dict[str, Artifact] = {}
    texts: dict[str, str] = {}
    shown: dict[str, str] = {}
    brought: dict[str, TemplateSource] = {}
    trusted = True
    for source in sources:
        for name, content in _files(source, set(artifacts)):
            place = Place(file=f"{source.shown}/{name}")
            if name in brought and source.name != PROJECT:
                raise _twice(place, name, brought[name])
            if name in brought and name.endswith(f"/{DECLARATION}"):
                raise _twice(place, name.partition("/")[0], brought[name])
            trusted = trusted and source.name == OWN
            brought[name], texts[name], shown[name] = source, content, f"{source.shown}/{name}"
            if name.endswith(f"/{DECLARATION}"):
                artifact = read_declaration(name.partition("/")[0], content, file=f"{source.shown}/{name}")
                artifacts[artifact.name] = artifact
    _refuse_missing(artifacts, texts, shown)
    return LoadedTemplates(
        templates=TemplateSet(
            artifacts=tuple(artifacts[name] for name in sorted(artifacts)),
            digests={name: digest(text.encode()) for name, text in sorted(texts.items())},
            sources={name: str(source) for name, source in brought.items()},
        ),
        texts={name: text for name, text in texts.items() if name.endswith(".j2")},
        shown=shown,
        trusted=trusted,
    )


def _own(version: str) -> TemplateSource:
    return TemplateSource(name=OWN, version=version, folder=shipped_templates(), shown="templates")


def _plugged(point: EntryPoint) -> TemplateSource:
    place = Place(field=f"{GROUP}.{point.name}")
    try:
        folder = Path(point.load()()).resolve(strict=True)
    except Exception as error:  # a stranger's code may raise anything
        raise Unavailable(
            f"the templates of the plug-in {point.name!r} cannot be reached: {error}",
            place=place,
            fix="Install that plug-in again, or take it out.",
        ) from error
    version = point.dist.version if point.dist else ""
    return TemplateSource(name=point.name, version=version, folder=folder, shown=f"{point.name}/templates")


def _files(source: TemplateSource, known: set[str]) -> Iterator[tuple[str, str]]:
    """Name and text of each file of the source's artifacts; other folders are not ours to look at."""
    root = source.folder.resolve()
    count = 0
    for folder in sorted(source.folder.iterdir()):
        if not folder.is_dir() or not ((folder / DECLARATION).exists() or folder.name in known):
            continue
        for file in sorted([*folder.glob(DECLARATION), *folder.rglob("*.j2")]):
            name = file.relative_to(source.folder).as_posix()
            place = Place(file=f"{source.shown}/{name}")
            count += 1
            if source.name != OWN:
                _refuse_strange(file, name, root, place, count)
            yield name, _text(file, place)


def _refuse_strange(file: Path, name: str, root: Path, place: Place, count: int) -> None:
    why = None
    if not file.resolve().is_relative_to(root):
        why = "it is a link out of its folder"
    elif not file.is_file():
        why = "it is no file"
    elif not all(_NAME.fullmatch(part) for part in name.split("/")):
        why = "its name has other signs than letters, digits, points, hyphens and underscores"
    elif file.stat().st_size > _MOST_BYTES:
        why = f"it is larger than {_MOST_BYTES // 1024} KiB"
    elif count > _MOST_FILES:
        why = f"there are more than {_MOST_FILES} files"
    if why is not None:
        raise InvalidInput(f"this template is not read: {why}", place=place, fix="Correct it or take it away.")


def _text(file: Path, place: Place) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput("this is no text in UTF-8", place=place, fix="Save it as UTF-8.") from error
    except OSError as error:
        raise Unavailable(f"cannot be read: {error.strerror}", place=place, fix="Correct its permissions.") from error


def _refuse_missing(artifacts: Mapping[str, Artifact], texts: Mapping[str, str], shown: Mapping[str, str]) -> None:
    for artifact in artifacts.values():
        for output in artifact.outputs:
            if output.template not in texts:
                place = Place(file=shown[f"{artifact.name}/{DECLARATION}"])
                raise InvalidInput(f"{output.template} is not there", place=place, fix="Add it or remove its output.")


def _twice(place: Place, name: str, first: TemplateSource) -> InvalidInput:
    return InvalidInput(
        f"{first} already brings {name!r}",
        place=place,
        fix="Choose another name; a project replaces single templates, never a declaration.",
    )
