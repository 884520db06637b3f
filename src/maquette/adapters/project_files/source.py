"""YAML text as plain data with a line for every field. Everything that a hand-made file can have wrong is said here.

What the fields mean is checked in `interpretation`; nothing here knows a key of maquette.yaml.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from maquette.foundation.problems import InvalidInput, NotFound, Place, Problem, Unavailable, raise_all

MAX_BYTES = 1024 * 1024
"""A project file is a few kilobytes; reading stops at this size."""

_MAX_VALUES = 100_000
"""Values after all aliases are expanded: a small text can stand for billions."""

_TAG_PREFIX = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(
    f"{_TAG_PREFIX}{name}" for name in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge")
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A parsed file.

    Attributes:
        file: The path as the user named it.
        text: With the line ends and the byte order mark that it has.
        root: The tree of nodes, which know where they stand in ``text``.
        data: Plain data; dates are dates.
    """

    file: str
    text: str
    root: MappingNode
    data: Mapping[str, Any]

    def place(self, field: str) -> Place:
        """Where the dotted ``field`` stands, or the nearest part of it that the file has."""
        line = 1
        node: Node = self.root
        for part in field.split("."):
            found = _child(node, part)
            if found is None:
                break
            line, node = found
        return Place(file=self.file, line=line, field=field)


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        NotFound, InvalidInput, Unavailable: It is not there, no file, too long, or cannot be read.
    """
    place = Place(file=str(path))
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(
            "the file is not there", fix="Check the path, or make a project: maquette new.", place=place
        ) from None
    except IsADirectoryError:
        raise InvalidInput("this is a folder, not a file", fix="Name the file in it.", place=place) from None
    except PermissionError:
        raise Unavailable("the file may not be read", fix="Give yourself the right to read it.", place=place) from None
    except OSError as error:
        raise Unavailable(f"the file cannot be read: {error.strerror}", fix="Check the disk.", place=place) from None
    if len(content) > MAX_BYTES:
        raise InvalidInput("the file is longer than 1 MiB", fix="Keep data in files of its own.", place=place)
    return content


def parse(content: bytes, file: str) -> Source:
    """Content as data.

    Raises:
        InvalidInput, SeveralProblems: It is not UTF-8, not YAML, no mapping, or has keys twice; each with its line.
    """
    text = _decoded(content, file)
    try:
        return _parsed(text, file)
    except RecursionError:
        fix = "Write the values without brackets inside brackets."
        raise InvalidInput("the file is nested too deeply", fix=fix, place=Place(file=file)) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = "a control character stands in the file"
        raise InvalidInput(what, fix="Remove it.", place=Place(file=file, line=line)) from None
    except MarkedYAMLError as error:
        raise _not_yaml(error, text, file) from None
    except YAMLError as error:
        what = f"the file is not YAML: {str(error).splitlines()[0]}"
        raise InvalidInput(what, fix="Correct the file.", place=Place(file=file)) from None


def _decoded(content: bytes, file: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fix = "Save it with the encoding UTF-8."
        raise InvalidInput("the file is not UTF-8 text", fix=fix, place=Place(file=file, line=line)) from None


def _parsed(text: str, file: str) -> Source:
    yaml = YAML(typ="safe", pure=True)
    root = yaml.compose(text)
    if root is None:
        fix = "Make a project with maquette new, or restore the file."
        raise InvalidInput("the file is empty", fix=fix, place=Place(file=file, line=1))
    if not isinstance(root, MappingNode):
        fix = "Begin with a key, such as requirements:."
        line = root.start_mark.line + 1
        raise InvalidInput("the file holds no keys", fix=fix, place=Place(file=file, line=line))
    if _expanded(root, {}, frozenset()) > _MAX_VALUES:
        fix = "Write the values out instead of repeating anchors."
        raise InvalidInput("the file's anchors stand for too many values", fix=fix, place=Place(file=file))
    raise_all(list(_wrong_nodes(root, file, yaml, set())))
    # Construction replaces merge keys in the tree by what they stand for, which stands elsewhere in the text.
    meant = YAML(typ="safe", pure=True).compose(text) if "<<" in text else root
    yaml.constructor.allow_duplicate_keys = True
    return Source(file=file, text=text, root=root, data=yaml.constructor.construct_document(meant))


def _not_yaml(error: MarkedYAMLError, text: str, file: str) -> InvalidInput:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else None
    lines = text.splitlines()
    at_tab = line is not None and line <= len(lines) and lines[line - 1].lstrip(" ").startswith("\t")
    place = Place(file=file, line=line)
    if at_tab:
        return InvalidInput("the line is indented with a tab", fix="Indent it with spaces.", place=place)
    problem = (error.problem or "it cannot be read").splitlines()[0]
    return InvalidInput(f"the file is not YAML: {problem}", fix="Correct this line or the one before it.", place=place)


def _expanded(node: Node, sizes: dict[int, int], above: frozenset[int]) -> int:
    """How many values ``node`` stands for; an anchor inside itself is endless."""
    if id(node) in above:
        return _MAX_VALUES + 1
    if id(node) not in sizes:
        sizes[id(node)] = 1 + sum(_expanded(child, sizes, above | {id(node)}) for child in _children(node))
    return sizes[id(node)]


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, SequenceNode):
        yield from node.value


def _wrong_nodes(node: Node, file: str, yaml: YAML, seen: set[int]) -> Iterator[Problem]:
    """Tags that are no plain data, scalars that only look like numbers or dates, keys that come twice."""
    if id(node) in seen:
        return
    seen.add(id(node))
    place = Place(file=file, line=node.start_mark.line + 1)
    if node.tag not in _PLAIN_TAGS:
        tag = str(node.tag).removeprefix(_TAG_PREFIX)
        yield InvalidInput(f"the tag {tag!r} has no meaning here", fix="Remove it.", place=place)
    elif isinstance(node, ScalarNode) and not _constructs(node, yaml):
        yield InvalidInput("this is not a valid number or date", fix="Correct it, or put it in quotes.", place=place)
    if isinstance(node, MappingNode):
        yield from _wrong_keys(node, file)
    for child in _children(node):
        yield from _wrong_nodes(child, file, yaml, seen)


def _constructs(node: ScalarNode, yaml: YAML) -> bool:
    if node.tag == f"{_TAG_PREFIX}merge":
        return True
    try:
        yaml.constructor.construct_object(node)
    except ValueError:
        return False
    return True


def _wrong_keys(node: MappingNode, file: str) -> Iterator[Problem]:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        place = Place(file=file, line=line)
        if not isinstance(key, ScalarNode):
            yield InvalidInput("a key is not text", fix="Write it as one word.", place=place)
        elif key.value in lines:
            what = f"the key {key.value!r} stands there twice, first in line {lines[key.value]}"
            yield InvalidInput(what, fix="Keep one of the two.", place=place)
        else:
            lines[key.value] = line


def _child(node: Node, part: str) -> tuple[int, Node] | None:
    """The line and the value of a key or of an item."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line + 1, value
    elif isinstance(node, SequenceNode) and part.isdecimal() and int(part) < len(node.value):
        item = node.value[int(part)]
        return item.start_mark.line + 1, item
    return None
