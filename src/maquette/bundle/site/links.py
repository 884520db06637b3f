"""Where a link of a document leads once all documents are one: a place inside, a file beside, the web, or nowhere."""

import posixpath
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from maquette.bundle.documents.evidence_links import MARKS
from maquette.bundle.site.model import SITE_PATH

KINDS: Mapping[str, str] = {mark: kind for kind, mark in MARKS.items()}
"""The mark behind a number to the kind of its source."""

MEANINGS: Mapping[str, str] = {
    "measured": "measured here",
    "claimed": "claimed by somebody else",
    "estimated": "estimated by a formula",
    "required": "required by an answer",
    "assumed": "assumed, because nobody answered",
}

_WEB = frozenset({"http", "https", "mailto"})
_NOT_IN_SLUG = re.compile(r"[^\w\- ]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class Leads(StrEnum):
    """The kinds of places."""

    INSIDE = "inside"
    BESIDE = "beside"
    WEB = "web"
    NOWHERE = "nowhere"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where a link leads: ``to`` is an id inside, a path from the page's folder, or an address."""

    leads: Leads
    to: str = ""


NOWHERE = Target(leads=Leads.NOWHERE)


def target_of(href: str, *, path: str, routes: Mapping[str, str]) -> Target:
    """The place that ``href`` in the document at ``path`` means; a scheme other than the web's leads nowhere."""
    if _SCHEME.match(href):
        return Target(leads=Leads.WEB, to=href) if urlsplit(href).scheme.lower() in _WEB else NOWHERE
    page, _, anchor = href.partition("#")
    if page.startswith(("/", "\\")) or "?" in page:
        return NOWHERE
    there = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(page))) if page else path
    if there.startswith(".."):
        return NOWHERE
    if there in routes:
        return Target(leads=Leads.INSIDE, to=inner_id(routes[there], unquote(anchor)))
    return Target(leads=Leads.BESIDE, to=posixpath.relpath(there, posixpath.dirname(SITE_PATH)))


def inner_id(document: str, name: str) -> str:
    """The id of an anchor or heading inside the document of that id; the document's own where it has no name."""
    return f"{document}--{name}" if name else document


def heading_slug(text: str) -> str:
    """The anchor of a heading as GitHub makes it: lower case, hyphens for blanks, no punctuation."""
    lowered = unicodedata.normalize("NFC", text).strip().lower()
    return _NOT_IN_SLUG.sub("", lowered).replace(" ", "-") or "section"


def short_title(title: str, project: str) -> str:
    """A document's title without the project's name at its end."""
    for ending in (f" of {project}", f" for {project}", f" ({project})", f": {project}"):
        if title.endswith(ending) and title != ending:
            return title.removesuffix(ending).strip()
    return title
