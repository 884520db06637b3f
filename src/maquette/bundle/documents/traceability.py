"""From a requirement to what it led to: rules, record, configuration, alert, runbook, and the check that holds it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from maquette.bundle.adrs import record_file
from maquette.bundle.documents.evaluation_plan import evaluation_plan_view
from maquette.bundle.documents.seen import Seen
from maquette.bundle.figures import Sentence
from maquette.bundle.runbooks.writing import alert_rows
from maquette.rules.report import Status

CONFIG_KEYS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "latency.p95_ms": (("timeout", "gateway/config.yaml"),),
    "latency.ttft_ms": (("stream_timeout", "gateway/config.yaml"),),
    "budget.monthly_usd": (("max_budget", "gateway/config.yaml"), ("provider_budget_config", "gateway/config.yaml")),
    "budget.hardness": (("max_budget", "gateway/config.yaml"), ("provider_budget_config", "gateway/config.yaml")),
    "availability.target": (
        ("weight", "gateway/config.yaml"),
        ("fallbacks", "gateway/config.yaml"),
        ("num_retries", "gateway/config.yaml"),
    ),
    "availability.rto_min": (("health_check_interval", "gateway/config.yaml"),),
    "scale.requests_per_day": (("rpm", "gateway/config.yaml"),),
    "scale.peak_factor": (("rpm", "gateway/config.yaml"),),
    "tokens.input_avg": (("tpm", "gateway/config.yaml"),),
    "tokens.output_max": (("max_tokens", "gateway/config.yaml"),),
    "data.residency": (("region", "gateway/config.yaml"),),
    "logging.retention_days": (("maximum_spend_logs_retention_period", "gateway/config.yaml"),),
    "logging.content_allowed": (("turn_off_message_logging", "gateway/config.yaml"),),
    "traffic.exact_repeat_share": (("cache_params", "gateway/config.yaml"),),
    "tokens.input_p99": (("context_window_fallbacks", "gateway/config.yaml"),),
}
"""A requirement and the keys of the configuration that carry it, where the configuration has them."""

_NAME = re.compile(r"[a-z]+\.[a-z0-9_]+")


def traceability_view(seen: Seen) -> Mapping[str, Any]:
    """A row a requirement that led to anything; empty while nothing was weighed."""
    return {"rows": [row for row in _rows(seen) if row["rules"] or row["alerts"] or row["keys"] or row["checks"]]}


def _rows(seen: Seen) -> Iterator[dict[str, Any]]:
    decision = seen.inputs.decision
    fired = [one.rule for one in decision.rules.with_status(Status.FIRED)] if decision else []
    alerts, checks = alert_rows(seen), _checks(seen)
    for name in seen.inputs.book.questions:
        if seen.facts.values.get(name) is None:
            continue
        mine = [one for one in alerts if name in _facts_of(one["threshold"])]
        rules = [rule.id for rule in fired if name in rule.when.names]
        yield {
            "fact": name,
            "value": seen.facts.typed(name),
            "rules": rules,
            "records": _records(seen, rules),
            "keys": _keys(seen, name),
            "alerts": list(dict.fromkeys(one["name"] for one in mine)),
            "runbooks": [_page(path) for path in dict.fromkeys(one["runbook"] for one in mine)],
            "checks": checks.get(name, []),
        }


def _facts_of(sentence: Sentence) -> frozenset[str]:
    """The facts behind a sentence's figures, by their sources."""
    return frozenset(name for part in sentence if not isinstance(part, str) for name in _NAME.findall(part["ref"]))


def _records(seen: Seen, rules: list[str]) -> list[Mapping[str, str]]:
    return [{"id": one.id, "file": record_file(one)} for one in seen.inputs.records if set(one.rules) & set(rules)]


def _keys(seen: Seen, name: str) -> list[str]:
    policy = seen.policy
    if policy is None:
        return []
    first, audit = policy.entries[0], policy.audit
    there = {
        "timeout": policy.timeout_s is not None,
        "stream_timeout": first.limits.stream_timeout is not None,
        "max_budget": any(one.deployment.budget_usd and one.budgeted for one in policy.entries),
        "provider_budget_config": bool(policy.provider_budgets),
        "weight": first.weight is not None,
        "health_check_interval": policy.upkeep is not None and policy.upkeep.health_s is not None,
        "rpm": first.limits.rpm is not None,
        "tpm": first.limits.tpm is not None,
        "max_tokens": first.limits.max_tokens is not None,
        "region": first.pin.region is not None,
        "maximum_spend_logs_retention_period": audit is not None and audit.place == "database" and bool(audit.days),
        "fallbacks": policy.fallback is not None,
        "num_retries": True,
        "turn_off_message_logging": True,
        "cache_params": policy.cache_s is not None,
        "context_window_fallbacks": policy.fallback is not None and policy.larger_context,
    }
    return [key for key, _ in CONFIG_KEYS.get(name, ()) if there[key]]


def _checks(seen: Seen) -> Mapping[str, list[str]]:
    """Fact to the gates of the evaluation plan whose condition prints it."""
    found: dict[str, list[str]] = {}
    for gate in evaluation_plan_view(seen)["gates"]:
        for name in _facts_of(gate["condition"]):
            found.setdefault(name, []).append(gate["gate"])
    return found


def _page(path: str) -> Mapping[str, str]:
    return {"name": path.removeprefix("runbooks/"), "link": f"../{path}"}
