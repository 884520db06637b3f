"""One document as HTML: parts by heading, links that stay inside the page, every text escaped."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from maquette.adapters.markdown_documents.parsing import (
    kind_of_mark,
    numeric_columns,
    parse,
    plain_text,
    table_rows,
    word_pieces,
)
from maquette.bundle.site.links import Leads, Target, heading_slug, inner_id, target_of
from maquette.bundle.site.model import DRAFT, Document
from maquette.bundle.site.search import Part, words_of
from maquette.evals.reporting.visible import visible

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

_DOCUMENTS_KEPT = 256
_TEXT_CHARS = 1_000_000
_PARTS_FROM = {"h1", "h2", "h3"}
_MANY_COLUMNS = 4
_FEW_COLUMNS = 2
_WHOLE_CHARS = 18
_LONG_CHARS = 22
_LONG_WORD = re.compile(r"(\S{23,})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """A heading for the navigation."""

    id: str
    level: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Article:
    """A document as HTML.

    Attributes:
        html: Parts in order; `drawing_mark` stands where a drawing belongs.
        ids: Every id inside, and ``targets`` every id that a link inside leads to.
        kinds: How many numbers of each kind it prints.
    """

    title: str
    html: str
    headings: tuple[Heading, ...]
    parts: tuple[Part, ...]
    ids: frozenset[str]
    targets: frozenset[str]
    kinds: Mapping[str, int]


def drawing_mark(identity: str) -> str:
    """Where a drawing goes; NUL cannot come from Markdown."""
    return f"\0{identity}\0"


@lru_cache(maxsize=_DOCUMENTS_KEPT)
def article_of(document: Document, routes: tuple[tuple[str, str], ...]) -> Article:
    """The document; kept, because most documents stay the same from one preview to the next."""
    parsed = parse(document.text)
    writer = _Writer(document, dict(routes))
    parts = list(writer.parts(parsed.tree))
    chips = "".join(f"<span>{_text(name)}: {_text(value)}</span> " for name, value in parsed.chips)
    head = f'<p class="chips">{chips.rstrip()}</p>\n' if chips else ""
    return Article(
        title=writer.headings[0].text if writer.headings else document.path,
        html=head + "\n".join(html for _, html in parts),
        headings=tuple(writer.headings),
        parts=tuple(part for part, _ in parts),
        ids=frozenset(writer.ids),
        targets=frozenset(writer.targets),
        kinds=dict(writer.kinds),
    )


def _text(text: str) -> str:
    return escape(visible(text, _TEXT_CHARS))


def _words(text: str) -> str:
    """Text in which long words may break behind their signs."""
    if len(text) <= _LONG_CHARS:
        return _text(text)
    parts = _LONG_WORD.split(visible(text, _TEXT_CHARS))
    return "".join(
        "<wbr>".join(map(escape, word_pieces(part))) if at % 2 else escape(part) for at, part in enumerate(parts)
    )


@dataclass(slots=True)
class _Writer:
    document: Document
    routes: Mapping[str, str]
    headings: list[Heading] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)
    kinds: dict[str, int] = field(default_factory=dict)

    def parts(self, root: "SyntaxTreeNode") -> Iterator[tuple[Part, str]]:
        """Each heading with what stands below it, as search sees it and as HTML."""
        group: list[SyntaxTreeNode] = []
        for node in (*root.children, None):
            if group and (node is None or (node.type == "heading" and node.tag in _PARTS_FROM)):
                yield self._part(group)
                group = []
            if node is not None:
                group.append(node)

    def _part(self, nodes: list["SyntaxTreeNode"]) -> tuple[Part, str]:
        blocks = "\n".join(map(self.html, nodes))
        first = self.headings[-1] if nodes[0].type == "heading" else None
        identity = f"{first.id if first else self.document.id}--part"
        words = words_of(" ".join(map(plain_text, nodes)))
        name = first.text if first else self.document.path
        return Part(id=identity, heading=name, words=words), f'<section id="{identity}">\n{blocks}\n</section>'

    def html(self, node: "SyntaxTreeNode") -> str:
        """The node with all that is in it."""
        write = _NODES.get(node.type)
        return write(self, node) if write else self.inside(node)

    def inside(self, node: "SyntaxTreeNode") -> str:
        """What is in the node."""
        return "".join(map(self.html, node.children))

    def heading(self, node: "SyntaxTreeNode") -> str:
        """With an id as GitHub makes it; a number behind one that is there already."""
        text = visible(plain_text(node).strip(), _TEXT_CHARS)
        inner, slug = self.inside(node), heading_slug(text)
        identity, number = inner_id(self.document.id, slug), 0
        while identity in self.ids:
            number += 1
            identity = inner_id(self.document.id, f"{slug}-{number}")
        self.ids.add(identity)
        self.headings.append(Heading(id=identity, level=int(node.tag[1]), text=text))
        return f'<{node.tag} id="{escape(identity)}">{inner}</{node.tag}>'

    def paragraph(self, node: "SyntaxTreeNode") -> str:
        """A draft's first line is a banner; behind a paragraph that links to drawings or shows them these stand."""
        inner = self.inside(node)
        if node.hidden:
            return inner
        drawn = "".join(f"\n{drawing_mark(identity)}" for identity in self._drawings(node))
        if drawn and not inner.strip():
            return drawn.removeprefix("\n")
        inline = node.children[0].children if node.children else []
        start = next((one for one in inline if plain_text(one)), None)
        draft = start is not None and start.type == "strong" and plain_text(start) == DRAFT
        shown = ' class="draft"' if draft else ""
        return f"<p{shown}>{inner}</p>{drawn}"

    def _drawings(self, node: "SyntaxTreeNode") -> Iterable[str]:
        found = (self._drawing(one) for one in node.walk() if one.type in {"link", "image"})
        return [identity for identity in found if identity is not None]

    def _drawing(self, node: "SyntaxTreeNode") -> str | None:
        """The id of the drawing that a link or picture means; None where it means something else."""
        target = self._target(node)
        drawn = {identity for path, identity in self.routes.items() if path.endswith(".svg")}
        return target.to if target.leads is Leads.INSIDE and target.to in drawn else None

    def image(self, node: "SyntaxTreeNode") -> str:
        """Nothing where the drawing itself will stand; the words that replace any other picture."""
        return "" if self._drawing(node) is not None else _text(node.content)

    def anchor(self, node: "SyntaxTreeNode") -> str:
        """A place that links lead to."""
        identity = inner_id(self.document.id, node.meta["name"])
        if identity in self.ids:
            return ""
        self.ids.add(identity)
        return f'<a class="at" id="{identity}"></a>'

    def link(self, node: "SyntaxTreeNode") -> str:
        """Inside the page, to a file beside it, to the web, or only its words."""
        target, inner, kind = self._target(node), self.inside(node), kind_of_mark(node)
        if target.leads is Leads.NOWHERE:
            return inner
        if kind is not None:
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        shown = f' class="mark {kind}" aria-label="{kind}: its source" title="{kind}"' if kind else _whole(node)
        if target.leads is Leads.INSIDE:
            self.targets.add(target.to)
            return f'<a{shown} href="#{escape(target.to)}">{inner}</a>'
        web = ' rel="noopener noreferrer"' if target.leads is Leads.WEB else ""
        return f'<a{shown}{web} href="{escape(target.to)}">{inner}</a>'

    def _target(self, node: "SyntaxTreeNode") -> Target:
        place = str(node.attrs.get("src" if node.type == "image" else "href", ""))
        return target_of(place, path=self.document.path, routes=self.routes)

    def fence(self, node: "SyntaxTreeNode") -> str:
        """Code; the text of a diagram is folded, because the drawing shows it."""
        code = f'<pre tabindex="0"><code>{_text(node.content)}</code></pre>'
        if node.info.strip() == "mermaid":
            return f"<details><summary>Mermaid source</summary>{code}</details>"
        return code

    def table(self, node: "SyntaxTreeNode") -> str:
        """In a frame that scrolls by itself where a window is too narrow."""
        rows = table_rows(node)
        numbers = numeric_columns(rows)
        head = "".join(
            f'<th scope="col"{_side(number)}>{self.inside(cell)}</th>'
            for cell, number in zip(rows[0], numbers, strict=True)
        )
        body = "\n".join(
            "<tr>"
            + "".join(
                f"<td{_side(number) or _whole(cell)}>{self.inside(cell)}</td>"
                for cell, number in zip(row, numbers, strict=True)
            )
            + "</tr>"
            for row in rows[1:]
        )
        name = escape(f"Table: {self.headings[-1].text if self.headings else self.document.path}")
        columns = "wide" if len(numbers) > _MANY_COLUMNS else "two" if len(numbers) <= _FEW_COLUMNS else "some"
        return (
            f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table class="{columns}">'
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
        )

    def ordered(self, node: "SyntaxTreeNode") -> str:
        """From the number that its first line has."""
        start = node.attrs.get("start")
        first = "" if start is None else f' start="{int(start)}"'
        return f"<ol{first}>\n{self.inside(node)}</ol>"


def _side(number: bool) -> str:
    return ' class="num"' if number else ""


def _whole(node: "SyntaxTreeNode") -> str:
    """A short name stays on one line, though there are hyphens in it; a long word may break on paper."""
    text = plain_text(node).strip()
    if "-" in text and " " not in text and len(text) <= _WHOLE_CHARS:
        return ' class="one"'
    return ' class="long"' if max(map(len, text.split()), default=0) > _LONG_CHARS and node.type == "td" else ""


def _around(before: str, behind: str) -> Callable[[_Writer, "SyntaxTreeNode"], str]:
    return lambda writer, node: f"{before}{writer.inside(node)}{behind}"


_NODES: Mapping[str, Callable[[_Writer, "SyntaxTreeNode"], str]] = {
    "anchor": _Writer.anchor,
    "blockquote": _around("<blockquote>", "</blockquote>"),
    "bullet_list": _around("<ul>\n", "</ul>"),
    "code_block": _Writer.fence,
    "code_inline": lambda _, node: f"<code>{_words(node.content)}</code>",
    "em": _around("<em>", "</em>"),
    "fence": _Writer.fence,
    "hardbreak": lambda *_: "<br>\n",
    "heading": _Writer.heading,
    "hr": lambda *_: "<hr>",
    "image": _Writer.image,
    "link": _Writer.link,
    "list_item": _around("<li>", "</li>\n"),
    "ordered_list": _Writer.ordered,
    "paragraph": _Writer.paragraph,
    "softbreak": lambda *_: "\n",
    "strong": _around("<strong>", "</strong>"),
    "table": _Writer.table,
    "text": lambda _, node: _words(node.content),
}
