"""What the documents' tests look at: sentences, sections, links and tables of a Markdown text."""

import posixpath
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

MARK = re.compile(r"\[([ᵐᶜᵉʳᵃ])\]\(([^)\s]*)\)")
ANCHOR = re.compile(r'<a id="([a-z0-9-]+)"></a>')
_PARSER = MarkdownIt("commonmark").enable("table")


@cache
def tokens(text: str) -> list[Token]:
    """The blocks of a document without its front matter."""
    return _PARSER.parse(re.sub(r"\A---\n.*?^---\n", "", text, flags=re.DOTALL | re.MULTILINE))


@cache
def sentences(text: str) -> list[str]:
    """What a reader reads: the sentences of paragraphs and lists with numbers masked, the rows of tables as they are.

    The row of a table is a fact with its value, so that its number is what it says; in prose a number is filled in.
    """
    return [*_prose(text), *_rows(text)]


def _prose(text: str) -> Iterator[str]:
    table = False
    for token, following in zip(tokens(text), [*tokens(text)[1:], None], strict=True):
        table = token.type == "table_open" or (table and token.type != "table_close")
        if token.type == "paragraph_open" and following is not None and not table:
            for sentence in re.split(r"(?<=[.!?])\s+", plain(following)):
                if re.search(r"\w", sentence):
                    yield re.sub(r"\d[\d.,]*", "#", sentence)


def _rows(text: str) -> Iterator[str]:
    body, cells = False, list[str]()
    for token, following in zip(tokens(text), [*tokens(text)[1:], None], strict=True):
        body = token.type == "tbody_open" or (body and token.type != "tbody_close")
        if body and token.type == "tr_open":
            cells = []
        if body and token.type == "td_open" and following is not None:
            cells.append(plain(following))
        if body and token.type == "tr_close":
            yield " | ".join(cells)


def plain(token: Token) -> str:
    """The text of an inline token without markup and marks."""
    kept = {"text", "code_inline", "softbreak"}
    words = "".join(child.content or " " for child in token.children or () if child.type in kept)
    return re.sub(r"[ᵐᶜᵉʳᵃ]", "", words)


def links(text: str) -> list[str]:
    """Where the links of a document lead."""
    return [
        str(child.attrs["href"])
        for token in tokens(text)
        for child in token.children or ()
        if child.type == "link_open"
    ]


@cache
def anchors(text: str) -> list[str]:
    """Everything in a document that a link may lead to: its own anchors, and its headings as GitHub names them."""
    blocks = tokens(text)
    headings = [
        _heading_anchor(plain(following)) for token, following in pairwise(blocks) if token.type == "heading_open"
    ]
    return [*ANCHOR.findall(text), *headings]


def dead_links(path: str, texts: Mapping[str, str]) -> list[str]:
    """The links of a file that lead to no file, or to no anchor of one."""
    return [href for href in links(texts[path]) if "://" not in href and not _leads(path, href, texts)]


def _leads(path: str, href: str, texts: Mapping[str, str]) -> bool:
    target, _, fragment = href.partition("#")
    file = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path
    return file in texts and (not fragment or fragment in anchors(texts[file]))


def _heading_anchor(title: str) -> str:
    kept = "".join(mark for mark in title.lower() if mark in " -_" or unicodedata.category(mark)[0] in "LN")
    return kept.replace(" ", "-")


def faults(text: str) -> list[str]:
    """What a strict reader of Markdown would mend: headings, tables, blank lines, ends of lines."""
    found = [f"two blank lines at {line}" for line in _double_blanks(text)]
    found += [f"blanks at the end of {line!r}" for line in text.split("\n") if line != line.rstrip()]
    found += [] if text.endswith("\n") and not text.endswith("\n\n") else ["does not end with one line break"]
    levels = [int(token.tag[1]) for token in tokens(text) if token.type == "heading_open"]
    found += [] if levels.count(1) == 1 and levels[0] == 1 else ["not one title at the top"]
    found += ["a heading skips a level" for above, here in pairwise(levels) if here > above + 1]
    titles = re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE)
    found += [f"the heading {title!r} stands twice" for title in {one for one in titles if titles.count(one) > 1}]
    found += [f"a table of {widths} columns" for widths in _tables(text) if len(set(widths)) > 1]
    return found + [f"no blank line around {line!r}" for line in _crowded(text)]


def _double_blanks(text: str) -> list[int]:
    outside = re.sub(r"^```.*?^```", lambda block: re.sub(r"[^\n]", "x", block.group()), text, flags=re.M | re.S)
    return [outside.count("\n", 0, found.start()) for found in re.finditer(r"\n\n\n", outside)]


def _tables(text: str) -> Iterator[list[int]]:
    for block in re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE):
        yield [len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()]


def _crowded(text: str) -> Iterator[str]:
    """Headings and tables without a blank line before or behind them."""
    lines = re.sub(r"\A---\n.*?^---\n", "", text, flags=re.DOTALL | re.MULTILINE).split("\n")
    for place, line in enumerate(lines):
        above, below = lines[place - 1] if place else "", lines[place + 1] if place + 1 < len(lines) else ""
        heading = re.match(r"#{1,6} ", line)
        table = line.startswith("|")
        lonely = heading and (above or below)
        if lonely or (table and any(line and not line.startswith("|") for line in (above, below))):
            yield line
