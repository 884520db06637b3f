"""The page from its template: documents, navigation, index of the search, drawings; one file that loads nothing.

The policy in the page allows its own style and script by their hashes, and nothing else.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from markupsafe import Markup

from maquette.adapters.markdown_documents.html import Article, Heading, article_of, drawing_mark
from maquette.bundle.documents.evidence_links import MARKS
from maquette.bundle.site.drawings import bare, page_style
from maquette.bundle.site.links import MEANINGS, short_title
from maquette.bundle.site.model import Document, Drawing, Site
from maquette.bundle.site.search import script_json, search_index
from maquette.evals.reporting.visible import visible
from maquette.foundation.shipped import shipped

if TYPE_CHECKING:
    from jinja2 import Template

_NAV_LEVEL = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shown:
    """A document in the page."""

    document: Document
    label: str
    headings: tuple[Heading, ...]
    html: Markup


def make_page(site: Site) -> str:
    """The page; equal sites give equal bytes."""
    articles = [article_of(document, site.routes) for document in site.documents]
    shown = list(_shown(site, articles))
    rest = _undrawn(site, articles)
    style = _asset("site.css") + page_style(site.drawings)
    script = _asset("site.js")
    parts = [part for article in articles for part in article.parts]
    return _template().render(
        cover=site.cover,
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704  # ships with the program
        script=Markup(script),  # noqa: S704  # ships with the program
        groups=_groups(shown),
        shown=shown,
        drawings=[(drawing, _figure(drawing)) for drawing in rest],
        legend=_legend(articles),
        index=Markup(search_index(parts)),  # noqa: S704  # holds neither a tag nor an entity
        about=Markup(script_json([[part.id, visible(part.heading)] for part in parts])),  # noqa: S704  # the same
    )


def _shown(site: Site, articles: Sequence[Article]) -> Iterator[_Shown]:
    """Every document with its drawings in it; a link to what is not there leads to the document that should have it."""
    known = {identity for _, identity in site.routes}.union(*(article.ids for article in articles))
    drawings = {drawing.id: drawing for drawing in site.drawings}
    for document, article in zip(site.documents, articles, strict=True):
        html = article.html
        for lost in sorted(article.targets - known):
            html = html.replace(f'href="#{lost}"', f'href="#{lost.partition("--")[0]}"')
        yield _Shown(
            document=document,
            label=_label(document, article.title, site.cover.name),
            headings=tuple(one for one in article.headings if one.level == _NAV_LEVEL),
            html=Markup(_drawn(html, drawings)),  # noqa: S704  # its writer escaped every text
        )


def _label(document: Document, title: str, project: str) -> str:
    label = short_title(title, project)
    return document.path.rpartition("/")[2].removesuffix(".md") if label == project else label


def _drawn(html: str, drawings: dict[str, Drawing]) -> str:
    """The drawings in their places; each stands once in the page, where it comes first."""
    for identity in [one for one in drawings if drawing_mark(one) in html]:
        html = html.replace(drawing_mark(identity), _figure(drawings.pop(identity)), 1)
    return re.sub("\0[^\0]*\0", "", html)


def _figure(drawing: Drawing) -> Markup:
    svg = Markup(bare(drawing))  # noqa: S704  # drawn by this program, which escaped the texts
    return Markup('<figure class="drawing" id="{}">{}</figure>').format(drawing.id, svg)


def _undrawn(site: Site, articles: Sequence[Article]) -> list[Drawing]:
    """The drawings that no document shows."""
    text = "".join(article.html for article in articles)
    return [drawing for drawing in site.drawings if drawing_mark(drawing.id) not in text]


def _groups(shown: Iterable[_Shown]) -> list[tuple[str, list[_Shown]]]:
    groups: dict[str, list[_Shown]] = {}
    for one in shown:
        groups.setdefault(one.document.group, []).append(one)
    return list(groups.items())


def _legend(articles: Iterable[Article]) -> list[tuple[str, str, str, int]]:
    """Kind, mark, meaning, and how many numbers of it there are."""
    made = list(articles)
    return [
        (kind, mark, MEANINGS[kind], sum(article.kinds.get(kind, 0) for article in made))
        for kind, mark in MARKS.items()
    ]


def _policy(style: str, script: str) -> str:
    allowed = (("style", style), ("script", script))
    hashes = [f"{kind}-src 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for kind, text in allowed]
    return "; ".join(("default-src 'none'", *hashes, "base-uri 'none'", "form-action 'none'"))


@cache
def _asset(name: str) -> str:
    return shipped("templates", "site", name).read_text("utf-8")


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(shipped("templates", "site")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    return environment.get_template("site.html.j2")


def _finalized(value: object) -> object:
    """Whatever the template prints of others' text is made visible."""
    return visible(value, chars=len(value)) if isinstance(value, str) and not isinstance(value, Markup) else value
