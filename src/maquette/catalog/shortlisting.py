"""From the catalog and the requirements to a shortlist: filters, monthly cost, quality, Pareto front, cautions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from difflib import get_close_matches
from functools import lru_cache

from maquette.catalog.cards import Capability, Catalog, Hosting, ModelCard
from maquette.catalog.filters import FILTERS, Needs, No, Unsure
from maquette.catalog.prices import PriceTable, Tier, Usage
from maquette.catalog.quoting import quote, reads_cache, steps_tok
from maquette.catalog.shortlist import Candidate, Exclusion, Fit, Quality, Shortlist
from maquette.foundation.expression import Facts
from maquette.foundation.lineage import fingerprint
from maquette.foundation.problems import InvalidInput, NotFound
from maquette.foundation.units import DAYS_PER_MONTH, Range, Usd, readable_count, readable_usd

DAYS_A_MONTH = 30
PRICE_IS_OLD_AFTER = timedelta(days=30)

FILTER_FACTS = (
    "providers.allowed",
    "data.external_processing_allowed",
    "data.residency",
    "io.input_modalities",
    "io.output_format",
    "tokens.input_p99",
    "tokens.input_avg",
    "tokens.output_avg",
    "tokens.output_max",
    "tokens.shared_prefix",
    "scale.requests_per_day",
    "latency.mode",
    "budget.monthly_usd",
    "lifecycle.horizon_months",
)
"""The facts that a shortlist depends on; no other answer can change it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Traffic:
    """What the month's cost is computed from; None where a fact is unknown."""

    fresh: Usage | None
    cached: Usage | None
    requests_per_month: Usd | None


def shortlist(
    catalog: Catalog, facts: Facts, *, today: date, measured: Mapping[str, Quality] | None = None
) -> Shortlist:
    """Sort every model into candidates and exclusions.

    Args:
        catalog: All models.
        facts: What is known of the requirements; an unknown fact filters nothing.
        today: For retirement and the age of prices.
        measured: Card id to the quality measured on the user's own examples.
    """
    needs = Needs(facts=facts, today=today)
    traffic = _traffic(facts)
    candidates: list[Candidate] = []
    exclusions: list[Exclusion] = []
    funnel = dict.fromkeys(FILTERS, 0)
    for card in catalog.cards.values():
        month = _month(card, traffic)
        verdict = _judged(card, needs, month)
        if isinstance(verdict, Exclusion):
            exclusions.append(verdict)
            funnel[verdict.filter] += 1
        else:
            candidates.append(_candidate(card, verdict, month, traffic, needs, (measured or {}).get(card.id)))
    return Shortlist(
        candidates=tuple(sorted(_with_front(candidates), key=_order)),
        exclusions=tuple(exclusions),
        funnel=funnel,
        fingerprint=fingerprint(
            catalog.fingerprint, {name: facts[name] for name in FILTER_FACTS if name in facts}, measured or {}
        ),
    )


def why_not(found: Shortlist, model: str) -> str:
    """Why a model is in or out, in one paragraph.

    Raises:
        NotFound: The catalog has no such model; close names are proposed.
    """
    if (out := found.exclusion(model)) is not None:
        return f"{model} is out at the filter '{out.filter}': {out.detail}."
    candidate = found.candidate(model)
    if candidate is None:
        raise _unheard_of(found, model)
    lines = [f"{model} is a candidate: {candidate.fit}."]
    lines += [f"Nobody says {what}." for what in candidate.unverified]
    if candidate.usd_per_month is not None:
        month = candidate.usd_per_month
        lines.append(f"It costs {readable_usd(month.low)} to {readable_usd(month.high)} a month at launch.")
    if candidate.dominated_by:
        lines.append(f"{candidate.dominated_by} is both better and cheaper.")
    return " ".join([*lines, *candidate.cautions])


def require_candidate(found: Shortlist, model: str) -> None:
    """Refuse a model that cannot be chosen.

    Raises:
        NotFound: The catalog has no such model.
        InvalidInput: It is excluded; the message says at which filter.
    """
    if (out := found.exclusion(model)) is not None:
        raise InvalidInput(
            f"{model!r} does not meet the requirements: {out.detail}",
            fix="Choose another model, or change the requirement that excludes it.",
        )
    if found.candidate(model) is None:
        raise _unheard_of(found, model)


def _unheard_of(found: Shortlist, model: str) -> NotFound:
    names = [candidate.card.id for candidate in found.candidates] + [out.card.id for out in found.exclusions]
    close = get_close_matches(model, names, n=3)
    hint = f"Did you mean {' or '.join(close)}?" if close else "maquette shortlist lists the models."
    return NotFound(f"the catalog has no model {model!r}", fix=hint)


def _judged(card: ModelCard, needs: Needs, month: Range[Usd] | None) -> Exclusion | tuple[str, ...]:
    """The first filter that the card fails, or what nobody says of it."""
    unsure: list[str] = []
    for name, passes in FILTERS.items():
        answer = passes(card, needs, month)
        if isinstance(answer, No):
            return Exclusion(card=card, filter=name, detail=answer.why)
        if isinstance(answer, Unsure):
            unsure.append(answer.what)
    return tuple(unsure)


def _candidate(
    card: ModelCard,
    unverified: tuple[str, ...],
    month: Range[Usd] | None,
    traffic: _Traffic,
    needs: Needs,
    measured: Quality | None,
) -> Candidate:
    return Candidate(
        card=card,
        fit=Fit.UNVERIFIED if unverified else Fit.FITS,
        unverified=unverified,
        usd_per_request=_request(card.price, traffic.fresh),
        usd_per_month=month,
        quality=measured or _claimed(card),
        on_front=False,
        dominated_by=None,
        cautions=tuple(_cautions(card, needs)),
    )


def _claimed(card: ModelCard) -> Quality | None:
    """The first claim stands alone: claims on different benchmarks are never blended."""
    if not card.claims:
        return None
    return Quality(value=float(card.claims[0].value), source=card.claims[0].source)


def _traffic(facts: Facts) -> _Traffic:
    read = {name: _number(facts, name) for name in FILTER_FACTS}
    tokens_in, tokens_out = read["tokens.input_avg"], read["tokens.output_avg"]
    a_day = read["scale.requests_per_day"]
    if tokens_in is None or tokens_out is None:
        return _Traffic(fresh=None, cached=None, requests_per_month=None)
    tier = Tier.BATCH if facts.get("latency.mode") == "batch" else Tier.STANDARD
    fresh = Usage(input_tok=int(tokens_in), output_tok=int(tokens_out), tier=tier)
    prefix = min(int(read["tokens.shared_prefix"] or 0), int(tokens_in))
    return _Traffic(
        fresh=fresh,
        cached=replace(fresh, cached_tok=prefix) if prefix else None,
        requests_per_month=None if a_day is None else a_day * DAYS_PER_MONTH,
    )


def _month(card: ModelCard, traffic: _Traffic) -> Range[Usd] | None:
    """A month at launch: high without caching, low with the whole shared prefix read from the cache."""
    requests = traffic.requests_per_month
    high = _request(card.price, traffic.fresh)
    if high is None or requests is None:
        return None
    low = high
    if traffic.cached is not None and card.price is not None and _caches(card, traffic.cached.cached_tok):
        low = min(high, _request(card.price, traffic.cached) or high)
    return Range(low=low * requests, base=high * requests, high=high * requests)


def _caches(card: ModelCard, prefix_tok: int) -> bool:
    """Whether the provider may cache a prefix of that length: not when the model cannot, or it is below the minimum."""
    if card.price is None or not reads_cache(card.price) or card.can(Capability.PREFIX_CACHE) is False:
        return False
    return card.min_cacheable_tok is None or prefix_tok >= card.min_cacheable_tok


def _request(price: PriceTable | None, usage: Usage | None) -> Usd | None:
    """One request; in the standard lane where a model does not offer the wanted one."""
    if price is None or usage is None:
        return None
    found = _quoted(price, usage)
    if found is None and usage.tier is not Tier.STANDARD:
        return _quoted(price, replace(usage, tier=Tier.STANDARD))
    return found


@lru_cache(maxsize=65536)
def _quoted(price: PriceTable, usage: Usage) -> Usd | None:
    return quote(price, usage).total_usd


def _with_front(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Mark the front on cost and quality; only candidates with both figures take part."""
    found = list(candidates)
    rated = [c for c in found if c.quality is not None and c.usd_per_month is not None]
    marked: dict[str, Candidate] = {}
    for candidate in rated:
        better = next((other for other in rated if _dominates(other, candidate)), None)
        marked[candidate.card.id] = replace(
            candidate, on_front=better is None, dominated_by=better.card.id if better else None
        )
    return [marked.get(candidate.card.id, candidate) for candidate in found]


def _dominates(one: Candidate, other: Candidate) -> bool:
    """At least as good and as cheap, and better in one; only like kinds of quality are compared."""
    a, b = one.quality, other.quality
    if a is None or b is None or one.usd_per_month is None or other.usd_per_month is None:
        return False
    if a.source.kind is not b.source.kind:
        return False
    cost, limit = one.usd_per_month.base, other.usd_per_month.base
    return a.value >= b.value and cost <= limit and (a.value > b.value or cost < limit)


def _order(candidate: Candidate) -> tuple[bool, bool, bool, Usd, str]:
    """Own measurements first, then what fits, then the cheapest; unpriced last."""
    measured = candidate.quality is not None and candidate.quality.source.kind == "measured"
    local = candidate.card.hosting is Hosting.LOCAL_FILE
    month = candidate.usd_per_month
    cost = month.base if month else candidate.usd_per_request or Usd("Infinity")
    return (not measured, not local, candidate.fit is not Fit.FITS, cost, candidate.card.id)


def _cautions(card: ModelCard, needs: Needs) -> Iterable[str]:
    horizon = _number(needs.facts, "lifecycle.horizon_months")
    if card.retires_on is not None and horizon is not None:
        end = needs.today + timedelta(days=int(horizon) * DAYS_A_MONTH)
        if card.retires_on <= end:
            left = (card.retires_on - needs.today).days
            yield f"Retires on {card.retires_on.isoformat()}, in {left} days."
    longest = _number(needs.facts, "tokens.input_p99")
    if card.price is not None and longest is not None:
        passed = [step for step in steps_tok(card.price) if longest > step]
        if passed:
            yield f"Prompts above {readable_count(passed[-1])} tokens cost more."
    as_of = card.source.as_of
    if card.hosting is Hosting.API and as_of is not None and needs.today - as_of > PRICE_IS_OLD_AFTER:
        yield f"Its price was read on {as_of.isoformat()}."


def _number(facts: Facts, name: str) -> Usd | None:
    value = facts.get(name)
    return None if value is None or isinstance(value, bool | str | tuple) else Usd(str(value))
