"""Changes single values in YAML text and leaves every other byte as it is: comments, order, quotes, anchors, spaces.

The library says where each value stands and writes the new ones; a round trip of the whole file would lay it out anew.
Whether the text means what it should afterwards is proved by the caller, who reads it again.
"""

import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from maquette.adapters.project_files.emission import block_lines, flow_text, wants_lines
from maquette.adapters.project_files.source import Source
from maquette.project_document import REMOVED

_REST_OF_LINE = re.compile(r"[^\r\n]*")
_LINE_END = re.compile(r"\r?\n|\Z")
_COLON = re.compile(r"\s*:")
_ALIAS = re.compile(r"[ \t]*(\*[^\s,\]}]+)")
_STEP = 2


class NotEditable(Exception):
    """The text is written in a way that this module does not change; the user has to."""


def with_value(source: Source, path: str, value: object) -> str:
    """The text with ``value`` at the dotted ``path``, made with the sections above it, or without it for `REMOVED`.

    Raises:
        NotEditable: The path leads through a list or a value, or through something written unusually.
    """
    parts = path.split(".")
    parent: Node = source.root
    holder: MappingNode | None = None
    entry: tuple[Node, Node] | None = None
    for depth, part in enumerate(parts):
        if not isinstance(parent, MappingNode):
            return _below_a_value(source.text, holder, entry, parts[depth:], value)
        found = _entry(parent, part)
        if found is None:
            return (
                source.text if value is REMOVED else _inserted(source, parent, part, _nested(parts[depth + 1 :], value))
            )
        if depth == len(parts) - 1:
            if value is REMOVED:
                return _removed(source.text, parent, part, entry)
            return _replaced(source.text, parent, found, value)
        holder, entry, parent = parent, found, found[1]
    raise NotEditable(path)


def _entry(mapping: MappingNode, key: str) -> tuple[Node, Node] | None:
    return next(((name, value) for name, value in mapping.value if name.value == key), None)


def _nested(parts: list[str], value: object) -> object:
    """``value`` below the keys that are missing."""
    for part in reversed(parts):
        value = {part: value}
    return value


def _below_a_value(
    text: str, holder: MappingNode | None, entry: tuple[Node, Node] | None, parts: list[str], value: object
) -> str:
    """A path that goes on where the file has no mapping: an empty section takes one, anything else is in the way."""
    if entry is None or not isinstance(entry[1], ScalarNode) or entry[1].tag != "tag:yaml.org,2002:null":
        raise NotEditable(".".join(parts))
    if value is REMOVED:
        return text
    return _replaced(text, holder, entry, _nested(parts, value))


# -- where things stand ---------------------------------------------------------------------------------------------


def _after_colon(text: str, key: Node) -> int:
    colon = _COLON.match(text, key.end_mark.index)
    if colon is None:
        raise NotEditable(str(key.value))
    return colon.end()


def _span(text: str, key: Node, value: Node) -> tuple[int, int]:
    """Where the value of ``key`` begins and ends; both are behind the colon when nothing stands there."""
    after = _after_colon(text, key)
    start, end = int(value.start_mark.index), int(value.end_mark.index)
    if start < key.start_mark.index:
        alias = _ALIAS.match(text, after)
        if alias is None:
            raise NotEditable(str(key.value))
        return alias.start(1), alias.end(1)
    if isinstance(value, ScalarNode):
        if start == end:
            return after, after
        return start, start + len(text[start:end].rstrip())
    return start, end if _in_brackets(value) else _end_of_block(text, value)


def _end_of_block(text: str, node: Node) -> int:
    """The end of the last value in a block mapping or list; what stands behind it, comments included, is not of it."""
    if isinstance(node, MappingNode) and node.value:
        return _span(text, *node.value[-1])[1]
    last = node.value[-1]
    if last.start_mark.index < node.start_mark.index:
        raise NotEditable("an alias ends a list")
    if isinstance(last, ScalarNode):
        return int(last.start_mark.index) + len(text[last.start_mark.index : last.end_mark.index].rstrip())
    return int(last.end_mark.index) if _in_brackets(last) else _end_of_block(text, last)


def _in_brackets(node: Node) -> bool:
    return isinstance(node, CollectionNode) and bool(node.flow_style)


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _next_line(text: str, index: int) -> int:
    """The beginning of the line below the one that ``index`` is in."""
    end = _LINE_END.search(text, index)
    assert end is not None
    return end.end()


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


# -- the three changes ----------------------------------------------------------------------------------------------


def _replaced(text: str, parent: MappingNode | None, entry: tuple[Node, Node], value: object) -> str:
    key, old = entry
    start, end = _span(text, key, old)
    in_flow = parent is not None and _in_brackets(parent)
    alias = old.start_mark.index < key.start_mark.index
    one_place = alias or isinstance(old, ScalarNode) or _in_brackets(old)
    if one_place and (in_flow or not wants_lines(value)):
        space = "" if text[start - 1] in " \n" else " "
        return text[:start] + space + flow_text(value) + text[end:]
    after = _after_colon(text, key)
    comment = text[end:] if one_place else text[after:]
    rest = _REST_OF_LINE.match(comment)
    assert rest is not None
    kept = rest.group().rstrip()
    if kept and not kept.lstrip().startswith("#"):
        raise NotEditable(str(key.value))
    head = text[:after]
    tail = text[_next_line(text, end) :]
    newline = _newline(text)
    if not wants_lines(value):
        return f"{head} {flow_text(value)}{kept}{newline}{tail}"
    lines = block_lines(value, indent=key.start_mark.column + _STEP)
    return f"{head}{kept}{newline}{newline.join(lines)}{newline}{tail}"


def _inserted(source: Source, mapping: MappingNode, key: str, value: object) -> str:
    """A new key at the end of its section, above the comments that belong to the next one."""
    text = source.text
    if _in_brackets(mapping):
        inner = flow_text({key: value})[1:-1]
        if not mapping.value:
            return text[: mapping.start_mark.index] + "{" + inner + "}" + text[mapping.end_mark.index :]
        end = _span(text, *mapping.value[-1])[1]
        return f"{text[:end]}, {inner}{text[end:]}"
    newline = _newline(text)
    end = _next_line(text, _span(text, *mapping.value[-1])[1])
    before = text[:end] if text[:end].endswith("\n") else text[:end] + newline
    if mapping is source.root and wants_lines(value):
        before += newline
    lines = block_lines({key: value}, indent=mapping.value[0][0].start_mark.column)
    return before + newline.join(lines) + newline + text[end:]


def _removed(text: str, mapping: MappingNode, key: str, owner: tuple[Node, Node] | None) -> str:
    """The text without a key and its value; a section that loses its last key stays as an empty one."""
    names = [name.value for name, _ in mapping.value]
    index = names.index(key)
    name, value = mapping.value[index]
    if len(names) == 1 and owner is not None:
        return _replaced(text, None, owner, {})
    end = _span(text, name, value)[1]
    if _in_brackets(mapping):
        if index + 1 < len(names):
            return text[: name.start_mark.index] + text[mapping.value[index + 1][0].start_mark.index :]
        return text[: _span(text, *mapping.value[index - 1])[1]] + text[end:]
    start = _line_start(text, name.start_mark.index)
    if text[start : name.start_mark.index].strip():
        raise NotEditable(key)
    return text[:start] + text[_next_line(text, end) :]


def changed_data(data: Mapping[str, Any], path: str, value: object) -> dict[str, Any]:
    """Plain data with ``value`` at ``path``: what the changed text must mean."""
    first, _, rest = path.partition(".")
    changed = dict(data)
    if not rest:
        if value is REMOVED:
            changed.pop(first, None)
        else:
            changed[first] = value
        return changed
    inner = changed.get(first)
    if inner is None and value is REMOVED:
        return changed
    if not isinstance(inner, Mapping) and inner is not None:
        raise NotEditable(path)
    changed[first] = changed_data(inner or {}, rest, value)
    return changed
