"""Fingerprints: what a value was computed from, so that done, stale and missing are comparisons.

A fingerprint covers plain data only. Time, paths and machine names stay out of it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

FINGERPRINT_CHARS = 16
_AS_IS = frozenset({str, int, float, bool, type(None)})


def plain(value: Any) -> Any:
    """``value`` as JSON data: decimals as text, sets sorted, dataclasses and models as objects.

    Raises:
        TypeError: A value has no plain form.
    """
    if type(value) in _AS_IS:  # nearly every value: the cases below cost more than the rest
        return value
    match value:
        case Enum():
            return plain(value.value)
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return str(value)
        case date() | datetime():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case set() | frozenset():
            return sorted(plain(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if hasattr(value, "model_dump"):
        return plain(value.model_dump())
    raise TypeError(f"{type(value).__name__} has no plain form")


def canonical_json(value: Any) -> str:
    """``value`` as JSON with sorted keys and no spaces: equal data gives equal text."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(*parts: Any) -> str:
    """The first 16 hexadecimal digits of SHA-256 over the canonical JSON of ``parts``."""
    return digest(canonical_json(parts).encode())[:FINGERPRINT_CHARS]


def digest(content: bytes) -> str:
    """SHA-256 of ``content`` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
