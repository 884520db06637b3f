"""From a number in a document to its evidence: the marks that templates print become links to where the source stands.

A source with a place of its own in the bundle (an answer, a run, a line of the bill, a rule) is linked there; every
other one, such as a formula, stands in the register of `REGISTER_FILE`. Marks are written by the filter ``sourced``.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import unquote

from maquette.bundle.plan import FileSpec
from maquette.bundle.safe_text import file_slug
from maquette.foundation.lineage import digest

REGISTER_FILE = "docs/19-traceability.md"
MARKS: Mapping[str, str] = {"measured": "ᵐ", "claimed": "ᶜ", "estimated": "ᵉ", "required": "ʳ", "assumed": "ᵃ"}
"""Kind of a source to the mark behind the number; the bundle's README explains them."""

_MARK = re.compile(r"\]\(source:([a-z]+)/([^/)\s]+)/([^/)\s]*)\)")
"""Kind, source and text of a figure, each quoted, as the filter ``sourced`` writes them."""
_GAP = re.compile(r",?\s+|,")
_ANCHOR = re.compile(r'<a id="([a-z0-9-]+)"></a>')
_HOMES: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), path, prefix)
    for pattern, path, prefix in (
        (r"(?:answer|default of|stated design fact) (\S+)$", "docs/01-requirements.md", "fact"),
        (r"(derived\.\w+) = ", "docs/01-requirements.md", "fact"),
        (r"run (.+)$", "docs/04-evaluation-plan.md", "run"),
        (r"cost of (.+)$", "docs/06-cost-model.md", "option"),
        (r"rule ([A-Z][\w-]+)$", REGISTER_FILE, "rule"),
    )
)
"""What a source's words begin with, the file in which it stands, and what its anchor there begins with."""


def anchor_of(prefix: str, name: str) -> str:
    """The anchor of a thing of that name: ``fact-latency-p95-ms``."""
    return f"{prefix}-{file_slug(name)}"


def link_evidence(files: Iterable[FileSpec]) -> tuple[FileSpec, ...]:
    """The files with every mark turned into a relative link, to the source's own place or to the register."""
    made = tuple(files)
    anchors = _anchors(made)
    return tuple(_linked(spec, anchors) for spec in made)


def _linked(spec: FileSpec, anchors: frozenset[tuple[str, str]]) -> FileSpec:
    return replace(spec, content=_MARK.sub(lambda mark: _link(spec.path, mark, anchors), spec.content))


def source_register(files: Iterable[FileSpec]) -> list[dict[str, object]]:
    """The sources without a place of their own: key of the anchor, kind, words, and the numbers that rest on each."""
    made = tuple(files)
    anchors = _anchors(made)
    found: dict[tuple[str, str], dict[str, set[str]]] = {}
    for spec in made:
        for mark in _MARK.finditer(spec.content):
            kind, ref, text = (unquote(part) for part in mark.groups())
            if _home(ref, anchors) is None:
                found.setdefault((ref, kind), {}).setdefault(text, set()).add(spec.path)
    return [
        {"key": _key(kind, ref), "kind": kind, "ref": ref, "numbers": _numbers(texts)}
        for (ref, kind), texts in sorted(found.items())
    ]


def _numbers(texts: Mapping[str, set[str]]) -> list[dict[str, object]]:
    return [{"text": text, "files": [_page(path) for path in sorted(paths)]} for text, paths in sorted(texts.items())]


def _anchors(files: Iterable[FileSpec]) -> frozenset[tuple[str, str]]:
    return frozenset((spec.path, anchor) for spec in files for anchor in _ANCHOR.findall(spec.content))


def _home(ref: str, anchors: frozenset[tuple[str, str]]) -> tuple[str, str] | None:
    """Path and anchor of the source's own place; None where the bundle has none."""
    for pattern, path, prefix in _HOMES:
        if found := pattern.match(ref):
            homes = ((path, anchor_of(prefix, name)) for name in _beginnings(found.group(1)))
            return next((home for home in homes if home in anchors), None)
    return None


def _beginnings(words: str) -> Iterator[str]:
    """The whole, then less and less of it: a name may have spaces, and more may be said behind it."""
    yield words
    for gap in reversed(list(_GAP.finditer(words))):
        yield words[: gap.start()]


def _key(kind: str, ref: str) -> str:
    return digest(f"{kind}: {ref}".encode())[:10]


def _page(path: str) -> dict[str, str]:
    here = posixpath.dirname(REGISTER_FILE)
    return {"name": posixpath.basename(path), "link": posixpath.relpath(path, here)}


def _link(path: str, mark: re.Match[str], anchors: frozenset[tuple[str, str]]) -> str:
    ref = unquote(mark.group(2))
    home, anchor = _home(ref, anchors) or (REGISTER_FILE, anchor_of("source", _key(mark.group(1), ref)))
    page = "" if home == path else posixpath.relpath(home, posixpath.dirname(path) or ".")
    return f"]({page}#{anchor})"
