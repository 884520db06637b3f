"""The queue of a design: why it is there, what a burst leaves in it, classes of requests, and what failed for good."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_demand import PEAK_TPM, model_share
from maquette.bundle.documents.capacity_figures import computed, times
from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import percent
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.routing_values import PriorityClass, peak_over_limit, priority_classes
from maquette.bundle.slots import decided
from maquette.foundation.sources import Source, SourceKind

LIMIT = "cat.rate_limit_tpm"
RUNBOOK = "queue-backlog"
"""The runbook of failure RB-20."""


def queueing_view(seen: Seen) -> Mapping[str, Any]:
    """Rows; a list is empty where nothing waits."""
    slots = decided(seen.inputs.decision)
    waits = seen.policy is not None and (slots.get("queue") is True or slots.get("batch_lane") is True)
    classes = priority_classes(seen.inputs, seen.facts) if seen.policy is not None else ()
    return {
        "reasons": list(_reasons(seen)) if waits else [],
        "classes": [_class(seen, one, len(classes)) for one in classes],
        "dead": list(_dead(seen)) if waits else [],
        "runbook": RUNBOOK if waits and slots.get("complexity_budget") != "minimal" else "",
    }


def _reasons(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    ratio = peak_over_limit(facts, decided(seen.inputs.decision))
    if ratio is not None:
        over = times(ratio, f"{PEAK_TPM}{model_share(seen)[1]} / {LIMIT}")
        words = "the rest waits" if ratio > 1 else "no burst has to wait"
        yield _say("busiest minute", [over, " the account's limit of ", *clause(facts.figure(LIMIT)), f": {words}"])
    yield from _burst(seen, ratio)
    share, daily = facts.figure("scale.async_share"), facts.number("scale.requests_per_day")
    if facts.number("scale.async_share") and daily:
        count = computed(
            daily * (facts.number("scale.async_share") or 0), "requests", "requests a day x scale.async_share"
        )
        yield _say("may wait for hours", [count, " a day, ", *clause(share)])
    policy = seen.policy
    if policy is not None:
        key = "hash of session and step" if facts.values.get("context.multi_turn") is True else "hash of the request"
        tools = facts.figure("agency.tools")
        care: Sentence = []
        if facts.text("agency.tools") in ("write_reversible", "irreversible"):
            care = clause("; a step that changes something (", tools, ") is never sent twice")
        yield _say("idempotency key", [f"{key}, kept until the request is answered", *care])


def _burst(seen: Seen, ratio: Decimal | None) -> Iterator[Mapping[str, Any]]:
    """What a minute at the peak leaves behind, and how long the mean load takes to work it off."""
    facts = seen.facts
    part, named = model_share(seen)
    whole, limit = facts.number(PEAK_TPM), facts.number(LIMIT)
    rate, asked, said = (facts.number(n) for n in ("derived.rps_mean", "tokens.input_avg", "tokens.output_avg"))
    if ratio is None or ratio <= 1 or whole is None or limit is None or rate is None or asked is None or said is None:
        return
    mean, left = rate * 60 * (asked + said) * part, whole * part - limit
    waiting = computed(left / (asked + said), "requests", f"({PEAK_TPM}{named} - {LIMIT}) / tokens of a request")
    if mean >= limit:
        yield _say("a minute of peak", [waiting, " wait, and more each minute: the mean is above the limit too"])
        return
    spare = f"derived.rps_mean x 60 x tokens of a request{named}"
    drained = computed(60 * left / (limit - mean), "s", f"60 x ({PEAK_TPM}{named} - {LIMIT}) / ({LIMIT} - {spare})")
    yield _say("a minute of peak", [waiting, " wait, worked off in ", drained, " at the mean load"])


def _class(seen: Seen, one: PriorityClass, count: int) -> Mapping[str, Any]:
    tiers = clause(seen.facts.figure("users.tiers"))
    wait: Sentence = ["not limited"]
    if one.wait_s is not None and one.share is not None:
        wait = [computed(one.wait_s, "s", f"{one.rank} x latency.p95_ms")]
    elif one.wait_s is not None:
        wait = [computed(one.wait_s / 3600, "h", "24 - scale.active_hours")]
    share: Sentence = ["what the others leave"]
    if one.share is not None:
        formula = "each tier twice the share of the next" if count > 1 else "one class"
        share = [estimated(percent(float(one.share)), formula), *_rate(seen, one.share)]
    named: Sentence = [one.name, *([" of ", *tiers] if tiers and one.name.startswith("tier ") else [])]
    shed = "first" if one.rank == count and count > 1 else "last" if one.rank == 1 else "before those above"
    return {"rank": str(one.rank), "name": named, "share": share, "wait": wait, "shed": shed}


def _rate(seen: Seen, share: Decimal) -> Sentence:
    limit = seen.facts.number(LIMIT)
    return [", ", computed(share * limit, "tokens/min", f"share x {LIMIT}")] if limit else []


def _dead(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """The dead-letter queue: what gets there, what is kept, who looks, how it comes back."""
    facts, policy = seen.facts, seen.policy
    if policy is None:
        return
    attempts = figure(f"{policy.retries + 1} attempts", Source(kind=SourceKind.CLAIMED, ref="the gateway's retries"))
    then = f", then once by {seen.roles[1].model}" if len(seen.roles) > 1 else ""
    yield _say("gets there", [f"what {seen.roles[0].model} did not answer in ", attempts, then, *_invalid(seen)])
    held = (
        "prompt, key and last error" if policy.log_content else "key, last error and where the input lies: no content"
    )
    kept = clause(", for ", facts.figure("logging.retention_days"))
    yield _say("holds", [held, *kept])
    depth: Figure = figure("0 requests", Source(kind=SourceKind.CLAIMED, ref="rule R-QUEUE-01"))
    yield _say("watched", ["app_dead_letter_depth above ", depth])
    yield _say("comes back", ["by hand, after the cause is mended, oldest of the highest class first", *_spare(seen)])


def _invalid(seen: Seen) -> Sentence:
    if decided(seen.inputs.decision).get("structured") is not True:
        return []
    return ["; an answer that is not valid ", *clause(seen.facts.figure("io.output_format")), " after one repair"]


def _spare(seen: Seen) -> Sentence:
    """How fast it may come back beside the usual load."""
    facts = seen.facts
    rate, asked, said, limit = (
        facts.number(name) for name in ("derived.rps_mean", "tokens.input_avg", "tokens.output_avg", LIMIT)
    )
    if rate is None or asked is None or said is None or limit is None or rate * 60 * (asked + said) >= limit:
        return []
    free = limit / (asked + said) / 60 - rate
    formula = f"{LIMIT} / tokens of a request / 60 - derived.rps_mean"
    return [", at most ", computed(free, "requests/s", formula), " beside the usual load"]


def _say(what: str, then: Sentence) -> Mapping[str, Any]:
    return {"what": what, "then": then}
