"""Which sections the documents have and what feeds each, from ``templates/docs/sections.toml``; the lints read it.

A feed is a fact (``latency.p95_ms``), all facts of a kind (``scale.*``), or a stage's value of `feeds.feed_values`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One section of a document.

    Attributes:
        file: The document's path in the bundle; ``docs/adr/*.md`` for all records.
        title: The text of its heading, ``*`` for any; empty for what stands above the first one.
    """

    file: str
    title: str
    feeds: tuple[str, ...]

    def fed_by(self, feed: str) -> bool:
        """Whether ``feed`` is one of its own, by name or by kind."""
        return any(fnmatchcase(feed, pattern) for pattern in self.feeds)


def sections_from_data(data: Mapping[str, Mapping[str, Sequence[str]]]) -> tuple[Section, ...]:
    """The declared sections: file to title to feeds."""
    return tuple(
        Section(file=file, title="" if title == "top" else title, feeds=tuple(feeds))
        for file, titles in data.items()
        for title, feeds in titles.items()
    )


def section_of(sections: Sequence[Section], path: str, title: str) -> Section | None:
    """The declaration of that section of that file; None when nobody declared it."""
    return next((one for one in sections if fnmatchcase(title, one.title) and fnmatchcase(path, one.file)), None)


def split(text: str) -> Iterator[tuple[str, str]]:
    """Title and text of each section of a document, the part above the first heading under an empty title."""
    blanked = _FENCE.sub(lambda block: re.sub(r"[^\n]", " ", block.group()), text)
    starts = [(mark.start(), mark.group(1).strip()) for mark in _HEADING.finditer(blanked)]
    yield "", text[: starts[0][0] if starts else len(text)]
    for place, (start, title) in enumerate(starts):
        end = starts[place + 1][0] if place + 1 < len(starts) else len(text)
        yield title, text[start:end]
