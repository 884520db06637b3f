"""What `maquette catalog check --json` prints."""

from decimal import Decimal
from typing import Any

from typing_extensions import TypedDict

from maquette.catalog.cards import QualityClaim
from maquette.catalog.overlaying import CatalogLayer, Change, Overlaid, field_value
from maquette.foundation.lineage import canonical_json

FORMAT = 1


class FieldData(TypedDict):
    """One value of a model as text: exact decimals, lists with commas; None where there is none."""

    field: str
    old: str | None
    new: str | None


class ModelChangeData(TypedDict):
    """What the file says of one model."""

    model: str
    new: bool
    fields: list[FieldData]


class CheckData(TypedDict):
    """`maquette catalog check --json`."""

    format: int
    file: str
    models: list[ModelChangeData]
    gpus: list[str]
    hosts: list[str]


def check_data(file: str, before: Overlaid, after: Overlaid, layer: CatalogLayer) -> CheckData:
    """What a file adds to the catalog ``before`` and changes in it."""
    return {
        "format": FORMAT,
        "file": file,
        "models": [_model(change, before, after) for change in after.changes],
        "gpus": [str(gpu["name"]) for gpu in layer.gpus],
        "hosts": [str(host["name"]) for host in layer.hosts],
    }


def _model(change: Change, before: Overlaid, after: Overlaid) -> ModelChangeData:
    old, new = before.cards.get(change.model), after.cards[change.model]
    fields: list[FieldData] = [
        {"field": name, "old": _text(field_value(old, name)), "new": _text(field_value(new, name))}
        for name in change.fields
    ]
    return {"model": change.model, "new": change.new, "fields": fields}


def _text(value: Any) -> str | None:
    """A value in few words; a shape as JSON."""
    match value:
        case None:
            return None
        case Decimal():
            return f"{value:f}"
        case tuple():
            return ", ".join(_item(one) for one in value)
    return canonical_json(value).strip('"')


def _item(value: Any) -> str:
    if isinstance(value, QualityClaim):
        return f"{value.benchmark} {value.value:f}"
    return str(value)
