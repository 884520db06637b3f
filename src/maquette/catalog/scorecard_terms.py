"""The criteria that providers are held against: each asks one requirement, and says who states the answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from maquette.catalog.cards import Capability
from maquette.catalog.providers import Offer, OfferStated, Provider
from maquette.catalog.regions import any_in
from maquette.catalog.shortlist import Candidate
from maquette.catalog.traffic import number
from maquette.foundation.expression import Facts
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count, readable_usd

DAYS_A_MONTH = 365.25 / 12
LEAST_PREFIX_TOK = 1024
"""Tokens from which a shared prefix is worth a cache: rule R-CACHE-01."""

_PLAIN = frozenset({"public", None})
_NO_REGION = frozenset({"none", "on_prem_only", "on_device"})
_NOT_SAID = "not published"
_DOES = {True: "does", False: "does not", None: "does not say"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """One criterion at one provider.

    Attributes:
        name: Short, the same for every provider.
        wants: What the requirement asks for.
        fact: The requirement.
        says: What is known.
        met: None where nobody says, or where it depends.
        source: Who states it; None where nobody does.
    """

    name: str
    wants: str
    fact: str
    says: str
    met: bool | None
    source: Source | None = None

    @property
    def verdict(self) -> str:
        """Met, not met, not known; "depends" where what is known is not enough, "not asked" where nothing asks."""
        if not self.fact:
            return "not asked"
        if self.met is None:
            return "not known" if self.source is None else "depends"
        return "met" if self.met else "not met"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a criterion reads: requirements, the provider's record, and its candidates, the leading one first."""

    facts: Facts
    today: date
    record: Provider | None
    candidates: Sequence[Candidate]


Criterion: TypeAlias = Callable[[Asked], Mark | None]


def budget(asked: Asked) -> Mark | None:
    """The month of the leading candidate within the ceiling; between both ends it depends on the cache."""
    ceiling = number(asked.facts, "budget.monthly_usd")
    if not ceiling:
        return None
    name, wants, fact = "budget", f"at most {readable_usd(ceiling)} a month", "budget.monthly_usd"
    one = asked.candidates[0]
    if one.usd_per_month is None:
        return Mark(name=name, wants=wants, fact=fact, says="unpriced", met=None)
    low, high = one.usd_per_month.low, one.usd_per_month.high
    said = readable_usd(low) if low == high else f"{readable_usd(low)} to {readable_usd(high)}"
    met = True if high <= ceiling else False if low > ceiling else None
    said += "" if met is not None else ", within it only while the prefix stays cached,"
    source = Source(kind=SourceKind.ESTIMATED, ref=f"first month of {one.card.id}, cached to uncached")
    return Mark(name=name, wants=wants, fact=fact, says=f"{said} with {one.card.id}", met=met, source=source)


def residency(asked: Asked) -> Mark | None:
    """The region where data must stay, by the provider's own page, else by its models' ids."""
    region = asked.facts.get("data.residency")
    if not isinstance(region, str) or region in _NO_REGION:
        return None
    name, wants, fact = "residency", f"data stays in {region}", "data.residency"
    stated = asked.record.regions if asked.record else None
    if stated is not None:
        there = region in stated.value
        met = True if there else None if stated.partial else False
        said = ", ".join(stated.value) + (" and others" if stated.partial else "")
        return Mark(name=name, wants=wants, fact=fact, says=said, met=met, source=stated.origin)
    inside = [any_in(one.card.regions, region) for one in asked.candidates]
    if True in inside:
        model = asked.candidates[inside.index(True)].card
        said = f"{model.id} runs in {', '.join(model.regions)}"
        return Mark(name=name, wants=wants, fact=fact, says=said, met=True, source=model.source)
    return Mark(name=name, wants=wants, fact=fact, says=_NOT_SAID, met=None)


def agreement(asked: Asked) -> Mark | None:
    """A business associate agreement, where health data reaches a third party."""
    regimes = asked.facts.get("compliance.regimes")
    health = asked.facts.get("data.sensitivity") == "phi"
    if not health and not (isinstance(regimes, tuple) and "hipaa" in regimes):
        return None
    fact = "data.sensitivity" if health else "compliance.regimes"
    return _offered("BAA", "a business associate agreement", fact, asked.record.baa if asked.record else None)


def retention(asked: Asked) -> Mark | None:
    """Nothing kept, where the data is secret or of patients: rule R-PRIV-03."""
    if asked.facts.get("data.sensitivity") not in {"phi", "secret"}:
        return None
    stated = asked.record.zero_retention if asked.record else None
    return _offered("zero retention", "prompts are not kept", "data.sensitivity", stated)


def training(asked: Asked) -> Mark | None:
    """No training on what is sent, where the data is not public."""
    if asked.facts.get("data.sensitivity") in _PLAIN:
        return None
    stated = asked.record.trains_on_data if asked.record else None
    name, wants, fact = "no training", "no training on what is sent", "data.sensitivity"
    if stated is None:
        return Mark(name=name, wants=wants, fact=fact, says=_NOT_SAID, met=None)
    said = "trains by default" if stated.value else "does not train"
    said += f", {stated.note}" if stated.note else ""
    return Mark(name=name, wants=wants, fact=fact, says=said, met=not stated.value, source=stated.origin)


def availability(asked: Asked) -> Mark | None:
    """The agreement's uptime against the target; what happened is another matter."""
    target = number(asked.facts, "availability.target")
    if not target:
        return None
    wants = f"{readable_count(target * 100)} % of the time"
    stated = asked.record.uptime if asked.record else None
    if stated is None:
        return Mark(name="uptime", wants=wants, fact="availability.target", says="no agreement is known", met=None)
    return Mark(
        name="uptime",
        wants=wants,
        fact="availability.target",
        says=f"promises {readable_count(stated.value * 100)} %",
        met=stated.value >= target,
        source=stated.origin,
    )


def limit(asked: Asked) -> Mark | None:
    """The tokens a minute of the peak against what an account may send; most providers tell only the account."""
    peak = number(asked.facts, "derived.peak_tpm")
    if peak is None:
        return None
    fact = "derived.peak_tpm"
    wants = f"{readable_count(round(peak))} tokens a minute at the peak"
    said = [(one.card.limit_tpm, one.card) for one in asked.candidates if one.card.limit_tpm is not None]
    if not said:
        return Mark(name="rate limit", wants=wants, fact=fact, says="told to each account", met=None)
    most, card = max(said, key=lambda one: one[0])
    source = card.sources.get("limit_tpm", card.source)
    says = f"{most:,} for {card.id}"
    return Mark(name="rate limit", wants=wants, fact=fact, says=says, met=most >= peak, source=source)


def batch(asked: Asked) -> Mark | None:
    """A cheaper lane, where requests may wait."""
    share = number(asked.facts, "scale.async_share") or 0
    waits = asked.facts.get("latency.mode") == "batch"
    if not waits and not share:
        return None
    fact = "latency.mode" if waits else "scale.async_share"
    stated = asked.record.batch if asked.record else None
    name, wants = "batch lane", "a cheaper lane for what may wait"
    if stated is None:
        return Mark(name=name, wants=wants, fact=fact, says=_NOT_SAID, met=None)
    said = "yes" if stated.value else "no"
    return Mark(name=name, wants=wants, fact=fact, says=said, met=stated.value, source=stated.origin)


def prefix_cache(asked: Asked) -> Mark | None:
    """A cache of the shared prefix, where it is long enough to count."""
    prefix = number(asked.facts, "tokens.shared_prefix") or 0
    if prefix < LEAST_PREFIX_TOK:
        return None
    card = asked.candidates[0].card
    able = sum(one.card.can(Capability.PREFIX_CACHE) is True for one in asked.candidates)
    met = card.can(Capability.PREFIX_CACHE)
    said = f"{card.id} {_DOES[met]}, {able} of {len(asked.candidates)} models do"
    source = None if met is None else card.sources.get("capabilities.cache", card.source)
    wants = f"{readable_count(prefix)} tokens read from a cache"
    return Mark(name="prefix cache", wants=wants, fact="tokens.shared_prefix", says=said, met=met, source=source)


def horizon(asked: Asked) -> Mark | None:
    """The leading candidate's last day behind the horizon; a day that nobody published is not known."""
    months = number(asked.facts, "lifecycle.horizon_months")
    if not months:
        return None
    end = asked.today + timedelta(days=round(float(months) * DAYS_A_MONTH))
    card = asked.candidates[0].card
    last = card.retires_on
    said = f"{card.id}: no last day is published" if last is None else f"{card.id} ends on {last.isoformat()}"
    return Mark(
        name="horizon",
        wants=f"in service on {end.isoformat()}",
        fact="lifecycle.horizon_months",
        says=said,
        met=None if last is None else last >= end,
        source=None if last is None else card.sources.get("retires_on", card.source),
    )


def _offered(name: str, wants: str, fact: str, stated: OfferStated | None) -> Mark:
    if stated is None:
        return Mark(name=name, wants=wants, fact=fact, says=_NOT_SAID, met=None)
    said = _OFFERS[stated.value] + (f", {stated.note}" if stated.note else "")
    return Mark(name=name, wants=wants, fact=fact, says=said, met=stated.value is not Offer.NO, source=stated.origin)


_OFFERS: Mapping[Offer, str] = {Offer.YES: "yes", Offer.ON_REQUEST: "on request", Offer.NO: "no"}

CRITERIA: tuple[Criterion, ...] = (
    budget,
    residency,
    agreement,
    retention,
    training,
    availability,
    limit,
    batch,
    prefix_cache,
    horizon,
)
"""In the order in which they are shown; each gives None where the requirements do not ask."""


def stated_terms(record: Provider | None, marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """What the provider says of its contract and no requirement asks: retention, agreements, seat, regions."""
    if record is None:
        return ()
    asked = {mark.name for mark in marks}
    kept, seat, where = record.retention_days, record.seat, record.regions
    found = [
        None if kept is None else _unasked("retention", f"{readable_count(kept.value)} days", kept.note, kept.origin),
        _offer("zero retention", record.zero_retention),
        _offer("BAA", record.baa),
        None if seat is None else _unasked("seat", seat.value, seat.note, seat.origin),
        None if where is None else _unasked("residency", ", ".join(where.value), where.note, where.origin),
    ]
    return tuple(mark for mark in found if mark is not None and mark.name not in asked)


def _offer(name: str, stated: OfferStated | None) -> Mark | None:
    return None if stated is None else _unasked(name, _OFFERS[stated.value], stated.note, stated.origin)


def _unasked(name: str, says: str, note: str | None, source: Source) -> Mark:
    says = f"{says}, {note}" if note else says
    return Mark(name=name, wants="", fact="", says=says, met=None, source=source)
