"""The two sides of `maquette cost diff`: an option, a project's folder, or a projection that was saved as JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from maquette.cost.difference import PlainLine, plain_lines
from maquette.cost.projection import CostProjection
from maquette.foundation.problems import InvalidInput, NotFound, Place, Unavailable
from maquette.foundation.wording import listed, shown

if TYPE_CHECKING:
    from maquette.project import Project

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes of a saved projection; what is larger is none."""


_Exact: TypeAlias = Annotated[Decimal, Field(max_digits=60, decimal_places=30)]
"""A number that is written out in a line: what has more digits was not saved by a projection."""


class _SavedAmounts(TypedDict):
    base: _Exact


class _SavedLine(TypedDict):
    option: str
    month: int
    name: str
    quantity: _SavedAmounts
    unit: str
    usd_per_unit: _Exact
    amount_usd: _SavedAmounts


class _SavedOption(TypedDict):
    option: str
    total_usd: _SavedAmounts | None


class _Saved(TypedDict):
    format: int
    options: list[_SavedOption]
    lines: list[_SavedLine]


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One side.

    Attributes:
        label: As the user named it.
        options: The lines of each priced option, cheapest first.
        alone: Whether the user named one option and not a whole projection.
    """

    label: str
    options: Mapping[str, tuple[PlainLine, ...]]
    alone: bool = False


def side_of(text: str, project: "Project | None") -> Side:
    """What ``text`` names: an option of ``project`` first, then a saved projection, then a project's folder.

    Raises:
        NotFound: It is none of these, or the option has no price.
        InvalidInput: The file holds no projection, or one without lines.
        Unavailable: The file cannot be read.
    """
    projection = project.view.projection if project is not None and project.view.cost_options else None
    option = projection.option(text) if projection is not None else None
    if projection is not None and option is not None:
        if option.total_usd is None:
            raise NotFound(f"{text} is unpriced", fix=f"{'; '.join(option.unpriced)}.")
        return Side(label=text, options={text: plain_lines(projection.lines, text)}, alone=True)
    path = Path(text)
    if path.is_file():
        return Side(label=text, options=_saved(path))
    if path.is_dir():
        return Side(label=text, options=_priced(_opened(text).view.projection))
    names = [one.option for one in projection.options] if projection is not None else []
    there = f"The options are {listed(names)}; " if names else ""
    raise NotFound(
        f"{shown(text)} is no option, saved projection or folder",
        fix=f"{there}a projection is saved by: maquette cost --json --lines > cost.json.",
    )


def pairs(a: Side, b: Side) -> tuple[tuple[str, str], ...]:
    """Which option of ``a`` is held against which of ``b``.

    Raises:
        NotFound: They have no option in common, and there are several to choose from.
    """
    if (a.alone and b.alone) or (len(a.options) == 1 and len(b.options) == 1):
        return ((next(iter(a.options)), next(iter(b.options))),)
    common = tuple((name, name) for name in a.options if name in b.options)
    if not common:
        raise NotFound(
            f"{shown(a.label)} and {shown(b.label)} have no option in common",
            fix=f"There are {listed(a.options)} and {listed(b.options)}; name one of each.",
        )
    return common


def _opened(folder: str) -> "Project":
    from maquette.cli.cost.opening import opened

    return opened(folder)


def _priced(projection: CostProjection) -> dict[str, tuple[PlainLine, ...]]:
    return {
        one.option: plain_lines(projection.lines, one.option) for one in projection.options if one.total_usd is not None
    }


def _saved(path: Path) -> dict[str, tuple[PlainLine, ...]]:
    try:
        saved = TypeAdapter(_Saved).validate_python(_read(path))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise InvalidInput(
            "this is no saved projection",
            place=Place(file=str(path), field=where),
            fix="Save one: maquette cost --json --lines > cost.json.",
        ) from None
    priced = [one["option"] for one in saved["options"] if one["total_usd"] is not None]
    if priced and not saved["lines"]:
        raise InvalidInput(
            "the projection was saved without its lines",
            place=Place(file=str(path)),
            fix="Save it again: maquette cost --json --lines > cost.json.",
        )
    return {name: tuple(_line(line) for line in saved["lines"] if line["option"] == name) for name in priced}


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InvalidInput(
                "this file is too large for a projection", place=Place(file=str(path)), fix="Name another."
            )
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise InvalidInput(
            "this is no JSON", place=Place(file=str(path)), fix="Save one: maquette cost --json --lines > cost.json."
        ) from None
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}", fix="Check its permissions.") from None


def _line(line: _SavedLine) -> PlainLine:
    return PlainLine(
        month=line["month"],
        name=line["name"],
        unit=line["unit"],
        quantity=line["quantity"]["base"],
        usd_per_unit=line["usd_per_unit"],
        amount_usd=line["amount_usd"]["base"],
    )
