"""The service level objectives: how each is measured, what can be expected, the budget of errors, alerts, policy."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maquette.bundle.documents.capacity_figures import computed, three_digits
from maquette.bundle.documents.degradation import counted, ladder
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.slo_alerts import alert_rows, by_count
from maquette.bundle.documents.slo_availability import availability_findings, availability_rows
from maquette.bundle.documents.slo_feasible import feasible
from maquette.bundle.documents.slo_objectives import WINDOW_DAYS, objectives
from maquette.bundle.figures import Figure, Sentence, clause, estimated

MINUTES = WINDOW_DAYS * 24 * 60
INCIDENT_SHARE = Decimal("0.2")
"""The part of the budget that one incident may take before a review: SRE workbook, example policy."""

CAREFUL_SHARE = Decimal("0.5")
NIGHT_HOURS = 16
"""From the end of one working day to the start of the next."""


def slo_view(seen: Seen) -> Mapping[str, Any]:
    """Rows and sentences; a list is empty where nothing is promised."""
    return {
        "objectives": [
            {"name": one.name, "good": one.good, "target": one.target, "query": one.query, "measured": one.measured}
            for one in objectives(seen)
        ],
        "measuring": list(_measuring(seen)),
        "chain": availability_rows(seen),
        "chain_findings": availability_findings(seen),
        "budget": list(_budget(seen)),
        "alerts": alert_rows(seen),
        "alert_notes": list(_alert_notes(seen)),
        "policy": list(_policy(seen)),
        "feasible": feasible(seen),
        "ladder": ladder(seen),
        "ladder_counted": counted(seen),
    }


def _measuring(seen: Seen) -> Iterator[Sentence]:
    """What has to be so for the queries to answer."""
    if seen.policy is None:
        return
    if not seen.policy.metrics:
        setting = "`litellm_settings.callbacks` of gateway/config.yaml does not name prometheus yet"
        yield [setting.replace("`", ""), ", since no rule decided monitoring: until it does, no query answers."]
    for fact in ("latency.p95_ms", "latency.ttft_ms"):
        limit = seen.facts.number(fact)
        if limit is not None and (around := _buckets(limit / 1000)) is not None:
            low, high = around
            shown = seen.facts.figure(fact)
            ends = f"between {low:g} s and {high:g} s the quantile is interpolated"
            name = f"unless prometheus_latency_buckets names {three_digits(limit / 1000)} s"
            yield ["No bucket of the gateway's histogram ends at ", *clause(shown), f": {ends}, {name}."]


BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 420.0, 600.0)
"""Seconds at which the buckets of LiteLLM 1.106 end: ``LATENCY_BUCKETS`` of its types/integrations/prometheus.py."""


def _buckets(limit_s: Decimal) -> tuple[float, float] | None:
    """The ends around a limit; None where one ends at it, or none lies around it."""
    limit = float(limit_s)
    if limit in BUCKETS or not BUCKETS[0] < limit < BUCKETS[-1]:
        return None
    return max(end for end in BUCKETS if end < limit), min(end for end in BUCKETS if end > limit)


def _budget(seen: Seen) -> Iterator[Mapping[str, Any]]:
    target, daily = seen.facts.number("availability.target"), seen.facts.number("scale.requests_per_day")
    if target is None or not 0 < target < 1:
        return
    share = 1 - target
    minutes = f"(1 - availability.target) x {MINUTES:,} min"
    yield {"what": "minutes without an answer", "figure": computed(share * MINUTES, "min", minutes)}
    if daily:
        requests = f"(1 - availability.target) x {WINDOW_DAYS} x scale.requests_per_day"
        yield {"what": "failed requests", "figure": computed(share * daily * WINDOW_DAYS, "requests", requests)}
    peak = seen.facts.number("derived.rps_peak")
    if daily and peak:
        formula = f"(1 - availability.target) x {WINDOW_DAYS} x scale.requests_per_day / (60 x derived.rps_peak)"
        whole = computed(share * daily * WINDOW_DAYS / (60 * peak), "min", formula)
        yield {"what": "a whole outage at the busiest time spends all of it after", "figure": whole}
    rto = seen.facts.number("availability.rto_min")
    if rto is not None:
        formula = f"availability.rto_min / ((1 - availability.target) x {MINUTES:,} min)"
        used = estimated(f"{100 * rto / (share * MINUTES):.0f} % of it", formula)
        yield {"what": "one outage as long as the time to recover allows", "figure": used}


def _alert_notes(seen: Seen) -> Iterator[Sentence]:
    facts = seen.facts
    oncall, target = facts.values.get("team.oncall"), facts.number("availability.target")
    if by_count(seen):
        yield [
            "Failures are counted and not divided: ",
            *clause(facts.figure("scale.requests_per_day")),
            " are too few for ratios over minutes.",
        ]
    if oncall is False and target is not None and target < 1:
        allowed = computed((1 - target) * MINUTES, "min", f"(1 - availability.target) x {MINUTES:,} min")
        night = estimated(f"{NIGHT_HOURS * 60} min", f"{NIGHT_HOURS} h from one working day to the next")
        yield [
            "Nobody is on call (",
            *clause(facts.figure("team.oncall")),
            "): every alert is a ticket of working hours, and one night of ",
            night,
            " stands against a budget of ",
            allowed,
            ".",
        ]


def _policy(seen: Seen) -> Iterator[Mapping[str, Any]]:
    target, cadence = seen.facts.number("availability.target"), seen.facts.figure("lifecycle.change_cadence")
    if target is None or not 0 < target < 1:
        return
    minutes = (1 - target) * MINUTES
    often = (
        ["changes of model and prompt go out ", *clause(cadence)] if cadence else ["changes go out through the gates"]
    )
    yield _state(minutes * CAREFUL_SHARE, "or more is left", often)
    yield _state(minutes * CAREFUL_SHARE, "or less is left", _careful(seen))
    yield _state(minutes * INCIDENT_SHARE, "spent by one incident", _after(seen))
    yield {
        "state": ["nothing is left of ", computed(minutes, "min", f"(1 - availability.target) x {MINUTES:,} min")],
        "then": _frozen(seen, cadence),
    }


def _state(minutes: Decimal, words: str, then: Sentence) -> Mapping[str, Any]:
    shown = computed(minutes, "min", f"its share of (1 - availability.target) x {MINUTES:,} min")
    return {"state": [shown, f" {words}"], "then": then}


def _careful(seen: Seen) -> Sentence:
    fallback = seen.policy.fallback if seen.policy else None
    if fallback is None:
        return ["one change at a time, each with its canary; a fallback model comes before new features"]
    return [f"one change at a time, each with its canary; a drill shows that {_name(seen)} takes over"]


def _after(seen: Seen) -> Sentence:
    called = seen.facts.values.get("team.oncall")
    if called is True:
        return ["whoever was on call writes down causes and what prevents each, before the next change"]
    return ["the team writes down causes and what prevents each, before the next change"]


def _frozen(seen: Seen, cadence: Figure | None) -> Sentence:
    if seen.facts.text("lifecycle.change_cadence") == "frozen":
        return ["model and prompt are frozen already (", *clause(cadence), "): the whole team works on reliability"]
    waits: Sentence = ["the next change (", *clause(cadence), ") waits"] if cadence else ["the next change waits"]
    return [*waits, " until 30 days hold the objective again; only repairs and security fixes go out"]


def _name(seen: Seen) -> str:
    return next((role.model for role in seen.roles if role.role == "fallback"), "the fallback")
