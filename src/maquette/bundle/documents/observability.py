"""What is measured, logged and traced of this system's requests, and which runbook each alert leads to."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from maquette.bundle.documents.degradation import EVENT, reasons
from maquette.bundle.documents.observability_normal import normal
from maquette.bundle.documents.observability_spans import span_rows
from maquette.bundle.documents.seen import Seen
from maquette.bundle.documents.slo import BUCKETS
from maquette.bundle.documents.slo_objectives import objectives
from maquette.bundle.figures import Figure, Sentence, clause
from maquette.bundle.runbooks.operating import operation_facts
from maquette.bundle.runbooks.writing import alert_rows
from maquette.foundation.expression import parse


def observability_view(seen: Seen) -> Mapping[str, Any]:
    """Rows of each section; empty while no model is chosen."""
    if seen.policy is None:
        return {"metrics": [], "buckets": [], "logs": [], "redaction": [], "spans": [], "panels": [], "alerts": []}
    alerts = alert_rows(seen)
    return {
        "metrics": list(_metrics(seen, alerts)),
        "buckets": list(_buckets(seen)),
        "logs": list(_logs(seen)),
        "redaction": list(_redaction(seen)),
        "spans": span_rows(seen),
        "panels": list(_panels(seen)),
        "alerts": [{**one, "file": one["runbook"].removeprefix("runbooks/")} for one in alerts],
    }


def exporter(name: str) -> str:
    """Who exports a metric, by how its name begins."""
    return {"litellm": "gateway", "vllm": "model servers"}.get(re.split(r"[_:]", name)[0], "application")


def _metrics(seen: Seen, alerts: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The catalogue's metrics whose condition holds here, each with the alerts that read it."""
    facts = operation_facts(seen)
    for one in seen.constants.get("runbooks", {}).get("metrics", ()):
        if parse(one["when"]).holds(facts) is not True:
            continue
        readers = [alert["name"] for alert in alerts if one["name"] in alert["expr"]]
        yield {
            "name": one["name"],
            "kind": one["kind"],
            "from": exporter(one["name"]),
            "what": one["what"],
            "normal": list(normal(one["name"], seen)),
            "alerts": list(dict.fromkeys(readers)),
        }


def _buckets(seen: Seen) -> Iterator[Sentence]:
    """How exactly a required time can be seen: the bounds of the histogram around it."""
    for fact, what in (("latency.p95_ms", "The P95"), ("latency.ttft_ms", "TTFT")):
        limit = seen.facts.number(fact)
        if limit is None:
            continue
        seconds = float(limit) / 1000
        low = max((one for one in BUCKETS if one < seconds), default=0.0)
        high = min((one for one in BUCKETS if one >= seconds), default=None)
        exact = high == seconds
        where = (
            f"is a bound of the gateway's histogram ({high:g} s): the alert is exact"
            if exact
            else (
                f"lies between the gateway's bounds {low:g} s and {high:g} s: the alert interpolates"
                if high is not None
                else f"lies above the last of these bounds ({low:g} s)"
            )
        )
        yield clause(f"{what} of ", seen.facts.figure(fact), f" {where}.")


def _logs(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts = seen.facts
    models = ", ".join(role.model for role in seen.roles)
    tokens = clause(
        "mean planned: ", facts.figure("tokens.input_avg"), " in, ", facts.figure("tokens.output_avg"), " out"
    )
    yield _field("time, request_id, caller", "always", "joins a complaint with its request")
    attempts = f"which of {models} answered, at which attempt, from which cache"
    yield _field("group, model, provider, attempt, cache", "always", attempts)
    yield _field("tokens_in, tokens_cached, tokens_out, usd", "always", tokens)
    for name, when, stored, before, fact in _FIELDS:
        if when(seen):
            yield _field(name, stored, clause(before, facts.figure(fact)))
    if lower := reasons(seen):
        yield _field("event, step, reason", "when degraded", f"{EVENT}, as an error: {', '.join(lower)}")
    content = seen.policy is not None and seen.policy.log_content
    allowed = clause("may content be stored: ", facts.figure("logging.content_allowed"))
    yield _field("prompt, answer", "always" if content else "never", allowed)


def _true(fact: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.facts.values.get(fact) is True


def _some(fact: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.facts.text(fact) not in (None, "none")


def _any(_: Seen) -> bool:
    return True


_FIELDS: tuple[tuple[str, Callable[[Seen], bool], str, str, str], ...] = (
    ("latency_ms, ttft_ms", _any, "always", "required: P95 ", "latency.p95_ms"),
    ("prompt_version, outcome, finish_reason", _any, "always", "scored by ", "quality.metric"),
    ("session_id, turn", _true("context.multi_turn"), "always", "turns of a session: ", "context.turns_avg"),
    ("tool, arguments_hash, approved_by", _some("agency.tools"), "always", "what the model may do: ", "agency.tools"),
    (
        "label, confidence, escalated",
        _true("quality.label_space_fixed"),
        "always",
        "labels are fixed: ",
        "quality.label_space_fixed",
    ),
    (
        "language",
        lambda seen: (seen.facts.number("quality.languages") or 0) > 1,
        "always",
        "scored apart: ",
        "quality.languages",
    ),
    (
        "cited, cited_found",
        _true("knowledge.citations_required"),
        "always",
        "citations required: ",
        "knowledge.citations_required",
    ),
    (
        "reviewer_verdict, edited_share",
        _some("risk.human_review"),
        "when reviewed",
        "a person checks: ",
        "risk.human_review",
    ),
)
"""Fields, the systems that have them, when they are stored, and the fact that they are there for."""


def _field(name: str, stored: str, why: Sentence | str) -> Mapping[str, Any]:
    return {"field": name, "stored": stored, "why": [why] if isinstance(why, str) else list(why)}


def _redaction(seen: Seen) -> Iterator[Mapping[str, Any]]:
    facts, policy = seen.facts, seen.policy
    kept, data = facts.figure("logging.retention_days"), facts.figure("data.sensitivity")
    setting = f"turn_off_message_logging: {'false' if policy and policy.log_content else 'true'}"
    yield {"what": "gateway/config.yaml", "how": setting, "why": clause("data up to ", data)}
    if kept is not None:
        yield {"what": "retention", "how": "delete by age, every night", "why": [kept]}
    regimes = facts.figure("compliance.regimes")
    if regimes is not None and regimes["text"] not in ("none", ""):
        yield {"what": "who may read", "how": "named people; each access is itself logged", "why": [regimes]}


def _panels(seen: Seen) -> Iterator[Mapping[str, Any]]:
    """A panel an objective, with its line; then what the volume and the money are."""
    for one in objectives(seen):
        if one.query:
            yield {"panel": one.name, "query": one.query, "line": [one.target]}
    rate, budget = seen.facts.figure("derived.rps_peak"), seen.facts.figure("budget.monthly_usd")
    if rate is not None:
        yield _panel("requests a second", "sum(rate(litellm_proxy_total_requests_metric_total[5m]))", rate)
    if budget is not None and any(one.prices for one in (seen.policy.deployments if seen.policy else ())):
        yield _panel("USD in thirty days", "sum(increase(litellm_spend_metric_total[30d]))", budget)
    limit = seen.facts.figure("cat.rate_limit_tpm")
    if limit is not None:
        yield _panel("tokens a minute", "60 * sum(rate(litellm_total_tokens_metric_total[2m]))", limit)


def _panel(name: str, query: str, line: Figure) -> Mapping[str, Any]:
    return {"panel": name, "query": query, "line": [line]}
