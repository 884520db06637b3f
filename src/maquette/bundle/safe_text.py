"""User and model text made safe for each format of a bundle: data stays data, never markup, structure or code.

Each function returns text that its format reads back as the one-line original. Formats alone; no template engine.
"""

import json
import re
import unicodedata

_IN_COMMENTS = frozenset("\\`*_[]<>#|~$@&")
_BLANK = re.compile(r"\s+")
_MARKDOWN = re.compile(r"[\\`*\[\]<>|&~]|\$(?!\d)|(?<![^\W_])_|_(?![^\W_])")
_BLOCK_START = re.compile(r"^[#+=:-]|^\d{1,9}(?=[.)](?: |$))")
_AUTOLINK = re.compile(r"(?<=[A-Za-z]):(?=//)|(?<=[wW]{3})\.|(?<=\w)@(?=\w)")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_PLAIN_YAML = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?::[A-Za-z0-9_./-]+)*")
_YAML_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_MERMAID_SAFE = re.compile(r"[^A-Za-z0-9 .,/()_-]")


def one_line(text: str) -> str:
    """``text`` on one line, without control characters, halves of surrogate pairs and invisible direction marks."""
    spaced = _BLANK.sub(" ", text)
    return "".join(mark for mark in spaced if unicodedata.category(mark) not in {"Cc", "Cf", "Cs", "Co", "Cn"}).strip()


def markdown(text: str) -> str:
    """``text`` as inline Markdown (CommonMark and GitHub's tables) that reads as the very same characters."""
    return _BLOCK_START.sub(_escaped_start, _escaped_inline(one_line(text)))


def markdown_part(text: str) -> str:
    """``text`` inside a line of Markdown: as `markdown`, but the blanks at its ends stay and no block can begin."""
    escaped = _escaped_inline(one_line(text))
    return f"{' ' * text[:1].isspace()}{escaped}{' ' * (text[-1:].isspace() and bool(escaped))}"


def markdown_comment(text: str) -> str:
    """``text`` in one line that a comment on GitHub shows as it is: no markup, link, mention, emoji, formula, HTML."""
    entities = "".join(f"&#{ord(mark)};" if mark in _IN_COMMENTS else mark for mark in one_line(text))
    # GitHub makes links of a bare www. and of addresses, and pictures of words between colons.
    return re.sub(r":(?! |$)", "&#58;", entities).replace("www.", "www&#46;")


def markdown_code(text: str) -> str:
    """``text`` as a code span; as plain text where a span could not hold it in a table."""
    line = one_line(text)
    return f"`{line}`" if line and not re.search(r"[`|]", line) else markdown(line)


def yaml_scalar(text: str) -> str:
    """``text`` as one YAML scalar of type string, plain where that is unmistakable and double-quoted elsewhere."""
    if _PLAIN_YAML.fullmatch(text) and text.lower() not in _YAML_WORDS:
        return text
    quoted = json.dumps(_without_halves(text), ensure_ascii=False)
    return "".join(mark if mark.isprintable() else _yaml_escape(mark) for mark in quoted)


def mermaid_label(text: str) -> str:
    """``text`` for a quoted Mermaid label: whatever could end the label or the block is an entity."""
    return _MERMAID_SAFE.sub(lambda mark: f"#{ord(mark.group())};", one_line(text))


def comment(text: str) -> str:
    """``text`` for the rest of a line behind ``#``."""
    return one_line(text)


def file_slug(text: str) -> str:
    """``text`` as part of a file's name: lower-case letters and digits with single hyphens, at most 60; never empty."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:60].rstrip("-") or "unnamed"


def _escaped_inline(line: str) -> str:
    escaped = _MARKDOWN.sub(lambda mark: _ENTITIES.get(mark.group(), f"\\{mark.group()}"), line)
    return _AUTOLINK.sub(lambda mark: f"&#{ord(mark.group())};", escaped)


def _escaped_start(mark: re.Match[str]) -> str:
    start = mark.group()
    return f"{start}\\" if start[0].isdigit() else f"\\{start}"


def _without_halves(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _yaml_escape(mark: str) -> str:
    return f"\\u{ord(mark):04x}" if ord(mark) <= 0xFFFF else f"\\U{ord(mark):08x}"
