"""The documents of a bundle in reading order, what stands on their cover, and the protocol of what makes the page."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from maquette.bundle.charts.making import FOLDER as CHARTS
from maquette.bundle.diagrams.drawing import FOLDER as DIAGRAMS
from maquette.bundle.inputs import BundleInputs
from maquette.bundle.plan import FileSpec
from maquette.bundle.project_text import project_view
from maquette.bundle.safe_text import file_slug

SITE_PATH = "site/index.html"
SITE_ABOUT = "All documents and drawings as one page with search, for a browser; it needs no network."
DRAFT = "DRAFT"
ACCEPTED = "accepted"

_DRAWN = (f"{DIAGRAMS}/", f"{CHARTS}/")

_GROUPS = (
    ("Overview", re.compile(r"README\.md")),
    ("Documents", re.compile(r"docs/[^/]+\.md")),
    ("Decisions", re.compile(r"docs/adr/[^/]+\.md")),
    ("Runbooks", re.compile(r"runbooks/[^/]+\.md")),
    ("More", re.compile(r".+\.md")),
)
"""Name of a group and the paths of its documents; the first that fits a path is its group."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cover:
    """What a reader sees first.

    Attributes:
        status: DRAFT or accepted.
        because: Why it is a draft; empty where it is none.
        prices_as_of: The date of the prices, ISO 8601; None when nothing was priced.
    """

    name: str
    status: str
    because: str
    prices_as_of: str | None
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One Markdown document.

    Attributes:
        path: In the bundle.
        id: Unique among documents and pictures; begins the ids of everything inside.
        group: The heading that it stands under in a list of documents.
    """

    path: str
    id: str
    group: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """One SVG picture that Maquette drew."""

    path: str
    id: str
    svg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """Everything that the page and the book are made of, in reading order."""

    cover: Cover
    documents: tuple[Document, ...]
    drawings: tuple[Drawing, ...]

    @property
    def routes(self) -> tuple[tuple[str, str], ...]:
        """Path to id of each document and drawing."""
        documents = tuple((document.path, document.id) for document in self.documents)
        return documents + tuple((drawing.path, drawing.id) for drawing in self.drawings)


class SiteMaker(Protocol):
    """Makes the page; equal sites give equal text."""

    def __call__(self, site: Site) -> str:
        """One HTML file that loads nothing."""


def site_entries(site: SiteMaker | None) -> list[tuple[FileSpec, str]]:
    """The page for a table of contents, before there is one; none where nobody makes it."""
    return [] if site is None else [(FileSpec(path=SITE_PATH, content="", template=""), SITE_ABOUT)]


def site_files(inputs: BundleInputs, files: Iterable[FileSpec], site: SiteMaker | None) -> list[FileSpec]:
    """The page over the rendered ``files``, as a file beside them; none where nobody makes it."""
    if site is None:
        return []
    return [FileSpec(path=SITE_PATH, content=site(site_of(inputs, files)), template="")]


def site_of(inputs: BundleInputs, files: Iterable[FileSpec]) -> Site:
    """The site over the rendered ``files``; everything but Markdown and Maquette's own drawings is left out."""
    made = sorted(files, key=lambda spec: spec.path)
    drawn = [spec for spec in made if spec.path.startswith(_DRAWN) and spec.path.endswith(".svg")]
    texts = [(group, spec) for group, spec in _grouped(made)]
    ids = _ids([spec.path for _, spec in texts] + [spec.path for spec in drawn])
    return Site(
        cover=_cover(inputs),
        documents=tuple(
            Document(path=spec.path, id=ids[spec.path], group=group, text=spec.content) for group, spec in texts
        ),
        drawings=tuple(
            Drawing(path=spec.path, id=ids[spec.path], svg=spec.content) for spec in drawn if not spec.template
        ),
    )


def _grouped(files: Iterable[FileSpec]) -> Iterator[tuple[str, FileSpec]]:
    left = {spec.path: spec for spec in files}
    for group, pattern in _GROUPS:
        for path in [path for path in left if pattern.fullmatch(path)]:
            yield group, left.pop(path)


def _ids(paths: Iterable[str]) -> Mapping[str, str]:
    """A slug for each path; a number behind it where two are alike."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for path in paths:
        slug = wanted = file_slug(path.removesuffix(".md").removesuffix(".svg"))
        number = 1
        while slug in taken:
            number += 1
            slug = f"{wanted}-{number}"
        taken.add(slug)
        found[path] = slug
    return found


def _cover(inputs: BundleInputs) -> Cover:
    project = project_view(inputs)
    return Cover(
        name=project["name"],
        status=DRAFT if project["draft"] else ACCEPTED,
        because=project["draft_because"] if project["draft"] else "",
        prices_as_of=inputs.projection.prices_as_of if inputs.projection else None,
        version=inputs.maquette_version,
    )
