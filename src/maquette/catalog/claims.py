"""Scores that makers publish of their models: on public data and under their own conditions, not on the user's."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from maquette.catalog.cards import QualityClaim
from maquette.foundation.sources import Source, SourceKind

Fraction = Annotated[Decimal, Field(gt=0, le=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScoresEntry(_Entry):
    """What one page says of one model."""

    models: tuple[str, ...] = Field(min_length=1, description="Ids of the catalog: routes to the same model.")
    scores: dict[str, Fraction] = Field(min_length=1, description="Benchmark, and its score as a fraction of one.")
    conditions: str | None = Field(None, description="Shots, reasoning, scaffold: what the page says of the run.")
    source: str = Field(pattern=r"^https://")
    as_of: date


class ClaimsFile(_Entry):
    """catalog/claims/claims.yaml."""

    claims: tuple[ScoresEntry, ...]


def claims_by_model(entries: Iterable[ScoresEntry]) -> dict[str, tuple[QualityClaim, ...]]:
    """The claims of each model id, in the file's order."""
    found: dict[str, list[QualityClaim]] = {}
    for entry in entries:
        ref = f"{entry.source}, {entry.conditions}" if entry.conditions else entry.source
        source = Source(kind=SourceKind.CLAIMED, ref=ref, as_of=entry.as_of)
        claims = [QualityClaim(benchmark=name, value=value, source=source) for name, value in entry.scores.items()]
        for model in entry.models:
            found.setdefault(model, []).extend(claims)
    return {model: tuple(claims) for model, claims in found.items()}
