"""What availability the providers and their fallback can be expected to have, with arithmetic, against the target."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import percent
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.inputs import RoleModel
from maquette.catalog.cards import Hosting
from maquette.catalog.families import host
from maquette.foundation.sources import Source, SourceKind


def availability_rows(seen: Seen) -> list[Mapping[str, Any]]:
    """A row a role: who runs it, how often that provider answered, what its agreement promises."""
    return [row for role in seen.roles if (row := _row(seen, role)) is not None]


def availability_findings(seen: Seen) -> list[Sentence]:
    """The chain's availability with its arithmetic, against the target; empty where no record is known."""
    return list(_findings(seen))


def _row(seen: Seen, role: RoleModel) -> Mapping[str, Any] | None:
    if role.card is None or role.card.hosting is not Hosting.API:
        return None
    company = host(role.card)
    record, promised = _record(seen, company), seen.inputs.uptimes.get(company)
    agreement = None
    if promised is not None:
        agreement = figure(percent(promised.share), Source(kind=SourceKind.CLAIMED, ref=promised.source))
    return {
        "role": role.role,
        "model": role.model,
        "company": company,
        "record": record[1] if record else None,
        "promised": agreement,
    }


def _record(seen: Seen, company: str) -> tuple[Decimal, Figure] | None:
    known = seen.constants.get("provider_record") or {}
    share = (known.get("shares") or {}).get(company)
    if share is None:
        return None
    exact = Decimal(str(share))
    source = Source(kind=SourceKind.CLAIMED, ref=f"{known['source']}, read {known['as_of']}")
    return exact, figure(percent(exact), source)


def _findings(seen: Seen) -> Iterator[Sentence]:
    target = seen.facts.number("availability.target")
    companies = list(dict.fromkeys(host(role.card) for role in seen.roles if role.card is not None))
    known = [(company, found) for company in companies if (found := _record(seen, company)) is not None]
    if not known:
        yield from _own(seen)
        return
    first, (share, shown) = known[0]
    if target is not None:
        yield _alone(seen, first, share, shown, target)
    if len(known) > 1:
        yield from _together(seen, known[:2], target)
    elif len(companies) == 1 and len(seen.roles) > 1:
        yield [
            f"Primary and fallback are both run by {first}: its outage takes down both, and the chain gains nothing."
        ]


def chain_share(seen: Seen) -> tuple[Decimal, str] | None:
    """The most that the chain can answer, with the formula; None where no record of a provider is known.

    Providers that fail independently, and nothing else in between that fails: the truth is below it.
    """
    companies = list(dict.fromkeys(host(role.card) for role in seen.roles if role.card is not None))
    known = [(company, found[0]) for company in companies if (found := _record(seen, company)) is not None][:2]
    if not known:
        return None
    if len(known) == 1:
        return known[0][1], f"record of {known[0][0]}"
    (one, first), (other, second) = known
    both = 1 - (1 - first) * (1 - second)
    return both, f"1 - (1 - {first}) x (1 - {second}), if {one} and {other} failed independently"


def _alone(seen: Seen, company: str, share: Decimal, shown: Figure, target: Decimal) -> Sentence:
    wanted = _target(seen)
    down = estimated(f"{(1 - share) * 43200:.0f} min", f"(1 - {share}) x 43,200 min")
    words = "misses" if share < target else "holds"
    return [f"{company} alone, at ", shown, f", {words} ", *wanted, ": ", down, " in 30 days without an answer."]


def _together(
    seen: Seen, known: list[tuple[str, tuple[Decimal, Figure]]], target: Decimal | None
) -> Iterator[Sentence]:
    (one, (first, _)), (other, (second, _)) = known
    both = 1 - (1 - first) * (1 - second)
    formula = f"1 - (1 - {first}) x (1 - {second}), if {one} and {other} failed independently"
    best = estimated(percent(both), formula)
    yield [f"With {other} behind {one} at the most ", best, ": outages of networks and of the gateway hit both."]
    if target is not None and both > target > first:
        share = (target - first) / (1 - first)
        formula = f"(availability.target - {first}) / (1 - {first})"
        caught = estimated(f"{share * 100:.0f} %", formula)
        said = f" of {one}'s failures: a drill shows whether it does."
        yield ["To hold ", *_target(seen), " the fallback must catch ", caught, said]


def _own(seen: Seen) -> Iterator[Sentence]:
    """Own machines: what the promise leaves for restarts."""
    target = seen.facts.number("availability.target")
    if target is None or not seen.roles or not all(r.card and r.card.hosting is not Hosting.API for r in seen.roles):
        return
    minutes = estimated(f"{(1 - target) * 43200:.1f} min", "(1 - availability.target) x 43,200 min")
    spare = next((one.sized.spare for one in seen.served), None)
    kept = (
        [] if spare is None else [f" With {spare} spare replica the loss of one costs no answer but those in flight."]
    )
    yield ["No record of the own machines exists; ", *_target(seen), " leaves them ", minutes, " in 30 days.", *kept]


def _target(seen: Seen) -> Sentence:
    return clause(seen.facts.figure("availability.target"))
