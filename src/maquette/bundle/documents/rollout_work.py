"""The work of the rollout: when the proof of concept is over, tasks beside the decided slots, parts, weights."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.degradation import EVENT, final_fallback
from maquette.bundle.documents.observability_spans import span_rows
from maquette.bundle.documents.seen import Seen
from maquette.bundle.evidence import measured
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.gateway import GatewayPolicy
from maquette.bundle.runbooks.writing import alert_rows, runbook_files
from maquette.bundle.slots import decided
from maquette.evals.run import Verdict
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_usd

MET, MISSED, UNKNOWN = "met", "missed", "not known yet"
ENOUGH_EXAMPLES = 100
"""Examples below which no candidate is chosen: rule R-EVAL-01."""

GATEWAY = "gateway/config.yaml"


_VERDICTS: Mapping[Verdict, bool] = {Verdict.PASSES: True, Verdict.FAILS: False}
"""A verdict to whether the criterion is met; too few examples leave it open."""


def exit_criteria(seen: Seen) -> list[Mapping[str, Any]]:
    """What ends the proof of concept: criterion, what is wanted, what was found, and whether it is met."""
    return list(_criteria(seen)) if seen.roles else []


def _criteria(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts, role, run = seen.facts, seen.roles[0], seen.inputs.run
    result = role.result
    wanted = clause(facts.figure("quality.metric"), " of at least ", facts.figure("quality.threshold"))
    if wanted and run is not None and result is not None and result.interval is not None:
        low, high = result.interval.low * 100, result.interval.high * 100
        found: Sentence = [f"{role.model} ", measured(f"{low:.1f} % to {high:.1f} %", run)]
        yield _criterion("quality", wanted, found, _VERDICTS.get(result.verdict))
    elif wanted:
        yield _criterion("quality", wanted, [], None)
    least = figure(f"{ENOUGH_EXAMPLES} examples", Source(kind=SourceKind.CLAIMED, ref="rule R-EVAL-01"))
    scored = result.scored if result is not None else None
    if scored is not None and run is not None:
        seen_examples: Sentence = [measured(f"{scored:,} examples", run), f" of {run.dataset}"]
        yield _criterion("evidence", ["at least ", least], seen_examples, scored >= ENOUGH_EXAMPLES)
    yield from _quick(seen)
    yield from _cheap(seen)


def _quick(seen: Seen) -> Iterator[Mapping[str, Any]]:
    limit, most = seen.facts.number("latency.p95_ms"), seen.facts.figure("latency.p95_ms")
    result, run = seen.roles[0].result, seen.inputs.run
    if limit is None or most is None:
        return
    if result is None or result.latency is None or run is None:
        yield _criterion("latency", ["P95 within ", most], [], None)
        return
    taken = Decimal(str(result.latency.p95_s)) * 1000
    found = measured(f"{result.latency.p95_s:.3g} s", run)
    yield _criterion("latency", ["P95 within ", most], [found], taken <= limit)


def _cheap(seen: Seen) -> Iterator[Mapping[str, Any]]:
    limit, most = (
        seen.facts.number("derived.cost_per_request_limit"),
        seen.facts.figure("derived.cost_per_request_limit"),
    )
    cost = seen.roles[0].cost
    if limit is None or most is None:
        return
    each = cost.usd_per_request if cost else None
    if each is None or cost is None:
        yield _criterion("cost", ["at most ", most], [], None)
        return
    yield _criterion(
        "cost",
        ["at most ", most],
        [estimated(f"{readable_usd(each)} a request", f"cost of {cost.option}")],
        each <= limit,
    )


def _criterion(what: str, wanted: Sentence, found: Sentence, met: bool | None) -> Mapping[str, Any]:
    state = UNKNOWN if met is None else MET if met else MISSED
    return {"what": what, "wanted": list(wanted), "found": list(found), "state": state}


def phase_tasks(seen: Seen, test_days: Decimal | None) -> Iterator[Mapping[str, Any]]:
    """Tasks that no slot decides: comparing versions, observability, speed, documents; each with what asks for it."""
    if not seen.roles or seen.policy is None:
        return
    minimal = decided(seen.inputs.decision).get("complexity_budget") == "minimal"
    if test_days is not None and not minimal:
        days = "traffic fills a comparison while a version lives"
        kept = seen.facts.values.get("context.multi_turn") is True
        split = f"{seen.roles[0].model} and the version beside it share the traffic"
        yield _task(
            "advanced",
            "A/B framework",
            f"{split}{'; a user keeps the version' if kept else '; each request is drawn'}",
            [days],
            (),
        )
    if seen.policy.metrics and not minimal:
        spans = [str(row["name"]) for row in span_rows(seen)]
        yield _task(
            "advanced",
            "advanced observability",
            f"spans {', '.join(spans)} of each request",
            _facts(seen, "availability.target", "logging.content_allowed"),
            _rules(seen, "R-OBS-01", "R-OBS-02"),
        )
    if seen.facts.number("latency.p95_ms") is not None:
        yield _task(
            "hardening",
            "performance optimisation",
            _faster(seen),
            _facts(seen, "latency.p95_ms", "latency.ttft_ms", "derived.rps_peak"),
            _rules(seen, "R-LAT-04", "R-LAT-05", "R-CACHE-01"),
        )
    books, alerts = runbook_files(seen), {one["name"] for one in alert_rows(seen)}
    counted = f"{len(books)} runbooks for {len(alerts)} alerts, each tried once before launch"
    pages = sorted(
        {one["runbook"].rpartition("/")[2].removesuffix(".md") for one in alert_rows(seen) if one["severity"] == "page"}
    )
    first = f"those that page first: {', '.join(pages)}" if pages else "none of them pages"
    yield _task("hardening", "documentation and runbooks", f"{counted}; {first}", _facts(seen, "team.oncall"), ())


def _faster(seen: Seen) -> str:
    """What is tried for speed, in the order of rule R-LAT-04, as far as it is open here."""
    slots = decided(seen.inputs.decision)
    steps = ["cut the output"]
    if slots.get("prefix_cache") is True:
        steps.append("hold the cached prefix")
    if slots.get("streaming") is True:
        steps.append("stream")
    served = [one.role.model for one in seen.served]
    steps.append(
        f"tune the servers of {', '.join(served)}" if served else f"try a smaller model than {seen.roles[0].model}"
    )
    return f"{', then '.join(steps)}: each on the same examples"


def _facts(seen: Seen, *names: str) -> list[str]:
    return [f"{name} {seen.facts.readable(name)}" for name in names if seen.facts.readable(name)]


def _rules(seen: Seen, *ids: str) -> tuple[str, ...]:
    """Those of the rules that fired, so that the traceability matrix has them."""
    report = seen.inputs.decision.rules if seen.inputs.decision else None
    found = (report.finding(one) for one in ids) if report else ()
    return tuple(one.rule.id for one in found if one is not None and one.status == "fired")


def _task(phase: str, task: str, because: str, facts: list[str], rules: tuple[str, ...]) -> Mapping[str, Any]:
    return {"phase": phase, "task": task, "because": because, "facts": facts, "rules": list(rules)}


def implementation(seen: Seen) -> list[Mapping[str, Any]]:
    """What is built and where it stands: gateway or agent, retry, fallback, monitoring, answer without a model."""
    return list(_parts(seen, seen.policy)) if seen.policy is not None and seen.roles else []


def _parts(seen: Seen, policy: GatewayPolicy) -> Iterator[Mapping[str, Any]]:
    acts = seen.facts.figure("agency.tools") if seen.facts.text("agency.tools") not in (None, "none") else None
    kind = clause(" (", seen.facts.said("task.type"), ")")
    if acts is not None:
        turns = clause(", usually ", seen.facts.figure("context.turns_avg"))
        yield _part("agent", [f"loop of {seen.roles[0].model} with tools: ", acts, *turns], "the application")
    else:
        yield _part(
            "call",
            ["each request", *kind, f" is one call of the group primary, {seen.roles[0].model}"],
            "the application",
        )
    tries = figure(f"{policy.retries} times", Source(kind=SourceKind.ASSUMED, ref=f"num_retries of {GATEWAY}"))
    wait = clause("; never after a timeout of ", policy.timeout_reason)
    yield _part(
        "retry",
        [
            "errors of the server" if policy.limit_retries == 0 else "limits and errors of the server",
            " again, ",
            tries,
            *wait,
        ],
        f"{GATEWAY}: retry_policy",
    )
    if policy.fallback is not None:
        longer = ", also where the input is too long" if policy.larger_context else ""
        yield _part(
            "fallback", [f"{seen.roles[1].model} behind {seen.roles[0].model}{longer}"], f"{GATEWAY}: fallbacks"
        )
    fired = alert_rows(seen)
    if policy.metrics:
        pages: Figure = estimated(
            f"{len({one['name'] for one in fired if one['severity'] == 'page'})} pages",
            "alerts of severity page in monitoring/alerts.yml",
        )
        every = estimated(f"{len({one['name'] for one in fired})} alerts", "names in monitoring/alerts.yml")
        yield _part("monitoring", [every, ", of which ", pages], f"{GATEWAY}: callbacks; monitoring/alerts.yml")
    yield _part("final fallback", [final_fallback(seen)], f"the application, with the log event {EVENT}")


def _part(part: str, what: Sentence, where: str) -> Mapping[str, Any]:
    return {"part": part, "what": list(what), "where": where}
