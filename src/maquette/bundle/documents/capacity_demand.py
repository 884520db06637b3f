"""The demand of a capacity plan: the busiest minute in requests and tokens, and where growth takes it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import computed
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.slo_objectives import cached_share_planned
from maquette.bundle.figures import FactSheet, Figure, Sentence, clause
from maquette.bundle.slots import decided
from maquette.cost.design_split import passed_on

GROWTH, HORIZON = "scale.growth_pct_month", "lifecycle.horizon_months"
PEAK_TPM = "derived.peak_tpm"


def demand_rows(seen: Seen) -> list[Mapping[str, Any]]:
    """Rows: what is counted, how much, and what it is computed from."""
    facts = seen.facts
    return [*_requests(facts), *_tokens(facts), *_passed_on(seen), *_pace(facts)]


def growth_rows(seen: Seen) -> list[Mapping[str, Any]]:
    """Launch, half of the horizon, its end; empty without growth."""
    facts = seen.facts
    growth, horizon = facts.number(GROWTH), facts.number(HORIZON)
    daily, peak = facts.number("scale.requests_per_day"), facts.number("derived.rps_peak")
    if not growth or horizon is None or horizon < 2 or not daily or peak is None:
        return []
    per_minute = facts.number("derived.peak_tpm")
    return [_grown(month, growth, daily, peak, per_minute) for month in sorted({1, int(horizon) // 2, int(horizon)})]


def _grown(month: int, growth: Decimal, daily: Decimal, peak: Decimal, per_minute: Decimal | None) -> Mapping[str, Any]:
    factor = (1 + growth / 100) ** (month - 1)
    power = f"(1 + {GROWTH} / 100)^(month - 1), month {month}"
    tokens = None if per_minute is None else computed(per_minute * factor, "", f"derived.peak_tpm x {power}")
    return {
        "month": month,
        "daily": computed(daily * factor, "", f"scale.requests_per_day x {power}"),
        "peak": computed(peak * factor, "", f"derived.rps_peak x {power}"),
        "tokens": tokens,
    }


def _requests(facts: FactSheet) -> Iterator[Mapping[str, Any]]:
    yield from _row("requests a day", facts.figure("scale.requests_per_day"), [])
    hours = facts.figure("scale.active_hours")
    yield from _row("mean of those who wait", facts.figure("derived.rps_mean"), clause("over ", hours))
    peak = facts.figure("scale.peak_factor")
    yield from _row("busiest minute", facts.figure("derived.rps_peak"), clause("peak of ", peak))
    if facts.number("derived.rps_batch"):
        share = facts.figure("scale.async_share")
        yield from _row("requests that may wait", facts.figure("derived.rps_batch"), clause("quiet hours, ", share))


def _tokens(facts: FactSheet) -> Iterator[Mapping[str, Any]]:
    peak = facts.number("derived.rps_peak")
    names = (("prefill", "tokens.input_avg"), ("decode", "tokens.output_avg"))
    for step, name in names if peak is not None else ():
        each = facts.number(name)
        if each is not None and peak is not None:
            found = computed(peak * each, "tokens/s", f"derived.rps_peak x {name}")
            yield from _row(f"{step} in the busiest minute", found, clause("each ", facts.figure(name)))
    yield from _row("all tokens in the busiest minute", facts.figure("derived.peak_tpm"), [])
    length, answer = facts.number("tokens.input_avg"), facts.number("tokens.output_avg")
    fresh = uncached_tpm(facts)
    if fresh is not None:
        prefix = clause("prefix ", facts.figure("tokens.shared_prefix"))
        yield from _row("of these not read from a prefix cache", fresh[1], prefix)
    batch = facts.number("derived.rps_batch")
    if batch and length is not None and answer is not None:
        formula = "derived.rps_batch x (tokens.input_avg + tokens.output_avg)"
        yield from _row("tokens that may wait", computed(batch * (length + answer), "tokens/s", formula), [])


def uncached_tpm(facts: FactSheet) -> tuple[Decimal, Figure] | None:
    """Tokens of the busiest minute that a provider's prefix cache does not answer; None where nothing is shared."""
    peak, planned = facts.number("derived.rps_peak"), cached_share_planned(facts)
    length, answer = facts.number("tokens.input_avg"), facts.number("tokens.output_avg")
    if peak is None or planned is None or length is None or answer is None:
        return None
    share, formula = planned
    left = peak * 60 * (length * (1 - share) + answer)
    whole = f"derived.rps_peak x 60 x (tokens.input_avg x (1 - ({formula})) + tokens.output_avg)"
    return left, computed(left, "tokens/min", whole)


def model_share(seen: Seen) -> tuple[Decimal, str]:
    """The share of all traffic that reaches a language model, and how a formula names it: 1 and "" without a split."""
    share = passed_on(seen.facts.values, decided(seen.inputs.decision))
    return (Decimal(1), "") if share is None else (share.part.base, f" x {share.part.base:f} ({share.source.ref})")


def model_tpm(seen: Seen) -> tuple[Decimal, Figure, str] | None:
    """Tokens of the busiest minute that reach a language model, with their formula; None where they are not known."""
    peak, whole, (share, named) = seen.facts.number(PEAK_TPM), seen.facts.figure(PEAK_TPM), model_share(seen)
    if peak is None or whole is None:
        return None
    formula = f"{PEAK_TPM}{named}"
    return peak * share, computed(peak * share, "tokens/min", formula) if named else whole, formula


def peak_tpm(seen: Seen) -> Figure | None:
    """Tokens of the busiest minute that reach a language model."""
    found = model_tpm(seen)
    return None if found is None else found[1]


def _passed_on(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """What of the busiest minute the classifier leaves to the model; nothing without one."""
    (share, named), peak = model_share(seen), seen.facts.number("derived.rps_peak")
    if named and peak is not None:
        found = computed(peak * share, "requests/s", f"derived.rps_peak{named}")
        yield from _row("of the busiest minute, passed on to the model", found, ["the classifier answers the rest"])
        yield from _row("tokens of it in the busiest minute", peak_tpm(seen), [])


def _pace(facts: FactSheet) -> Iterator[Mapping[str, Any]]:
    latency = facts.figure("latency.p95_ms")
    yield from _row("in flight at the most", facts.figure("derived.concurrency_peak"), clause("within ", latency))
    whole, first, answer = (facts.number(name) for name in ("latency.p95_ms", "latency.ttft_ms", "tokens.output_avg"))
    if whole is not None and first is not None and answer and whole > first:
        formula = "(latency.p95_ms - latency.ttft_ms) / tokens.output_avg"
        found = computed((whole - first) / answer, "ms a token", formula)
        yield from _row(
            "pace of one stream, TPOT", found, clause("first token within ", facts.figure("latency.ttft_ms"))
        )
    else:
        yield from _row("pace of one stream", facts.figure("derived.min_decode_tps"), [])


def _row(what: str, found: Figure | None, rests_on: Sentence) -> Iterator[Mapping[str, Any]]:
    if found is not None:
        yield {"what": what, "figure": found, "rests_on": rests_on}
