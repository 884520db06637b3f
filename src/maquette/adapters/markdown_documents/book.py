"""The documents as one Typst source: every text is a string literal, so that no sign in it can be markup or code."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from maquette.adapters.markdown_documents.parsing import (
    Parsed,
    kind_of_mark,
    numeric_columns,
    parse,
    plain_text,
    table_rows,
    word_pieces,
)
from maquette.bundle.documents.evidence_links import MARKS
from maquette.bundle.site.drawings import light
from maquette.bundle.site.links import MEANINGS, Leads, Target, heading_slug, inner_id, target_of
from maquette.bundle.site.model import DRAFT, Cover, Document, Site
from maquette.evals.reporting.visible import visible
from maquette.foundation.shipped import shipped

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

_TEXT_CHARS = 1_000_000
_LINE_CHARS = 116
"""Characters of the table's type on a line of the page; the columns share them."""
_WIDEST = 160
_WORD_CHARS = 60
_CODE_CHARS = 48
_LISTING_CHARS = 84
_NARROW_CHARS = 78
"""A table that needs no more is no wider than it must be."""
_GLUE = 2
_LONGEST_WORD = 22
_KEPT_WORD = 15
_BREAK = "\u200b"
_LISTED_GROUPS = frozenset({"Overview", "Documents"})
"""Whose chapters stand in the table of contents with their sections; the others have the same ones each."""


def make_book(site: Site) -> str:
    """The Typst source of the whole book; equal sites give equal text."""
    parsed = [(document, parse(document.text)) for document in site.documents]
    drawn = {drawing.id: light(drawing) for drawing in site.drawings}
    labels = {document.id for document in site.documents} | set(drawn)
    for document, one in parsed:
        labels |= set(_anchors(document, one))
    routes = dict(site.routes)
    known, pictures = frozenset(labels), frozenset(drawn)
    chapters = [_Writer(document, routes, known, drawn, pictures).chapter(one) for document, one in parsed]
    rest = [_figure(identity, svg) for identity, svg in drawn.items()]
    tail = ["#chapter-break()", "#heading(level: 1, [Drawings])", *rest] if rest else []
    preamble = shipped("templates", "site", "book.typ").read_text("utf-8")
    return "\n".join((preamble, _cover(site.cover), *chapters, *tail)) + "\n"


def literal(text: str) -> str:
    """``text`` as a string literal of Typst."""
    signs = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
    return '"' + "".join(signs.get(sign, sign) for sign in text) + '"'


def told(text: str, longest: int = _LINE_CHARS) -> str:
    """Text of others as a literal: nothing in it is invisible, and a word longer than ``longest`` may break inside."""
    return literal(breakable(visible(text, _TEXT_CHARS), longest))


def breakable(text: str, longest: int) -> str:
    """Words longer than ``longest`` get places to break: behind signs first, else after so many characters."""
    return re.sub(r"\S{4,}", lambda found: _broken(found[0], longest), text)


def _broken(word: str, longest: int) -> str:
    wide = sum(sign.isupper() for sign in word) * 2 > len(word)
    room = max(3, longest * 3 // 5 if wide else longest)
    if len(word) <= room:
        return word
    pieces = word_pieces(word)
    return _BREAK.join(piece[at : at + room] for piece in pieces for at in range(0, len(piece), room))


def _cover(cover: Cover) -> str:
    kinds = ", ".join(f"({literal(kind)}, {literal(MEANINGS[kind])})" for kind in MARKS)
    dated = literal(cover.prices_as_of) if cover.prices_as_of else "none"
    return (
        f"#show: book.with(name: {told(cover.name, 24)}, status: {literal(cover.status)},"
        f" because: {told(cover.because)}, dated: {dated}, version: {literal(cover.version)}, kinds: ({kinds},))"
    )


def _anchors(document: Document, parsed: Parsed) -> list[str]:
    return [inner_id(document.id, node.meta["name"]) for node in parsed.tree.walk() if node.type == "anchor"]


def _figure(identity: str, svg: str) -> str:
    return f"#drawing({literal(svg)})#label({literal(identity)})"


@dataclass(slots=True)
class _Writer:
    document: Document
    routes: Mapping[str, str]
    labels: frozenset[str]
    drawn: dict[str, str]
    pictures: frozenset[str]
    made: set[str] = field(default_factory=set)
    longest: int = _WORD_CHARS

    def chapter(self, parsed: Parsed) -> str:
        """The document from a new page on."""
        chips = ", ".join(told(f"{name}: {value}") for name, value in parsed.chips)
        start = f"#chapter({literal(self.document.path)}, ({chips}{',' if chips else ''}))"
        return f"{start}#label({literal(self.document.id)})\n{self.typst(parsed.tree)}"

    def typst(self, node: "SyntaxTreeNode") -> str:
        """The node with all that is in it."""
        write = _NODES.get(node.type)
        return write(self, node) if write else self.inside(node)

    def inside(self, node: "SyntaxTreeNode") -> str:
        """What is in the node."""
        return "".join(map(self.typst, node.children))

    def heading(self, node: "SyntaxTreeNode") -> str:
        """With a label as GitHub makes it, where no anchor has it."""
        label = inner_id(self.document.id, heading_slug(plain_text(node).strip()))
        mark = ""
        if label not in self.made and label not in self.labels:
            self.made.add(label)
            mark = f"#label({literal(label)})"
        listed = node.tag == "h1" or self.document.group in _LISTED_GROUPS
        return f"#heading(level: {node.tag[1]}, outlined: {str(listed).lower()}, [{self.inside(node)}]){mark}\n"

    def paragraph(self, node: "SyntaxTreeNode") -> str:
        """A draft's first line is a banner; the drawings that a paragraph links to stand behind it."""
        inner = self.inside(node)
        if node.hidden:
            return inner
        inline = node.children[0].children if node.children else []
        start = next((one for one in inline if plain_text(one)), None)
        if start is not None and start.type == "strong" and plain_text(start) == DRAFT:
            return f"#draft[{inner}]\n\n"
        targets = [self._target(one).to for one in node.walk() if one.type in {"link", "image"}]
        figures = [_figure(to, self.drawn.pop(to)) for to in dict.fromkeys(targets) if to in self.drawn]
        words = f"#block(sticky: true)[{inner}]" if figures else f"#par[{inner}]"
        return "".join(f"{part}\n\n" for part in ([words] if inner else []) + figures)

    def anchor(self, node: "SyntaxTreeNode") -> str:
        """A place that links lead to."""
        label = inner_id(self.document.id, node.meta["name"])
        if label in self.made:
            return ""
        self.made.add(label)
        return f"#at({literal(label)});"

    def link(self, node: "SyntaxTreeNode") -> str:
        """To a place in the book or to the web; a file beside the book is only named."""
        target, inner, kind = self._target(node), self.inside(node), kind_of_mark(node)
        if kind is not None:
            inner = f"#mark({literal(kind)});"
        if target.leads is Leads.WEB:
            return f"#link({literal(target.to)}, [{inner}]);"
        if target.leads is Leads.INSIDE:
            known = target.to if target.to in self.labels else target.to.partition("--")[0]
            return f"#link(label({literal(known)}), [{inner}]);"
        return inner

    def _target(self, node: "SyntaxTreeNode") -> Target:
        place = str(node.attrs.get("src" if node.type == "image" else "href", ""))
        return target_of(place, path=self.document.path, routes=self.routes)

    def image(self, node: "SyntaxTreeNode") -> str:
        """Nothing where the drawing itself stands in the book; the words that replace any other picture."""
        target = self._target(node)
        return "" if target.leads is Leads.INSIDE and target.to in self.pictures else self.text(node)

    def text(self, node: "SyntaxTreeNode") -> str:
        """Words."""
        return f"#{told(node.content, self.longest)};"

    def code(self, node: "SyntaxTreeNode") -> str:
        """A code span, which breaks where the words around it would."""
        return f"#code({told(node.content, min(self.longest, _CODE_CHARS))});"

    def fence(self, node: "SyntaxTreeNode") -> str:
        """A block of code; a diagram's source is left out, because its drawing is there."""
        if node.type == "fence" and node.info.strip() == "mermaid":
            return ""
        return f"#listing({told(node.content.rstrip(chr(10)), _LISTING_CHARS)})\n\n"

    def listed(self, node: "SyntaxTreeNode") -> str:
        """A list, numbered or not."""
        items = ", ".join(f"[{self.inside(item)}]" for item in node.children)
        if node.type == "bullet_list":
            return f"#list({items})\n\n"
        return f"#enum(start: {int(node.attrs.get('start') or 1)}, {items})\n\n"

    def table(self, node: "SyntaxTreeNode") -> str:
        """As wide as the page, each column by what stands in it; a word that is too long for its column breaks."""
        rows = table_rows(node)
        shares = _shares([[plain_text(cell).strip() for cell in row] for row in rows])
        numbers = numeric_columns(rows)
        cells = [
            "".join(f"[{self._cell(cell, share)}], " for cell, share in zip(row, shares, strict=True)) for row in rows
        ]
        columns = ", ".join(f"{100 * share / _LINE_CHARS:.1f}%" for share in shares)
        align = ", ".join("right" if number else "left" for number in numbers)
        body = "\n".join(cells[1:])
        return f"#grid-table(({columns},), ({align},), ({cells[0]}), (\n{body}\n))\n\n"

    def _cell(self, cell: "SyntaxTreeNode", share: int) -> str:
        before, self.longest = self.longest, max(4, share - _GLUE)
        try:
            return self.inside(cell)
        finally:
            self.longest = before


def _shares(rows: Sequence[Sequence[str]]) -> list[int]:
    """How many characters of a line each column gets: none less than its longest word needs, if that can be."""
    columns = list(zip(*rows, strict=True))
    wanted = [_wanted([len(cell) for cell in column[1:]] or [0], len(column[0])) + _GLUE for column in columns]
    least = [min(_LONGEST_WORD, max(map(_longest_word, column))) + _GLUE for column in columns]
    more = [max(want - need, 0) for want, need in zip(wanted, least, strict=True)]
    total = _LINE_CHARS if sum(wanted) > _NARROW_CHARS else max(sum(wanted), _NARROW_CHARS * 2 // 3)
    if sum(least) >= total:
        found = [int(need * total / sum(least)) for need in least]
    else:
        spread = more if any(more) else least
        found = [
            need + int((total - sum(least)) * extra / sum(spread)) for need, extra in zip(least, spread, strict=True)
        ]
    left = total - sum(found)
    return [share + (at < left) for at, share in enumerate(found)]


def _wanted(lengths: Sequence[int], head: int) -> int:
    """The width at which a column is about as high as the others: by its usual cell, and no wider than its longest."""
    usual = sum(lengths) * 3 // (2 * len(lengths)) + 8
    return max(min(usual, max(lengths), _WIDEST), min(head, _LONGEST_WORD))


def _longest_word(text: str) -> int:
    """Of what had better stay together: short words, and the pieces of long ones. Capitals take more room."""
    pieces = (piece for word in text.split() for piece in ([word] if len(word) <= _KEPT_WORD else word_pieces(word)))
    return max((len(piece) + sum(map(str.isupper, piece)) // 3 for piece in pieces), default=0)


def _around(name: str) -> Callable[[_Writer, "SyntaxTreeNode"], str]:
    return lambda writer, node: f"#{name}[{writer.inside(node)}];"


_NODES: Mapping[str, Callable[[_Writer, "SyntaxTreeNode"], str]] = {
    "anchor": _Writer.anchor,
    "blockquote": lambda writer, node: f"#quote(block: true)[{writer.inside(node)}]\n\n",
    "bullet_list": _Writer.listed,
    "code_block": _Writer.fence,
    "code_inline": _Writer.code,
    "em": _around("emph"),
    "fence": _Writer.fence,
    "hardbreak": lambda *_: "#linebreak();",
    "heading": _Writer.heading,
    "hr": lambda *_: "#line(length: 100%, stroke: 0.5pt)\n\n",
    "image": _Writer.image,
    "link": _Writer.link,
    "ordered_list": _Writer.listed,
    "paragraph": _Writer.paragraph,
    "softbreak": lambda *_: " ",
    "strong": _around("strong"),
    "table": _Writer.table,
    "text": _Writer.text,
}
