"""Plain values as YAML text: one-line values beside their key, lists of mappings and sections on lines of their own."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from io import StringIO
from textwrap import dedent
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

_NEVER_WRAPPED = 1_000_000


def plain_value(value: object) -> Any:
    """``value`` as YAML has it: tuples as lists, decimals as numbers, enumerations as their values.

    Raises:
        TypeError: It has no such form.
    """
    match value:
        case Enum():
            return plain_value(value.value)
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case Mapping():
            return {str(key): plain_value(item) for key, item in value.items()}
        case list() | tuple():
            return [plain_value(item) for item in value]
        case None | bool() | int() | float() | str() | date():
            return value
    raise TypeError(f"{type(value).__name__} cannot stand in a project file")


def wants_lines(value: object) -> bool:
    """Whether the value is clearer on several lines: a section, or a list of sections."""
    return bool(value) and (
        isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(item, Mapping) for item in value))
    )


def flow_text(value: object) -> str:
    """The value on one line."""
    text = _dumped(_styled([value], flow=True))
    return text.strip()[1:-1]


def block_lines(value: object, *, indent: int) -> list[str]:
    """The value on lines of their own, each behind ``indent`` spaces."""
    text = dedent(_dumped(_styled(value, flow=False)))
    return [f"{' ' * indent}{line}" for line in text.splitlines()]


def _styled(value: object, *, flow: bool) -> Any:
    """The value with a layout for each part; text with line breaks is quoted, so that it stays on one line.

    Between brackets so is text behind a question mark, which ruamel.yaml writes bare and then cannot read.
    """
    match value:
        case Mapping():
            mapping = CommentedMap((key, _styled(item, flow=flow)) for key, item in value.items())
            if flow:
                mapping.fa.set_flow_style()
            return mapping
        case list():
            sequence = CommentedSeq(_styled(item, flow=flow) for item in value)
            if flow or not wants_lines(value):
                sequence.fa.set_flow_style()
            return sequence
        case str() if not value.isprintable() or (flow and value.startswith("?")):
            return DoubleQuotedScalarString(value)
    return value


def _dumped(value: object) -> str:
    yaml = YAML()
    yaml.width = _NEVER_WRAPPED
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    yaml.dump(value, stream)
    return stream.getvalue()
