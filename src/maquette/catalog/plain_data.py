"""Frozen values from plain data again: the other direction of `maquette.foundation.lineage.plain`.

It is for data that this program wrote itself, where checking again would only cost time; it checks nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def from_plain(kind: type[T], data: Any) -> T:
    """The value that ``plain`` made the data of.

    Args:
        kind: A dataclass of numbers, text, dates, enumerations, tuples, mappings and further dataclasses.
        data: What ``plain`` returned, perhaps through JSON; absent fields take their defaults.

    Raises:
        KeyError, TypeError, ValueError: The data is of another form.
    """
    value: T = _reader(kind)(data)  # type: ignore[arg-type]  # a class is hashable
    return value


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """How to read one kind of value."""
    if get_origin(kind) in {Union, UnionType}:
        inner = _reader(next(part for part in get_args(kind) if part is not NoneType))
        return lambda data: None if data is None else inner(data)
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass_reader(kind)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is tuple:
        item = _reader(parts[0])
        return lambda data: tuple(item(one) for one in data)
    if origin is not None and issubclass(origin, Mapping):
        key, value = _reader(parts[0]), _reader(parts[1])
        return lambda data: {key(name): value(one) for name, one in data.items()}
    if kind is date:
        return date.fromisoformat
    if isinstance(kind, type) and (kind is Decimal or issubclass(kind, Enum)):
        return kind
    return lambda data: data


def _dataclass_reader(kind: type) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    names = [one.name for one in fields(kind)]
    readers: dict[str, Callable[[Any], Any]] = {}

    def read(data: Mapping[str, Any]) -> Any:
        if not readers:
            readers.update({name: _reader(hints[name]) for name in names})
        return kind(**{name: readers[name](value) for name, value in data.items() if name in readers})

    return read
