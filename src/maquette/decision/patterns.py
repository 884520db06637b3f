"""The patterns that a design uses, each with what it must show: its metric, the baseline, what is expected, the source.

A pattern is enabled by a binding rule's slot or by a stated fact of the design. A value that nobody knows is None, and
the pattern says how it is learnt.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from maquette.catalog.families import OWN_MACHINES
from maquette.cost.lever_evidence import WATCHES
from maquette.cost.levers import Lever, LeverKind, LeverTable
from maquette.decision.lock_in import decided
from maquette.evals.run import TargetResult
from maquette.foundation.expression import Facts, FactValue
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count, readable_usd
from maquette.rules.report import RuleReport


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A value in words, and where it comes from."""

    text: str
    source: Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """One pattern that is enabled.

    Attributes:
        because: The slot with its rules, or the design fact.
        improves: "cost", "latency" or "reliability".
        metric: What must move, in words; ``series`` is where it is read.
        baseline: Without the pattern; ``expected`` with it. None where it is not known.
        learn: What settles what is not known; empty where nothing is open.
    """

    name: str
    because: str
    improves: str
    metric: str
    series: str
    baseline: Shown | None
    expected: Shown | None
    learn: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answering:
    """A model that answers, primary first.

    Attributes:
        availability: How often its company answered, or promises to; None where nobody says.
        result: Its evaluation.
    """

    name: str
    company: str
    availability: Shown | None = None
    share: Decimal | None = None
    result: TargetResult | None = None
    run: str = ""


def enabled_patterns(
    facts: Facts, report: RuleReport, levers: LeverTable | None, answering: Sequence[Answering]
) -> tuple[Pattern, ...]:
    """Every pattern of the design, by what it improves: cost, latency, reliability."""
    return (
        *_on_cost(facts, report, levers),
        *_streaming(facts, report, answering),
        *_fallback(answering),
    )


def _on_cost(facts: Facts, report: RuleReport, levers: LeverTable | None) -> Iterator[Pattern]:
    seen: set[LeverKind] = set()
    for slot, values in _SLOTS.items():
        value, rules = decided(report, slot)
        kind = values.get(value) if isinstance(value, bool | str) else None
        if kind is not None and kind not in seen:
            seen.add(kind)
            yield _of_lever(kind, f"{slot} ({', '.join(rules)})", levers)
    for fact, stated in _DESIGN.items():
        said = facts.get(fact)
        kind = stated.get(said) if isinstance(said, bool | str) else None
        if kind is not None and kind not in seen:
            seen.add(kind)
            yield _of_lever(kind, fact, levers)


def _of_lever(kind: LeverKind, because: str, levers: LeverTable | None) -> Pattern:
    watch = WATCHES[kind]
    lever = levers.lever(kind) if levers is not None else None
    baseline, expected = _ends(levers, lever)
    missing = "; ".join(lever.missing) if lever is not None else "maquette cost levers, once a model has a price"
    if lever is not None and lever.state in {"quality not shown", "fails the quality gate"}:
        missing = f"{lever.state}: {watch.guard}"
    return Pattern(
        name=kind.value.replace("-", " "),
        because=because,
        improves="cost",
        metric=watch.metric,
        series=watch.series,
        baseline=baseline,
        expected=expected,
        learn=missing,
    )


def _ends(levers: LeverTable | None, lever: Lever | None) -> tuple[Shown | None, Shown | None]:
    """The metric and a request's cost without the lever and with it."""
    if levers is None or lever is None:
        return None, None
    before, after = levers.a_request(lever.before_usd), levers.a_request(lever.after_usd)
    if before is None or after is None:
        return None, None
    source = Source(kind=SourceKind.ESTIMATED, ref=f"{levers.baseline}, without {lever.kind.value}")
    again = Source(kind=SourceKind.ESTIMATED, ref=f"{levers.baseline}, with {lever.kind.value}")
    share = lever.saving_share
    delta = "" if share is None else f" ({readable_count((-share * 100).quantize(Decimal('0.1')))} %)"
    return (
        Shown(text=f"{lever.metric_before or 'metric unknown'}, {readable_usd(before)} a request", source=source),
        Shown(text=f"{lever.metric_after or 'metric unknown'}, {readable_usd(after)} a request{delta}", source=again),
    )


def _streaming(facts: Facts, report: RuleReport, answering: Sequence[Answering]) -> Iterator[Pattern]:
    value, rules = decided(report, "streaming")
    if value is not True:
        return
    first = answering[0] if answering else None
    latency = first.result.latency if first is not None and first.result is not None else None
    baseline = None
    if first is not None and latency is not None:
        source = Source(kind=SourceKind.MEASURED, ref=f"run {first.run}")
        baseline = Shown(text=f"{latency.p95_s:.3g} s for the whole answer, P95", source=source)
    ttft = facts.get("latency.ttft_ms")
    expected = None
    if isinstance(ttft, int | float | Decimal) and not isinstance(ttft, bool):
        source = Source(kind=SourceKind.REQUIRED, ref="answer latency.ttft_ms")
        expected = Shown(text=f"{readable_count(ttft)} ms to the first token", source=source)
    open_ends = [*(["maquette eval run measures the whole answer"] if baseline is None else [])]
    open_ends += ["latency.ttft_ms is not answered"] if expected is None else []
    yield Pattern(
        name="streaming",
        because=f"streaming ({', '.join(rules)})",
        improves="latency",
        metric="time until the user sees something",
        series="histogram_quantile(0.95, sum by (le) (rate(litellm_llm_api_time_to_first_token_metric_bucket[5m])))",
        baseline=baseline,
        expected=expected,
        learn="; ".join(open_ends),
    )


def _fallback(answering: Sequence[Answering]) -> Iterator[Pattern]:
    if len(answering) < 2:
        return
    one, other = answering[:2]
    expected, learn = None, "availability of both companies: their status pages or agreements"
    if one.company == other.company:
        run = "your own machines run both: their" if one.company == OWN_MACHINES else f"{one.company} runs both: its"
        learn = f"{run} outage takes down both, and nothing is gained"
    elif one.share is not None and other.share is not None:
        both = 1 - (1 - one.share) * (1 - other.share)
        formula = f"1 - (1 - {one.share}) x (1 - {other.share}), if both fail independently"
        text = f"at the most {readable_count((both * 100).quantize(Decimal('0.0001')))} %"
        expected, learn = Shown(text=text, source=Source(kind=SourceKind.ESTIMATED, ref=formula)), ""
    yield Pattern(
        name=f"fallback to {other.name}",
        because="the fallback that is chosen",
        improves="reliability",
        metric="share of the requests that are answered",
        series="litellm_deployment_successful_fallbacks_total against litellm_deployment_failure_responses_total",
        baseline=one.availability,
        expected=expected,
        learn=learn,
    )


_SLOTS: Mapping[str, Mapping[FactValue, LeverKind]] = {
    "prefix_cache": {True: LeverKind.PREFIX_CACHE},
    "batch_lane": {True: LeverKind.BATCH},
    "router": {"cascade": LeverKind.CASCADE, "predictive": LeverKind.ROUTING},
    "pattern": {"cascade": LeverKind.CASCADE},
    "cache": {"exact": LeverKind.EXACT_CACHE, "semantic": LeverKind.SEMANTIC_CACHE},
}
"""Decided slot, value, and the lever that it pulls."""

_DESIGN: Mapping[str, Mapping[FactValue, LeverKind]] = {
    "design.cache": {"exact": LeverKind.EXACT_CACHE, "semantic": LeverKind.SEMANTIC_CACHE},
    "design.router": {True: LeverKind.ROUTING},
    "design.compression": {True: LeverKind.COMPRESSION},
}
"""What the stated design uses, and the lever that it pulls."""
