"""The bases that can be fine-tuned today, where a tuned model is asked for, and the models that nobody tunes."""

from collections.abc import Iterator, Mapping
from typing import Any

from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Sentence, figure
from maquette.decision.tuned_bases import TunedBase, TunedBases
from maquette.foundation.sources import Source, SourceKind

MOST = 8
"""Bases that are shown: the first of those that fit and last, then others."""


def bases_view(seen: Seen) -> Mapping[str, Any] | None:
    """The base to begin with, rows of the others, and warnings; None where no tuned model is asked for."""
    found = seen.inputs.decision.tuned if seen.inputs.decision else None
    if found is None:
        return None
    return {
        "words": found.words,
        "rows": list(_rows(found.bases[:MOST])),
        "warnings": list(_warnings(found)),
    }


def _warnings(found: TunedBases) -> Iterator[Sentence]:
    for one in found.refused:
        nobody = f"{one.tunable.host} offers no fine-tuning of it"
        yield [f"{one.model}: ", nobody if one.tunable.source is None else figure(nobody, one.tunable.source)]


def _rows(bases: tuple[TunedBase, ...]) -> Iterator[Mapping[str, Any]]:
    for one in bases:
        page, until = one.tunable.source, one.tunable.until
        source = page or Source(kind=SourceKind.CLAIMED, ref=f"catalog entry of {one.model}")
        yield {
            "model": one.model,
            "where": figure(one.tunable.host, source),
            "methods": ", ".join(one.tunable.methods),
            "until": until.isoformat() if until is not None else "no last day known",
            "fits": "yes" if one.fits and one.lasts else "not for a year" if one.fits else "no",
        }
