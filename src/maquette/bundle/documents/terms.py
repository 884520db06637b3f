"""Acronyms: the first one of each kind in a document is followed by what it stands for. The glossary is data."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from maquette.bundle.plan import FileSpec

_NOT_PROSE = re.compile(
    r"\A---\n.*?^---$|^```.*?^```|^#.*?$|`[^`\n]*`|\]\([^)\n]*\)|<[^>\n]+>|\[[^\]\n]*\]|^\|[-|:]+\|$",
    re.MULTILINE | re.DOTALL,
)
"""Front matter, code, headings, links, tags and the lines of a table's frame: nothing is explained there."""


def explain_terms(files: Iterable[FileSpec], glossary: Mapping[str, str]) -> tuple[FileSpec, ...]:
    """Every document with the first use of each term explained in brackets behind it, and one line break at its end."""
    return tuple(
        replace(spec, content=explained(_tidy(spec.content), glossary)) if _is_document(spec) else spec
        for spec in files
    )


def _tidy(text: str) -> str:
    """Never two blank lines after one another, one line break at the end: what a section left out leaves behind."""
    return re.sub(r"\n{3,}", "\n\n", text).rstrip("\n") + "\n"


def _is_document(spec: FileSpec) -> bool:
    return spec.path.startswith("docs/") and spec.path.endswith(".md")


def explained(text: str, glossary: Mapping[str, str]) -> str:
    """One document; a term that the text already explains in brackets stays as it is."""
    plain = prose(text)
    for term, meaning in glossary.items():
        place = _first_use(plain, term)
        if place is not None and not text[place:].startswith(" ("):
            text = f"{text[:place]} ({meaning}){text[place:]}"
            plain = prose(text)
    return text


def unexplained(text: str, glossary: Mapping[str, str]) -> list[str]:
    """The terms of the glossary whose first use in the document is not explained."""
    plain = prose(text)
    return [
        term
        for term in glossary
        if (place := _first_use(plain, term)) is not None and not text[place:].startswith(" (")
    ]


def prose(text: str) -> str:
    """The text with everything that is no prose blanked, so that positions stay."""
    return _NOT_PROSE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def _first_use(plain: str, term: str) -> int | None:
    """Where the first use in the prose ends; None when the document does not use it."""
    if term not in plain:
        return None
    found = re.search(rf"(?<![\w./-]){re.escape(term)}(?![\w/]|-\d|\.\w)", plain)
    return found.end() if found else None
