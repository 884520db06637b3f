"""Checks the data of a catalog file: the entries that are right, and all that is wrong with the others, in words.

A broken entry is left out whole and told; it never takes the rest of its file with it.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from maquette.catalog.cards import Capability, Mode
from maquette.catalog.entries import FORMAT_VERSION, CatalogFile, ModelEntry, implausible, number
from maquette.foundation.wording import listed, shown, suggestion

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Keys = tuple[str | int, ...]

_LISTS = ("gpus", "hosts")
_KINDS: Mapping[str, tuple[str, str]] = {
    "model_type": ("is not a section of keys", "Put its keys below it."),
    "dataclass_type": ("is not a section of keys", "Put its keys below it."),
    "dict_type": ("is not a section of keys", "Put its keys below it."),
    "list_type": ("is not a list", "Write it in brackets, or one entry a line behind a dash."),
    "tuple_type": ("is not a list", "Write it in brackets, or one entry a line behind a dash."),
    "string_type": ("is not text", "Put it in quotes."),
    "string_too_short": ("is empty text", "Write something, or remove the line."),
    "int_type": ("is not a whole number", "Write a whole number without quotes or letters: 128000, not 128k."),
    "int_parsing": ("is not a whole number", "Write a whole number without quotes or letters: 128000, not 128k."),
    "int_from_float": ("is not a whole number", "Write a whole number."),
    "bool_type": ("is neither true nor false", "Write true or false; leave the key out when nobody says."),
    "date_type": ("is not a day", "Write a day as 2026-11-20."),
    "decimal_parsing": ("is not a number", "Write a number such as 0.25."),
    "decimal_max_digits": ("has too many digits", "Round the figure."),
    "string_too_long": ("is too long", "Put it in fewer words."),
    "decimal_type": ("is not a number", "Write a number such as 0.25."),
    "finite_number": ("is not a number", "Leave the key out when the figure is unknown."),
    "greater_than": ("is too small", "Write a number above zero; leave the key out when it is unknown."),
    "greater_than_equal": ("is too small", "Write a number above zero; leave the key out when it is unknown."),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """One thing that is wrong, where in the data, and what to do."""

    keys: Keys
    what: str
    fix: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """The entries that are right, and all mistakes; ``file`` is None when the data is no catalog file at all."""

    file: CatalogFile | None
    mistakes: tuple[Mistake, ...]


def check(data: object, *, today: date) -> Checked:
    """Check the data of a whole file.

    Args:
        data: As read from YAML: mappings with text as keys.
        today: No source can have been read after it.
    """
    if not isinstance(data, Mapping):
        fix = "Begin with schema: 1, then models: with an entry for each."
        what = "the file is empty" if data is None else "the file holds no keys"
        return Checked(file=None, mistakes=(Mistake(keys=(), what=what, fix=fix),))
    version = data.get("schema")
    if version != FORMAT_VERSION or isinstance(version, bool):
        return Checked(file=None, mistakes=(_of_another_version(version, present="schema" in data),))
    return _checked(data, today)


def _checked(data: Mapping[str, Any], today: date) -> Checked:
    """Validate; take what is broken out and validate again, until what is left is right."""
    left, mistakes = dict(data), list[Mistake]()
    while True:
        try:
            file = CatalogFile.model_validate(left, context={"today": today})
            break
        except ValidationError as error:
            found = error.errors()
            mistakes += [mistake for one in found for mistake in _mistakes(one)]
            mistakes += _prices_not_looked_at(left, found)
            left = _without(left, [one["loc"] for one in found])
    mistakes += _without_source(file, frozenset(key for mistake in mistakes for key in mistake.keys[:1]))
    sourceless = [mistake.keys for mistake in mistakes if mistake.keys[0] == "models"]
    kept = {name: entry for name, entry in (file.models or {}).items() if ("models", name) not in sourceless}
    return Checked(file=file.model_copy(update={"models": kept}), mistakes=tuple(mistakes))


def _of_another_version(version: object, *, present: bool) -> Mistake:
    if not present:
        return Mistake(keys=(), what="the file does not say its form", fix="Write schema: 1 on its first line.")
    what = f"the file's form is version {shown(version)}, and this maquette reads version {FORMAT_VERSION}"
    newer = isinstance(version, int) and not isinstance(version, bool) and version > FORMAT_VERSION
    return Mistake(keys=("schema",), what=what, fix="Install the newest maquette." if newer else "Write schema: 1.")


def _without(data: dict[str, Any], places: Sequence[Keys]) -> dict[str, Any]:
    """The data without the entries that the places are in; without the whole key where it holds no entries."""
    broken: dict[str | int, set[str | int]] = {}
    whole: set[str | int] = set()
    for place in places:
        if len(place) > 1 and isinstance(data.get(str(place[0])), dict | list):
            broken.setdefault(place[0], set()).add(place[1])
        else:
            whole.add(place[0])
    left: dict[str, Any] = {}
    for key, value in data.items():
        if key in whole:
            continue
        if key in broken and isinstance(value, dict):
            value = {name: entry for name, entry in value.items() if name not in broken[key]}  # noqa: PLW2901
        elif key in broken and isinstance(value, list):
            value = [entry for index, entry in enumerate(value) if index not in broken[key]]  # noqa: PLW2901
        left[key] = value
    return left


def _without_source(file: CatalogFile, broken_keys: frozenset[str | int]) -> list[Mistake]:
    """Every entry needs a source and its day, of its own or of the file; those of a broken header are told already."""
    return [
        Mistake(keys=("models", name), what=f"the entry names no {what}", fix=f"Write {key}: in it or above models:.")
        for name, entry in (file.models or {}).items()
        for key, what in (("source", "source"), ("as_of", "day on which its source was read"))
        if getattr(entry, key) is None and getattr(file, key) is None and key not in broken_keys
    ]


def _mistakes(error: "ErrorDetails") -> list[Mistake]:
    keys = _real_keys(error["loc"])
    if error["type"] == "several":
        return [Mistake(keys=(*keys, key), what=what, fix=fix) for key, what, fix in error["ctx"]["parts"]]
    what, fix = _words(error, keys)
    return [Mistake(keys=keys, what=what, fix=fix)]


def _prices_not_looked_at(data: Mapping[str, Any], found: Sequence["ErrorDetails"]) -> list[Mistake]:
    """Prices that cannot be right, beside another mistake among the same prices, which hid them."""
    hiding = {
        error["loc"][:3]
        for error in found
        if error["loc"][0] == "models" and error["loc"][2:3] == ("prices",) and error["type"] != "several"
    }
    told = {_real_keys(error["loc"]) for error in found}
    mistakes: list[Mistake] = []
    for place in sorted(hiding, key=str):
        prices = data["models"][place[1]]["prices"]
        for key, value in prices.items() if isinstance(prices, dict) else ():
            with suppress(PydanticCustomError):
                wrong = implausible(key, Decimal(str(number(value))))
                if wrong and (*place, key) not in told:
                    mistakes.append(Mistake(keys=(*place, key), what=wrong[0], fix=wrong[1]))
    return mistakes


def _real_keys(location: Keys) -> Keys:
    """The path as the user wrote it, without pydantic's own marks."""
    return tuple(key for key in location if key != "[key]")


def _words(error: "ErrorDetails", keys: Keys) -> tuple[str, str]:
    kind, key = error["type"], keys[-1]
    if kind == "refused":
        return error["ctx"]["what"], error["ctx"]["fix"]
    if kind == "value_error":
        return str(error["ctx"]["error"]), "Correct the figure."
    if kind in {"missing", "missing_argument"}:
        return f"{key} is missing", f"Add {key}:."
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        return _unknown_key(keys)
    if kind in {"enum", "literal_error"}:
        return _unknown_word(error, keys)
    if error["input"] is None and kind in _KINDS:
        return "there is nothing behind the colon", _KINDS[kind][1]
    value = _shown(error["input"])
    if keys == ("models",):
        return f"{value} is not a section of models", "Write each model's id as a key, with what is said of it below."
    if kind in _KINDS:
        what, fix = _KINDS[kind]
        return f"{value} {what}", fix
    return f"{value} is not possible here", f"It should be {error['msg'].removeprefix('Input should be ').rstrip('.')}."


def _shown(value: object) -> str:
    """A value as the user wrote it; of one with parts only its kind."""
    match value:
        case dict():
            return "a section of keys"
        case list():
            return "a list"
        case str() | bool():
            return shown(value)
    return shown(str(value))


def _unknown_key(keys: Keys) -> tuple[str, str]:
    known = _fields_at(keys[:-1])
    owner = _owner(keys)
    what = f"{owner} has no key {shown(keys[-1])}"
    return what, suggestion(str(keys[-1]), known) or f"The keys are {listed(known)}."


def _owner(keys: Keys) -> str:
    if len(keys) == 1:
        return "the file"
    named = [key for key in keys[:-1] if isinstance(key, str)]
    return "a model" if len(keys) == 3 and keys[0] == "models" else named[-1]


def _unknown_word(error: "ErrorDetails", keys: Keys) -> tuple[str, str]:
    word = str(error["input"])
    if error["loc"][-1] == "[key]":
        known, what = [one.value for one in Capability], f"{shown(word)} is no capability"
    elif keys[-1] == "mode":
        known, what = [one.value for one in Mode], f"{shown(word)} is no mode"
    else:
        allowed = str(error["ctx"].get("expected", ""))
        known = [part.strip(" '") for part in allowed.replace(" or ", ",").split(",")]
        what = f"{shown(word)} is unknown here"
    return what, suggestion(word, known) or f"Use one of {listed(known)}."


def _fields_at(keys: Keys) -> list[str]:
    """The keys that the form has at a path."""
    holder: Any = CatalogFile
    for key in keys:
        holder = ModelEntry if holder is dict else _type_of(holder, str(key))
    return _field_names(holder)


def _type_of(holder: Any, key: str) -> Any:
    """The model behind a field, looking through optional values and lists; ``dict`` for the models by id."""
    if key == "models" and holder is CatalogFile:
        return dict
    if not (isinstance(holder, type) and issubclass(holder, BaseModel)):
        return holder
    field = holder.model_fields.get(key)
    return _inner(field.annotation) if field else holder


def _inner(annotation: Any) -> Any:
    if get_origin(annotation) in {Union, UnionType, list, tuple}:
        parts = [part for part in get_args(annotation) if part not in {type(None), Ellipsis}]
        return _inner(parts[0])
    return annotation


def _field_names(holder: Any) -> list[str]:
    if isinstance(holder, type) and issubclass(holder, BaseModel):
        return [field.alias or name for name, field in holder.model_fields.items()]
    return list(getattr(holder, "__dataclass_fields__", ()))
