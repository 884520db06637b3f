"""Alerts on what only the application can count: outcomes of answers, findings of checks, sessions of an agent."""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from maquette.bundle.documents.slo_alerts import FEWEST, by_count, least_of_day
from maquette.bundle.figures import Figure, Sentence, clause, estimated
from maquette.bundle.runbooks import promql
from maquette.bundle.runbooks.operating import Operating, answerer, escalated, usual_session
from maquette.bundle.runbooks.values import Alert
from maquette.foundation.units import readable_usd

NOISE = Decimal("1.96")
"""Standard deviations around a score within which 95 of 100 samples lie."""

INDEX_AGE_H: Mapping[str, int] = {"realtime": 1, "daily": 36, "weekly": 192, "monthly": 768, "static": 2208}
"""How old an index may be in hours, by how often its sources change: the period and half a day, a day for longer."""


def _invalid(op: Operating) -> Iterator[Alert]:
    most = op.limits["invalid_share"]
    told: Sentence = ["more than ", most.figure(f"{promql.number(most.value * 100)} %"), f" of {_whose(op)} answers"]
    expr = f"{promql.answers('invalid', '30m', answerer(op))} > {promql.number(most.value)}"
    if by_count(op.seen):
        least, told = _counted(op)
        expr = f"{promql.answered('invalid', '1d')} >= {least}"
    yield Alert(
        name="LLMSchemaInvalid",
        entry="RB-05",
        hold="10m",
        page=False,
        expr=expr,
        summary="answers do not parse",
        threshold=told,
    )


def _whose(op: Operating) -> str:
    return "the" if answerer(op) is None else "the model's"


def _counted(op: Operating) -> tuple[int, Sentence]:
    """The share that is too much as a count of a day, where requests are few."""
    most = op.limits["invalid_share"]
    least = least_of_day(op.seen, most.value)
    formula = f"{most.value} ({most.source}) x scale.requests_per_day, at least {FEWEST}"
    return least, [estimated(f"{least} answers", formula), " or more in a day"]


def _refusing(op: Operating) -> Iterator[Alert]:
    least, rise = op.limits["invalid_share"], op.limits["share_rise"]
    share = promql.answers("refused", "1h", answerer(op))
    limit = f"{share} > {promql.number(least.value)}"
    told: Sentence = [
        "more than ",
        least.figure(f"{promql.number(least.value * 100)} %"),
        f" of {_whose(op)} answers are refusals",
    ]
    if by_count(op.seen):
        count, told = _counted(op)
        share = promql.answered("refused", "1d")
        limit = f"{share} >= {count}"
    before = re.sub(r"(\[1[hd]\])", r"\1 offset 1w", share)
    usual = rise.figure(f"{promql.number(rise.value)} x last week's")
    yield Alert(
        name="LLMRefusalSpike",
        entry="RB-06",
        hold="15m",
        page=False,
        expr=f"{limit} and {share} > {promql.number(rise.value)} * ({before})",
        summary="far more refusals than a week ago",
        threshold=[*told, ", and more than ", usual],
    )


def _unsupported(op: Operating) -> Iterator[Alert]:
    worst = op.seen.facts.number("quality.max_hallucination_rate")
    threshold = op.seen.facts.number("quality.threshold")
    if worst:
        share = "sum(increase(app_unsupported_answers_total[1d])) / (sum(increase(app_checked_answers_total[1d])) > 0)"
        yield Alert(
            name="LLMFaithfulnessDrop",
            entry="RB-07",
            hold="1h",
            page=True,
            expr=f"{share} > {promql.number(worst)}",
            summary="too many checked answers claim what nothing supports",
            threshold=clause(
                "more than ", op.seen.facts.figure("quality.max_hallucination_rate"), " of a day's checked answers"
            ),
        )
    elif threshold is not None:
        fall = op.limits["quality_fall"].value
        least = estimated(
            f"{promql.number((threshold - fall) * 100)} %",
            f"quality.threshold - {fall} ({op.limits['quality_fall'].source})",
        )
        yield Alert(
            name="LLMFaithfulnessDrop",
            entry="RB-07",
            hold="1h",
            page=False,
            expr=f"min(app_quality_sample_ratio) < {promql.number(threshold - fall)}",
            summary="the daily sample scores below what is required",
            threshold=["below ", least],
        )


def _regressed(op: Operating) -> Iterator[Alert]:
    fall, shown = _seen_fall(op)
    yield Alert(
        name="LLMQualityRegression",
        entry="RB-21",
        hold="1h",
        page=False,
        expr=(
            f"min(app_quality_sample_ratio) < avg_over_time(min(app_quality_sample_ratio)[7d:1h] "
            f"offset 1d) - {promql.number(fall)}"
        ),
        summary="the online sample scores lower than last week",
        threshold=[shown, " below the mean of the week"],
    )


def _seen_fall(op: Operating) -> tuple[Decimal, Figure]:
    """By how much a score must fall before it is more than the sample's own noise; never less than the limit."""
    limit, facts = op.limits["quality_fall"], op.seen.facts
    held = next((one for one in ("data.eval_examples", "data.labelled_examples") if facts.number(one)), None)
    count, threshold = facts.number(held) if held else None, facts.number("quality.threshold")
    if count and threshold is not None and 0 < threshold < 1:
        noise = round(NOISE * (threshold * (1 - threshold) / count).sqrt(), 3)
        if noise > limit.value:
            formula = f"{NOISE} x sqrt(p (1 - p) / n), p = quality.threshold, n = {held}: a day's sample is as large"
            return noise, estimated(f"{promql.number(noise * 100)} points", formula)
    return limit.value, limit.figure(f"{promql.number(limit.value * 100)} points")


def _found(entry: str, name: str, metric: str, window: str, summary: str) -> Callable[[Operating], Iterator[Alert]]:
    """An alert for findings of which one is too many."""

    def told(op: Operating) -> Iterator[Alert]:
        yield Alert(
            name=name,
            entry=entry,
            hold="0m",
            page=True,
            expr=f"sum(increase({metric}[{window}])) > 0",
            summary=summary,
            threshold=["any finding"],
        )

    return told


def _stale(op: Operating) -> Iterator[Alert]:
    frequency = op.seen.facts.text("knowledge.change_freq")
    hours = INDEX_AGE_H.get(frequency or "")
    changes = op.seen.facts.figure("knowledge.change_freq")
    if hours is not None:
        yield Alert(
            name="RAGIndexStale",
            entry="RB-16",
            hold="15m",
            page=False,
            expr=f"max(app_index_age_seconds) > {hours * 3600}",
            summary="the index is older than its sources allow",
            threshold=clause(
                "older than ", estimated(f"{hours} h", "knowledge.change_freq"), "; sources change ", changes
            ),
        )
    least = op.limits["recall"]
    yield Alert(
        name="RAGRecallDrop",
        entry="RB-16",
        hold="1h",
        page=False,
        expr=f"min(app_retrieval_recall_ratio) < {promql.number(least.value)}",
        summary="retrieval finds too few of the passages that it should",
        threshold=["below ", least.figure(f"{promql.number(least.value * 100)} % of the passages")],
    )


def _runaway(op: Operating) -> Iterator[Alert]:
    usual = usual_session(op)
    if usual is not None:
        yield from _unusual(op, *usual)
    stops = op.limits["loop_stops"]
    yield Alert(
        name="AgentLoopStopped",
        entry="RB-23",
        hold="0m",
        page=False,
        expr=f"sum(increase(app_loop_stops_total[1h])) > {promql.number(stops.value)}",
        summary="the loop detector stops sessions",
        threshold=["more than ", stops.figure(f"{promql.number(stops.value)} stops an hour")],
    )


def _unusual(op: Operating, turns: Decimal, cost: Decimal | None) -> Iterator[Alert]:
    """A session with far more turns, or dearer, than one of ``turns`` that costs ``cost`` USD."""
    most = (op.limits["session_turns"].value * turns).to_integral_value()
    factor = promql.number(op.limits["session_turns"].value)
    yield Alert(
        name="AgentRunaway",
        entry="RB-23",
        hold="1m",
        page=False,
        expr=f"max(app_session_turns) > {most}",
        summary="a session takes far more turns than usual",
        threshold=["more than ", estimated(f"{most} turns", f"{factor} x context.turns_avg")],
    )
    if cost is not None:
        dear = (op.limits["session_cost"].value * cost).quantize(Decimal("0.01"))
        formula = (
            f"{op.limits['session_cost'].value} x context.turns_avg x cost of a request of {op.seen.roles[0].model}"
        )
        yield Alert(
            name="AgentSessionCost",
            entry="RB-23",
            hold="15m",
            page=False,
            expr=f"{promql.quantile('app_session_cost_usd', '0.95', '1h')} > {promql.number(dear)}",
            summary="the P95 of a session's cost is too high",
            threshold=["P95 above ", estimated(f"{readable_usd(dear)} a session", formula)],
        )


def _drifting(op: Operating) -> Iterator[Alert]:
    most, shown = escalated(op)
    rise = op.limits["share_rise"]
    yield Alert(
        name="LLMEscalationShare",
        entry="RB-26",
        hold="15m",
        page=False,
        expr=f"{promql.answers('escalated', '1h')} > {promql.number(most)}",
        summary="the classifier passes too many messages on to the model",
        threshold=["more than ", shown],
    )
    yield Alert(
        name="ClassifierNewLabel",
        entry="RB-26",
        hold="6h",
        page=False,
        expr=(
            f"{promql.answers('no_label', '1d')} > {promql.number(rise.value)} * "
            f"({promql.answers('no_label', '1d').replace('[1d]', '[1d] offset 1w')})"
        ),
        summary="far more messages than last week fit no label",
        threshold=["more than ", rise.figure(f"{promql.number(rise.value)} x last week's share"), " without a label"],
    )


def _abused(op: Operating) -> Iterator[Alert]:
    most = op.limits["abuse_callers"]
    count = promql.number(most.value)
    yield Alert(
        name="LLMAbuse",
        entry="RB-27",
        hold="0m",
        page=False,
        expr=f"sum(increase(app_callers_blocked_total[1h])) > {count}",
        summary="the application blocks far more callers than usual",
        threshold=["more than ", most.figure(f"{count} callers"), " blocked within 1h"],
    )


APPLICATION_ALERTS: Mapping[str, Callable[[Operating], Iterator[Alert]]] = {
    "RB-05": _invalid,
    "RB-06": _refusing,
    "RB-07": _unsupported,
    "RB-13": _found("RB-13", "LLMCacheFalseHit", "app_false_cache_hits_total", "1d", "a cached answer was wrong"),
    "RB-14": _found("RB-14", "LLMSafetyBypass", "app_safety_bypass_total", "1h", "an injected instruction got through"),
    "RB-15": _found(
        "RB-15", "LLMDataLeak", "app_data_leak_findings_total", "1h", "protected data were found in an answer or log"
    ),
    "RB-16": _stale,
    "RB-17": _found(
        "RB-17", "RAGAclViolation", "app_acl_violations_total", "5m", "a passage was shown without the right to it"
    ),
    "RB-21": _regressed,
    "RB-23": _runaway,
    "RB-24": _found(
        "RB-24", "SecretExposed", "app_secret_findings_total", "1h", "a credential was found where it does not belong"
    ),
    "RB-26": _drifting,
    "RB-27": _abused,
}
