"""The capacity plan: demand, limits of accounts, machines, the parts beside the models, and when to add what."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_demand import GROWTH, HORIZON, demand_rows, growth_rows, model_tpm
from maquette.bundle.documents.capacity_figures import computed, month_reached, whole_up
from maquette.bundle.documents.capacity_limits import LIMIT, WARNING_SHARE, limit_findings, limit_rows
from maquette.bundle.documents.capacity_serving import machine_totals, replica_triggers, served_tables
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.slots import decided
from maquette.foundation.sources import Source, SourceKind

UTILISATION = Decimal("0.7")
"""The share of a pod's rate that the peak may take, as of a replica's."""

CHARACTERS_PER_TOK = 4
"""Of English text: learn.microsoft.com/azure/search/vector-search-how-to-chunk-documents."""

SPARE = 1


def capacity_view(seen: Seen) -> Mapping[str, Any]:
    """Rows and sentences of the plan; a list is empty where nothing is known."""
    return {
        "demand": demand_rows(seen),
        "growth": growth_rows(seen),
        "limits": limit_rows(seen),
        "limit_findings": limit_findings(seen),
        "served": served_tables(seen),
        "machines": machine_totals(seen),
        "parts": [*_gateway(seen), *_cache(seen), *_index(seen), *_queue(seen)],
        "triggers": [*replica_triggers(seen), *_limit_trigger(seen), *_gateway_trigger(seen)],
    }


def _pod(seen: Seen) -> tuple[Decimal, Source] | None:
    """Requests a second of one pod of the gateway, and who measured it."""
    found = seen.constants.get("gateway_pod")
    if not found:
        return None
    rate = Decimal(str(found["requests_s"])) / Decimal(str(found["pods"]))
    return rate, Source(kind=SourceKind.CLAIMED, ref=f"{found['source']}, {found['as_of']}")


def _gateway(seen: Seen) -> Iterator[Mapping[str, Any]]:
    peak, pod = seen.facts.number("derived.rps_peak"), _pod(seen)
    if seen.policy is None or peak is None or pod is None:
        return
    rate, source = pod
    count = max(1, whole_up(peak / (rate * UTILISATION)))
    spare = 0 if decided(seen.inputs.decision).get("complexity_budget") == "minimal" else SPARE
    beside = f", and {spare} spare" if spare else ", none spare: R-SCOPE-03"
    formula = f"derived.rps_peak / ({UTILISATION} x {rate:.3g} requests/s of a pod), rounded up{beside}"
    pods = f"{count + spare} pod{'s' if count + spare > 1 else ''} of {seen.constants['gateway_pod']['machine']}"
    each = figure(f"{rate:.3g} requests/s a pod", source)
    yield {
        "part": "gateway",
        "size": estimated(pods, formula),
        "because": ["the maker measured ", each, ", with budgets and metrics on"],
    }
    open_now = seen.facts.figure("derived.concurrency_peak")
    if open_now is not None:
        yield {
            "part": "connections to models",
            "size": open_now,
            "because": ["a connection for each request in flight"],
        }


def _cache(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    rate, answer = facts.number("derived.rps_mean"), facts.number("tokens.output_avg")
    if seen.policy is None or seen.policy.cache_s is None or rate is None or answer is None:
        return
    kept = rate * seen.policy.cache_s
    size = kept * answer * CHARACTERS_PER_TOK / 2**20
    formula = f"derived.rps_mean x {seen.policy.cache_s} s x tokens.output_avg x {CHARACTERS_PER_TOK} bytes"
    entries = computed(kept, "answers", f"derived.rps_mean x {seen.policy.cache_s} s")
    yield {"part": "cache", "size": computed(size, "MiB", formula), "because": ["at most ", entries, " are kept"]}


def _index(seen: Seen) -> Iterator[Mapping[str, Any]]:
    plan = seen.inputs.index
    if plan is None or not plan.searched:
        return
    found, size = plan.chunks, seen.facts.figure("knowledge.corpus_tokens")
    memory = computed(
        found.memory_bytes.base / 2**30, "GiB of memory", "chunks x numbers of a vector x 4 bytes x graph"
    )
    count = computed(found.count.base, "chunks", "knowledge.corpus_tokens / (tokens of a chunk x (1 - overlap))")
    yield {"part": "vector store", "size": memory, "because": [count, " of ", *clause(size)]}


def _queue(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    share, daily = facts.number("scale.async_share"), facts.number("scale.requests_per_day")
    rate = facts.number("derived.rps_batch")
    lane = decided(seen.inputs.decision).get("batch_lane") is True or decided(seen.inputs.decision).get("queue") is True
    if not lane or not share or not daily or not rate:
        return
    depth = computed(daily * share, "requests", "scale.requests_per_day x scale.async_share")
    hours = computed(daily * share / rate / 3600, "hours", "the queue / derived.rps_batch")
    because: Sentence = ["all that may wait gathers, and drains in ", hours, " at ", _must(facts, "derived.rps_batch")]
    yield {"part": "queue", "size": depth, "because": because}


def _limit_trigger(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    asked, limit = model_tpm(seen), facts.number(LIMIT)
    if asked is None or not limit or not limit_rows(seen):
        return
    peak = asked[0]
    warning = limit * WARNING_SHARE
    left = limit - peak
    headroom = computed(abs(left), "tokens/min", f"{LIMIT} - {asked[2]}")
    yield {
        "what": "limit of the account",
        "headroom": [headroom] if left >= 0 else ["none: ", headroom, " too little"],
        "trigger": ["tokens a minute pass ", computed(warning, "", f"{WARNING_SHARE} x {LIMIT}")],
        "when": _grown_past(seen, peak, warning),
    }


def _gateway_trigger(seen: Seen) -> Iterator[Mapping[str, Any]]:
    peak, pod = seen.facts.number("derived.rps_peak"), _pod(seen)
    if seen.policy is None or peak is None or pod is None:
        return
    usable = pod[0] * UTILISATION
    count = max(1, whole_up(peak / usable))
    formula = f"{count} pods x {UTILISATION} x {pod[0]:.3g} requests/s"
    bears = computed(count * usable, "requests/s", formula)
    yield {
        "what": "gateway pod",
        "headroom": [computed(count * usable - peak, "requests/s", f"{formula} - derived.rps_peak")],
        "trigger": ["the busiest minute passes ", bears],
        "when": _grown_past(seen, peak, count * usable),
    }


def _grown_past(seen: Seen, now: Decimal, limit: Decimal) -> Sentence:
    growth, horizon = seen.facts.number(GROWTH), seen.facts.number(HORIZON)
    if growth is None or horizon is None:
        return []
    month = month_reached(now, limit, growth, int(horizon))
    words = "not within the horizon" if month is None else "now" if month == 1 else f"month {month}"
    return [estimated(words, f"the first month with the peak x (1 + {GROWTH} / 100)^(month - 1) above it")]


def _must(facts: Any, name: str) -> Figure | str:
    found: Figure | None = facts.figure(name)
    return "" if found is None else found
