"""When somebody is called: burn rates where traffic is enough for ratios, counts of failures where it is not."""

from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import percent, three_digits
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.slo_objectives import (
    CACHE_DROP,
    FALLBACK_SHARE,
    WINDOW_DAYS,
    cached_share,
    cached_share_planned,
    error_ratio,
    failures,
    fallback_share,
    fallbacks,
    first_token_p95,
    latency_p95,
)
from maquette.bundle.figures import FactSheet, Figure, estimated, figure
from maquette.bundle.slots import decided
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

FEW_PER_HOUR = 100
"""Requests an hour below which a ratio says little and failures are counted: rule R-OBS-02."""

FEWEST = 2
"""So many failures at least make an alert: one alone is no trend."""

HOURS_OF_WINDOW = WINDOW_DAYS * 24


def alert_rows(seen: Seen) -> list[Mapping[str, Any]]:
    """Rows: name, condition in words, query, what it means, and "page" or "ticket"."""
    rows = [*_budget(seen), *_latency(seen), *_cache(seen), *_fallback(seen)]
    return rows if seen.facts.values.get("team.oncall") is True else [{**one, "severity": "ticket"} for one in rows]


def by_count(seen: Seen) -> bool:
    """Whether there are too few requests for ratios."""
    return few_requests(seen.facts)


def few_requests(facts: FactSheet) -> bool:
    """The same from the facts alone."""
    hourly = _hourly(facts)
    return hourly is not None and hourly < FEW_PER_HOUR


def least_of_day(seen: Seen, share: Decimal) -> int:
    """So many of a day's requests as the share makes, where there are too few for ratios; never one alone."""
    daily = seen.facts.number("scale.requests_per_day") or Decimal(0)
    return max(FEWEST, int((share * daily).to_integral_value(ROUND_CEILING)))


def _hourly(facts: FactSheet) -> Decimal | None:
    """Requests an hour in the active hours, those that may wait among them."""
    daily, hours = facts.number("scale.requests_per_day"), facts.number("scale.active_hours")
    return None if daily is None or not hours else daily / hours


def _budget(seen: Seen) -> Iterator[Mapping[str, Any]]:
    target = seen.facts.number("availability.target")
    if target is None or not 0 < target < 1:
        return
    for pair in seen.constants.get("burn_rates", ()):
        yield _by_count(seen, pair, target) if by_count(seen) else _by_rate(pair, target)


def _by_rate(pair: Mapping[str, Any], target: Decimal) -> Mapping[str, Any]:
    rate = Decimal(str(pair["rate"]))
    most = rate * (1 - target)
    share = estimated(percent(most), f"{rate} x (1 - availability.target)")
    limit = f"{most.normalize():f}"
    return {
        "name": "LLMErrorBudgetBurn",
        "condition": [f"{rate}x: over ", share, f" of requests fail in {pair['long']} and in {pair['short']}"],
        "query": f"{error_ratio(pair['long'])} > {limit} and {error_ratio(pair['short'])} > {limit}",
        "means": [_spent(rate, pair["hours"]), " of the budget is gone"],
        "severity": pair["severity"],
    }


def _by_count(seen: Seen, pair: Mapping[str, Any], target: Decimal) -> Mapping[str, Any]:
    """Failures instead of a ratio: as many as the rate makes of the requests of the window."""
    rate, daily, hourly = Decimal(str(pair["rate"])), seen.facts.number("scale.requests_per_day"), _hourly(seen.facts)
    assert daily is not None  # by_count says so
    assert hourly is not None
    requests = min(hourly * pair["hours"], daily * Decimal(max(pair["hours"], 24)) / 24)
    count = max(FEWEST, int((rate * (1 - target) * requests).to_integral_value(ROUND_CEILING)))
    formula = (
        f"{rate} x (1 - availability.target) x {three_digits(requests)} requests in {pair['long']}, at least {FEWEST}"
    )
    return {
        "name": "LLMErrorBudgetBurn",
        "condition": [f"{rate}x, counted: ", estimated(f"{count} failures", formula), f" in {pair['long']}"],
        "query": f"{failures(pair['long'])} >= {count}",
        "means": [_counted(count, daily, target), " of the budget is gone"],
        "severity": pair["severity"],
    }


def _counted(count: int, daily: Decimal, target: Decimal) -> Figure:
    """The part that so many failures are of those that the window allows."""
    share = count / (daily * WINDOW_DAYS * (1 - target))
    formula = f"{count} / (scale.requests_per_day x {WINDOW_DAYS} x (1 - availability.target))"
    return estimated(f"{readable_count(round(100 * share, 1))} %", formula)


def _spent(rate: Decimal, hours: int) -> Figure:
    share = rate * hours / HOURS_OF_WINDOW
    return estimated(f"{readable_count(round(100 * share, 1))} %", f"{rate} x {hours} h / {HOURS_OF_WINDOW} h")


def _latency(seen: Seen) -> Iterator[Mapping[str, Any]]:
    few = by_count(seen)
    for fact, query, what in (
        ("latency.p95_ms", latency_p95, "P95 of answers"),
        ("latency.ttft_ms", first_token_p95, "P95 of first tokens"),
    ):
        limit, shown = seen.facts.number(fact), seen.facts.figure(fact)
        if limit is not None and shown is not None:
            seconds = f"{(limit / 1000).normalize():f}"
            yield {
                "name": "LLMLatencyBurn",
                "condition": [f"{what} above ", shown, " over a day" if few else " in 30m and in 5m"],
                "query": f"{query('1d')} > {seconds}"
                if few
                else f"{query('30m')} > {seconds} and {query('5m')} > {seconds}",
                "means": ["more than one answer in twenty is late"],
                "severity": "page" if seen.facts.text("latency.mode") == "realtime" else "ticket",
            }


def _cache(seen: Seen) -> Iterator[Mapping[str, Any]]:
    planned = cached_share_planned(seen.facts)
    if planned is None or decided(seen.inputs.decision).get("prefix_cache") is not True:
        return
    share, formula = planned
    least, window = round(share * CACHE_DROP, 3), "1d" if by_count(seen) else "1h"
    shown = estimated(f"{readable_count(round(100 * least, 1))} %", f"{CACHE_DROP} x ({formula})")
    primary = seen.roles[0].cost if seen.roles else None
    dear = next((flip for flip in primary.flip if flip.startswith("without prefix caching")), None) if primary else None
    yield {
        "name": "LLMCacheCollapse",
        "condition": ["cached share of input tokens below ", shown, f" for {window}"],
        "query": f"{cached_share(window)} < {least.normalize():f}",
        "means": [dear or "the prefix changed, or lies below what the provider caches"],
        "severity": "page" if dear and "over the budget" in dear else "ticket",
    }


def _fallback(seen: Seen) -> Iterator[Mapping[str, Any]]:
    if seen.policy is None or seen.policy.fallback is None:
        return
    source = Source(kind=SourceKind.CLAIMED, ref="rule R-FALL-07")
    model = next((role.model for role in seen.roles if role.role == "fallback"), "the fallback")
    condition = [f"{model} takes over more than ", figure(f"{FALLBACK_SHARE * 100:.0f} %", source), " for 1h"]
    query = f"{fallback_share('1h')} > {FALLBACK_SHARE}"
    if by_count(seen):
        least = least_of_day(seen, FALLBACK_SHARE)
        formula = f"{FALLBACK_SHARE} (rule R-FALL-07) x scale.requests_per_day, at least {FEWEST}"
        condition = [f"{model} answers ", estimated(f"{least} requests", formula), " or more in a day"]
        query = f"{fallbacks('1d')} >= {least}"
    yield {
        "name": "LLMProviderDown",
        "condition": condition,
        "query": query,
        "means": [f"{seen.roles[0].model} fails or is limited"],
        "severity": "ticket",
    }
