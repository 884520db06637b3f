"""What `maquette catalog refresh --json` prints."""

from datetime import date
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from maquette.catalog.changes import CatalogChanges, PriceChange
from maquette.cli.contract_parts import exact_or_none

if TYPE_CHECKING:
    from maquette.cli.catalog.refreshing import Affected, Preview

FORMAT = 1


class PriceChangeData(TypedDict):
    """A price in USD for one unit, exact decimals as text; null where there is none."""

    model: str
    key: str
    old: str | None
    new: str | None
    ratio: str | None


class LimitChangeData(TypedDict):
    """A limit in tokens."""

    model: str
    field: str
    old: int | None
    new: int | None


class RetirementData(TypedDict):
    """A last day."""

    model: str
    old: str | None
    new: str


class ChangesData(TypedDict):
    """All differences."""

    new: list[str]
    gone: list[str]
    prices: list[PriceChangeData]
    limits: list[LimitChangeData]
    retirements: list[RetirementData]


class AffectedData(TypedDict):
    """A project that the changes touch."""

    folder: str
    name: str
    models: list[str]
    changes: ChangesData


class RefreshData(TypedDict):
    """`maquette catalog refresh --json`. ``written`` is empty when nothing was changed."""

    format: int
    source: str
    models: int
    changes: ChangesData
    affected: list[AffectedData]
    older: str | None
    written: list[str]


def refresh_data(preview: "Preview", written: tuple[str, ...]) -> RefreshData:
    """A preview, and what was done."""
    return {
        "format": FORMAT,
        "source": preview.candidate.source,
        "models": len(preview.candidate.prices.cards),
        "changes": changes_data(preview.changes),
        "affected": [_affected(one) for one in preview.affected],
        "older": preview.older,
        "written": list(written),
    }


def changes_data(changes: CatalogChanges) -> ChangesData:
    """All differences."""
    return {
        "new": list(changes.new),
        "gone": list(changes.gone),
        "prices": [_price(change) for change in changes.prices],
        "limits": [{"model": one.model, "field": one.field, "old": one.old, "new": one.new} for one in changes.limits],
        "retirements": [
            {"model": one.model, "old": _day(one.old), "new": one.new.isoformat()} for one in changes.retirements
        ],
    }


def _price(change: PriceChange) -> PriceChangeData:
    return {
        "model": change.model,
        "key": change.key,
        "old": exact_or_none(change.old),
        "new": exact_or_none(change.new),
        "ratio": None if change.ratio is None else f"{change.ratio:.4f}",
    }


def _affected(one: "Affected") -> AffectedData:
    return {
        "folder": str(one.folder),
        "name": one.name,
        "models": list(one.models),
        "changes": changes_data(one.changes),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
