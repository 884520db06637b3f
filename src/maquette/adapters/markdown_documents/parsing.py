"""Markdown read into a tree: CommonMark with tables, no raw HTML but the anchors that Maquette's own filter writes."""

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from maquette.bundle.site.links import KINDS

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.tree import SyntaxTreeNode

_ANCHOR = re.compile(r'<a id="([a-z0-9-]+)"></a>')
_FRONT = re.compile(r"\A---\n(.*?)^---$\n?", re.MULTILINE | re.DOTALL)
_CHIP = re.compile(r'^(status|date): "?([^"\n]+?)"?$', re.MULTILINE)
_NUMBER = re.compile(r"(?:about |at most |at least )?[$€£~±<>≤≥-]*\d")
_NO_NUMBER = frozenset({"", "-", "none", "unknown", "not known"})
_NUMBER_CHARS = 28
_BREAK_BEHIND = re.compile(r"(?<=[/._=,:;&?-])(?=\w)|(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """A document: its tree, and status and date of its front matter where it has them."""

    tree: "SyntaxTreeNode"
    chips: tuple[tuple[str, str], ...]


def parse(text: str) -> Parsed:
    """The document as a tree."""
    from markdown_it.tree import SyntaxTreeNode

    front = _FRONT.match(text)
    chips = tuple(_CHIP.findall(front[1])) if front else ()
    body = text[front.end() :] if front else text
    return Parsed(tree=SyntaxTreeNode(_parser().parse(body)), chips=chips)


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.inline.ruler.before("autolink", "anchor", _anchor)
    return made


def _anchor(state: "StateInline", silent: bool) -> bool:
    """An empty anchor with a name; every other ``<`` stays text."""
    found = _ANCHOR.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.push("anchor", "", 0).meta = {"name": found[1]}
    state.pos = found.end()
    return True


def plain_text(node: "SyntaxTreeNode") -> str:
    """What a reader reads of it, without marks of kinds and anchors."""
    if node.type in {"text", "code_inline", "fence", "code_block"}:
        return node.content
    if node.type in {"softbreak", "hardbreak"}:
        return " "
    inner = "".join(map(plain_text, node.children))
    if node.type == "link" and inner in KINDS:
        return ""
    return f"{inner} " if node.type in {"paragraph", "heading", "td", "th"} else inner


def word_pieces(word: str) -> list[str]:
    """A long word cut where it may break without harm: behind its signs, and before a capital."""
    return _BREAK_BEHIND.split(word)


def kind_of_mark(node: "SyntaxTreeNode") -> str | None:
    """The kind that a link stands for when it is the mark behind a number."""
    children = node.children
    return KINDS.get(children[0].content) if len(children) == 1 and children[0].type == "text" else None


def table_rows(table: "SyntaxTreeNode") -> list[list["SyntaxTreeNode"]]:
    """The cells of each row, the head first."""
    return [row.children for section in table.children for row in section.children]


def numeric_columns(rows: list[list["SyntaxTreeNode"]]) -> list[bool]:
    """Of each column whether every cell below the head that says something is a short number."""
    columns = zip(*([plain_text(cell).strip() for cell in row] for row in rows[1:]), strict=True)
    found = [_numeric([text for text in column if text.lower() not in _NO_NUMBER]) for column in columns]
    return found or [False] * len(rows[0])


def _numeric(texts: list[str]) -> bool:
    return bool(texts) and all(len(text) <= _NUMBER_CHARS and _NUMBER.match(text) for text in texts)
