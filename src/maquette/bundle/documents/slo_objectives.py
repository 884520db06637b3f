"""What is promised and the query that measures each promise, in the names under which the gateway counts.

An alert rule that watches the same promise takes its query from here, so that document and rule cannot differ.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import FactSheet, Figure, estimated, figure
from maquette.bundle.slots import decided
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count

JOB = 'job="gateway"'
"""The scrape job of the Compose bundle's Prometheus."""

ASKED = f'{JOB},api_key_alias!="litellm-internal-health-check"'
"""Requests of users: the gateway's own health checks are counted under that name."""

OWN_FAULTS = 'exception_status!="400",exception_status!="413",exception_status!="422"'
"""Without the caller's own mistakes, whoever answers them: a wrong form, a request too large, wrong values.

No alternatives within an expression: its bar would end the cell of a table.
"""

REFUSED = "40[134]"
"""Statuses that are the caller's own where the gateway refuses, and a failure of ours where a provider refuses us."""

OF_PROVIDER = 'exception_class=~".+[.].+"'
"""A provider's own error: LiteLLM writes its name before the class, as in Openai.AuthenticationError."""

CACHE_DROP = Decimal("0.85")
"""Below this part of the cached share that the design counts on, the cache is taken to be lost."""

FALLBACK_SHARE = Decimal("0.05")
"""The share of requests on the fallback above which it is an incident: rule R-FALL-07."""

WINDOW_DAYS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Objective:
    """One promise.

    Attributes:
        name: A short name, unique.
        good: What counts as good, in words.
        target: What is promised.
        query: PromQL over the window; empty where no metric says it.
        measured: By what, where no query does.
    """

    name: str
    good: str
    target: Figure
    query: str
    measured: str = ""


def error_ratio(window: str) -> str:
    """PromQL: the share of requests over ``window`` that failed and were not the caller's own mistake."""
    every = f"litellm_proxy_total_requests_metric_total{{{ASKED}}}"
    return f"({_failed('rate', window)} or vector(0)) / (sum(rate({every}[{window}])) > 0)"


def failures(window: str) -> str:
    """PromQL: how many requests failed over ``window``."""
    return f"({_failed('increase', window)} or vector(0))"


def latency_p95(window: str) -> str:
    """PromQL: the P95 of whole answers, in seconds."""
    return _p95("litellm_request_total_latency_metric", window)


def first_token_p95(window: str) -> str:
    """PromQL: the P95 of the time to first token of streamed answers, in seconds."""
    return _p95("litellm_llm_api_time_to_first_token_metric", window)


def cached_share(window: str) -> str:
    """PromQL: the share of input tokens that the provider read from its cache."""
    cached, every = (
        f"litellm_{name}_metric_total{{{JOB}}}[{window}]" for name in ("input_cached_tokens", "input_tokens")
    )
    return f"(sum(rate({cached})) or vector(0)) / (sum(rate({every})) > 0)"


def fallbacks(window: str) -> str:
    """PromQL: how many requests the fallback answered."""
    return f"(sum(increase(litellm_deployment_successful_fallbacks_total{{{JOB}}}[{window}])) or vector(0))"


def fallback_share(window: str) -> str:
    """PromQL: the share of requests that the fallback answered."""
    moved = f"litellm_deployment_successful_fallbacks_total{{{JOB}}}[{window}]"
    every = f"litellm_proxy_total_requests_metric_total{{{ASKED}}}[{window}]"
    return f"(sum(rate({moved})) or vector(0)) / (sum(rate({every})) > 0)"


def _failed(function: str, window: str) -> str:
    metric = f"{function}(litellm_proxy_failed_requests_metric_total{{{ASKED}"
    ours = f'{metric},{OWN_FAULTS},exception_status!~"{REFUSED}"}}[{window}])'
    return f'sum({ours} or {metric},exception_status=~"{REFUSED}",{OF_PROVIDER}}}[{window}]))'


def _p95(metric: str, window: str) -> str:
    return f"histogram_quantile(0.95, sum by (le) (rate({metric}_bucket{{{JOB}}}[{window}])))"


def cached_share_planned(facts: FactSheet) -> tuple[Decimal, str] | None:
    """The share of a prompt that the design counts on to be cached, with the formula; None where nothing is shared.

    The expected case of the cost model: a session of T turns that is only appended to grows from nothing to twice its
    average, so that 2 / T of a mean prompt are new; what all requests share is cached in any case.
    """
    prefix, length = facts.number("tokens.shared_prefix"), facts.number("tokens.input_avg")
    if not prefix or not length or prefix > length:
        return None
    turns = facts.number("context.turns_avg")
    if facts.values.get("context.multi_turn") is True and turns and 1 - 2 / turns > prefix / length:
        return 1 - 2 / turns, "1 - 2 / context.turns_avg"
    return prefix / length, "tokens.shared_prefix / tokens.input_avg"


def objectives(seen: Seen) -> tuple[Objective, ...]:
    """What the answers promise; nothing that nobody asked for."""
    facts = seen.facts
    before = answered_before(seen)
    own = _at_application(facts) if before else ()
    return (
        *own,
        *_answers(facts, " of the gateway" if before else ""),
        *_quality(seen),
        *_cache(seen),
        *_fallback(seen),
    )


def answered_before(seen: Seen) -> bool:
    """Whether something answers requests before the gateway sees them, so that only the application counts them all."""
    return seen.policy is not None and decided(seen.inputs.decision).get("adaptation_first") == "encoder_classifier"


def _at_application(facts: FactSheet) -> Iterator[Objective]:
    """What callers meet: the classifier's answers, which the gateway never sees, among them."""
    month = f"{WINDOW_DAYS}d"
    if (target := facts.figure("availability.target")) is not None:
        failed = f"(sum(increase(app_failed_requests_total[{month}])) or vector(0))"
        query = f"1 - {failed} / (sum(increase(app_request_seconds_count[{month}])) > 0)"
        good = "of all requests, the classifier's among them, answered"
        yield Objective(name="availability", good=good, target=target, query=query)
    if (whole := facts.figure("latency.p95_ms")) is not None:
        query = f"histogram_quantile(0.95, sum by (le) (rate(app_request_seconds_bucket[{month}])))"
        good = "95 of 100 requests, the classifier's among them, are answered within it"
        yield Objective(name="latency", good=good, target=whole, query=query)


def _answers(facts: FactSheet, of: str) -> Iterator[Objective]:
    month = f"{WINDOW_DAYS}d"
    if (target := facts.figure("availability.target")) is not None:
        good = "answered without a failure of ours"
        yield Objective(name=f"availability{of}", good=good, target=target, query=f"1 - {error_ratio(month)}")
    if (whole := facts.figure("latency.p95_ms")) is not None:
        good = "95 of 100 answers are complete within it"
        yield Objective(
            name=f"latency{of}",
            good=good,
            target=whole,
            query=latency_p95(month),
        )
    if (first := facts.figure("latency.ttft_ms")) is not None:
        good = "95 of 100 streamed answers begin within it"
        yield Objective(
            name="first token",
            good=good,
            target=first,
            query=first_token_p95(month),
        )


def _quality(seen: Seen) -> Iterator[Objective]:
    metric, threshold = seen.facts.readable("quality.metric"), seen.facts.figure("quality.threshold")
    if metric is None or threshold is None:
        return
    run = seen.inputs.run
    measured = f"evaluation on {run.dataset}" if run else "evaluation on held-out examples"
    yield Objective(name="quality", good=f"{metric} at least", target=threshold, query="", measured=measured)


def _cache(seen: Seen) -> Iterator[Objective]:
    planned = cached_share_planned(seen.facts)
    if planned is None or decided(seen.inputs.decision).get("prefix_cache") is not True:
        return
    share, formula = planned
    target = estimated(f"{readable_count(round(100 * share * CACHE_DROP, 1))} %", f"{CACHE_DROP} x ({formula})")
    good = f"cached share of input tokens; the design counts on {readable_count(round(100 * share, 1))} %"
    yield Objective(name="prefix cache", good=good, target=target, query=cached_share("1h"))


def _fallback(seen: Seen) -> Iterator[Objective]:
    if seen.policy is None or seen.policy.fallback is None:
        return
    target = figure(f"at most {FALLBACK_SHARE * 100:.0f} %", Source(kind=SourceKind.CLAIMED, ref="rule R-FALL-07"))
    model = next((role.model for role in seen.roles if role.role == "fallback"), "the fallback")
    shared = any(one.weight is not None for one in seen.policy.entries)
    beside = "; its planned share of the group primary is not counted" if shared else ""
    good = f"share of requests that {model} takes over{beside}"
    yield Objective(name="fallback", good=good, target=target, query=fallback_share("1h"))
