"""The patterns that the design uses, each with its metric, its baseline and what is expected of it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import percent
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, figure
from maquette.bundle.inputs import RoleModel
from maquette.catalog.families import host
from maquette.decision.patterns import Answering, Shown, enabled_patterns
from maquette.foundation.sources import Source, SourceKind


def pattern_rows(seen: Seen) -> list[Mapping[str, Any]]:
    """A row a pattern; empty while nothing is decided."""
    decision, costs = seen.inputs.decision, seen.inputs.costs
    if decision is None or not seen.roles:
        return []
    levers = costs.levers if costs is not None else None
    answering = [_answering(role, seen) for role in seen.roles]
    found = enabled_patterns(seen.facts.values, decision.rules, levers, answering)
    return [
        {
            "name": one.name,
            "because": one.because,
            "improves": one.improves,
            "metric": one.metric,
            "series": one.series,
            "baseline": _figure(one.baseline, seen),
            "expected": _figure(one.expected, seen),
            "learn": one.learn,
        }
        for one in found
    ]


def _figure(shown: Shown | None, seen: Seen) -> Figure | None:
    """The value with its mark; a fact as the register of requirements has it."""
    if shown is None:
        return None
    return seen.facts.figure(shown.source.ref.removeprefix("answer ")) or figure(shown.text, shown.source)


def _answering(role: RoleModel, seen: Seen) -> Answering:
    run = seen.inputs.run
    company = host(role.card) if role.card is not None else role.model
    record = next(_availability(company, seen), None)
    return Answering(
        name=role.model,
        company=company,
        share=None if record is None else record[0],
        availability=None if record is None else record[1],
        result=role.result,
        run=run.id if run is not None else "",
    )


def _availability(company: str, seen: Seen) -> Iterator[tuple[Decimal, Shown]]:
    """What the company's record says, else what its agreement promises."""
    known = seen.constants.get("provider_record") or {}
    share = (known.get("shares") or {}).get(company)
    if share is not None:
        exact = Decimal(str(share))
        source = Source(kind=SourceKind.CLAIMED, ref=f"{known['source']}, read {known['as_of']}")
        yield exact, Shown(text=f"{percent(exact)} of the requests by {company}'s record", source=source)
    promised = seen.inputs.uptimes.get(company)
    if promised is not None:
        source = Source(kind=SourceKind.CLAIMED, ref=promised.source)
        yield promised.share, Shown(text=f"{percent(promised.share)} promised by {company}", source=source)
