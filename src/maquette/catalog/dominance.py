"""Who is beaten on cost and quality by whom.

Like is compared with like: own measurements with own measurements of the same run, claims with claims on the same
benchmark. There is no blended score.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from maquette.catalog.shortlist import Candidate, Quality
from maquette.foundation.sources import SourceKind
from maquette.foundation.units import Usd


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A model in one comparison: what it costs a request, and its score on that one yardstick."""

    model: str
    usd: Usd
    value: float


def yardstick(quality: Quality) -> str:
    """What a score was taken on: scores with different yardsticks are never compared."""
    if quality.source.kind is SourceKind.MEASURED:
        on = f", {quality.benchmark}" if quality.benchmark else ""
        return f"measured, {quality.source.ref}{on}"
    return f"{quality.source.kind}, {quality.benchmark or quality.source.ref}"


def scores(candidate: Candidate) -> Mapping[str, float]:
    """A candidate's scores by yardstick: its own measurement stands alone, otherwise every claim for itself."""
    quality = candidate.quality
    if quality is None:
        return {}
    found = {yardstick(quality): quality.value}
    if quality.source.kind is SourceKind.MEASURED:
        return found
    for claim in candidate.card.claims:
        claimed = Quality(value=float(claim.value), source=claim.source, benchmark=claim.benchmark)
        found.setdefault(yardstick(claimed), claimed.value)
    return found


def beaten(standings: Iterable[Standing]) -> dict[str, str]:
    """Each dominated model to one that is at least as good and as cheap, and better in one of the two.

    One pass over the models from the cheapest on, so n log n: the best score so far, at its lowest cost, beats
    whatever it beats.
    """
    found: dict[str, str] = {}
    best: Standing | None = None
    for one in sorted(standings, key=lambda each: (each.usd, -each.value, each.model)):
        if best is None or one.value > best.value:
            best = one
        elif best.value > one.value or best.usd < one.usd:
            found[one.model] = best.model
    return found


def standings(candidates: Iterable[Candidate]) -> dict[str, list[Standing]]:
    """Each yardstick to the candidates that have a score on it and a price."""
    found: dict[str, list[Standing]] = {}
    for candidate in candidates:
        if candidate.usd_per_request is None:
            continue
        for name, value in scores(candidate).items():
            here = Standing(model=candidate.card.id, usd=candidate.usd_per_request, value=value)
            found.setdefault(name, []).append(here)
    return found


def with_front(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Mark the front: a candidate is on it when it is unbeaten on some yardstick, and dominated when on none."""
    beaters: dict[str, str] = {}
    front: set[str] = set()
    for group in standings(candidates).values():
        lost = beaten(group)
        front |= {standing.model for standing in group if standing.model not in lost}
        for model, by in lost.items():
            beaters.setdefault(model, by)
    if not front:
        return list(candidates)
    return [_marked(candidate, front, beaters) for candidate in candidates]


def _marked(candidate: Candidate, front: set[str], beaters: Mapping[str, str]) -> Candidate:
    name = candidate.card.id
    if name in front:
        return replace(candidate, on_front=True, dominated_by=None)
    return replace(candidate, dominated_by=beaters[name]) if name in beaters else candidate
