"""Every number of a Markdown document, and what it carries as evidence.

A number is a run of digits in the text of a paragraph, a list item or a table's cell. It carries evidence by one of:

- a link or mark in its cell or sentence, or in another cell of its row: the mark behind a figure, a page, a clause;
- an anchor in its row: the place that other documents' links lead to;
- a mark in the heading of its column: all figures below come from that one computation;
- a source named beside it in words: "measured: ...", or a rule, a run or a fact by the id that the bundle has it by;
- the same number, of three characters or more, with such evidence elsewhere in the document: a sentence repeats it.

No number in that sense: dates, names with digits in them (``gpt-6-luna``, ``R-OBS-02``, ``P95``), code, headings, the
words that replace a picture, the month or tier that heads a row, version numbers behind the word version, a step of the
same page. In a runbook code is also what a command prints of itself: an HTTP status, the zero of a count of failures,
the time that an alert waits. What is usual or allowed in this system is a number there as everywhere.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from markdown_it.token import Token

from tests.document_lints import tokens

_NUMBER = re.compile(r"(?<![\w.,/#])[$€]?\d[\d,]*(?:\.\d+)?")
_NAME = re.compile(
    r"\d{4}-\d\d-\d\d"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{4}"
    r"|\b[A-Za-z][\w.@+]*(?:[-:/][\w.@:+]+)*[-:/]\d[\w.:-]*"
    r"|\bversion \d+|\bstep \d+|(?<=, for )\d+[smhd]\b"
)
_SOURCE = re.compile(r"\b(?:measured|claimed|estimated|required|assumed|published): \S")
_ID = re.compile(r"\bR-[A-Z]+-\d+\b|\b(?:run )(r-\d+)\b|\b[a-z]+\.[a-z_0-9]+\b")
_COUNTED_BY = frozenset({"Month", "Tier"})
_TELLING = 3
"""Characters of a number that is not the same as another one by chance."""


@dataclass(frozen=True, kw_only=True)
class Bare:
    """A number without evidence: the section it stands in, and the text around it."""

    section: str
    number: str
    text: str


@dataclass(kw_only=True)
class _Place:
    """A paragraph, or a cell with its row."""

    section: str
    text: str
    around: str
    evident: bool
    counted: bool = False


@dataclass(kw_only=True)
class _Reader:
    known: Collection[str]
    section: str = ""
    heads: list[str] = field(default_factory=list)
    marked: list[bool] = field(default_factory=list)

    def places(self, blocks: list[Token]) -> Iterator[_Place]:
        """Every text that may hold a number."""
        row: list[Token] = []
        inside = False
        for token, following in zip(blocks, [*blocks[1:], None], strict=True):
            match token.type:
                case "heading_open" if following is not None:
                    self.section = _text(following)
                case "table_open" | "table_close":
                    inside, self.heads = token.type == "table_open", []
                case "tr_open":
                    row = []
                case "th_open" | "td_open" if following is not None:
                    row.append(following)
                case "tr_close" if not self.heads:
                    self.heads, self.marked = [_text(one) or " " for one in row], [_linked(one) for one in row]
                case "tr_close":
                    yield from self._row(row)
                case "paragraph_open" if following is not None and not inside:
                    text = _text(following)
                    yield _Place(section=self.section, text=text, around=text, evident=self._evident([following]))

    def _row(self, row: list[Token]) -> Iterator[_Place]:
        around = " | ".join(map(_text, row))
        evident = self._evident(row)
        for at, cell in enumerate(row):
            counted = at == 0 and self.heads[0] in _COUNTED_BY
            yield _Place(
                section=self.section, text=_text(cell), around=around, counted=counted,
                evident=evident or self.marked[at],
            )  # fmt: skip

    def _evident(self, inlines: list[Token]) -> bool:
        words = " ".join(one.content for one in inlines)
        named = (found[1] or found[0] for found in _ID.finditer(words))
        return any(map(_linked, inlines)) or bool(_SOURCE.search(words)) or any(one in self.known for one in named)


def bare_numbers(text: str, known: Collection[str]) -> list[Bare]:
    """The numbers of a document that carry no evidence; ``known`` are the bundle's facts, rules and runs."""
    places = list(_Reader(known=known).places(tokens(text)))
    told = {number for place in places if place.evident for number in numbers(place.text) if len(number) >= _TELLING}
    return [
        Bare(section=place.section, number=number, text=place.around)
        for place in places
        if not place.evident and not place.counted
        for number in numbers(place.text)
        if number not in told
    ]


def known_names(texts: Mapping[str, str]) -> frozenset[str]:
    """The facts, rules and runs that have a place in a bundle."""
    homes = ("docs/01-requirements.md", "docs/04-evaluation-plan.md", "docs/19-traceability.md")
    return frozenset(
        name for home in homes for name in re.findall(r'<a id="(?:fact|rule|run)-[^"]+"></a>([\w.-]+)', texts[home])
    )


def numbers(text: str) -> list[str]:
    """The numbers of a text, without names and dates."""
    return [found[0].rstrip(",.") for found in _NUMBER.finditer(_NAME.sub(lambda name: "_" * len(name[0]), text))]


def _linked(inline: Token) -> bool:
    return any(
        child.type == "link_open" or (child.type == "html_inline" and " id=" in child.content)
        for child in inline.children or ()
    )


def _text(inline: Token) -> str:
    """The words outside links, pictures and code."""
    found, depth = list[str](), 0
    for child in inline.children or ():
        depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        if child.type in {"text", "softbreak"} and not depth:
            found.append(child.content or " ")
    return "".join(found).strip()
