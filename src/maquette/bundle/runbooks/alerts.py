"""Which alert tells of which failure, with thresholds from this project's requirements; rules of the gateway first."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from maquette.bundle.documents.slo_alerts import alert_rows
from maquette.bundle.documents.slo_objectives import OWN_FAULTS
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.runbooks import promql
from maquette.bundle.runbooks.alerts_application import APPLICATION_ALERTS
from maquette.bundle.runbooks.alerts_machines import MACHINE_ALERTS
from maquette.bundle.runbooks.operating import Operating
from maquette.bundle.runbooks.promql import OVERFLOWS
from maquette.bundle.runbooks.values import Alert
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count, readable_usd

_SPEND = "sum(increase(litellm_spend_metric_total[{window}]))"


def alerts(op: Operating) -> tuple[Alert, ...]:
    """Every alert of the failures that concern the project, in the order of the catalogue.

    A failure without a number to compare with has no alert, and so no runbook.
    """
    return tuple(one for entry in op.entries for one in ALERTS[entry.id](op))


def _down(op: Operating) -> Iterator[Alert]:
    most = op.limits["provider_errors"]
    percent = f"{promql.number(most.value * 100)} %"
    failing = promql.deployment_failures("10m", f'!~"{OWN_FAULTS}|429"')
    yield from _promised(op, "RB-01", "LLMProviderDown", "10m", "the fallback carries the traffic")
    yield Alert(
        name="LLMProviderDown",
        entry="RB-01",
        hold="5m",
        page=True,
        expr=f"{failing} > {promql.number(most.value)}",
        summary="calls to a model fail",
        threshold=["more than ", most.figure(percent), " of the calls to one model fail"],
    )


def _limited(op: Operating) -> Iterator[Alert]:
    most = op.limits["provider_errors"]
    refused = promql.deployment_failures("5m", '="429"')
    alone = op.seen.policy is not None and op.seen.policy.fallback is None
    yield Alert(
        name="LLMRateLimited",
        entry="RB-02",
        hold="5m",
        page=alone,
        expr=f"{refused} > {promql.number(most.value)}",
        summary="the provider refuses calls with status 429",
        threshold=[
            "more than ",
            most.figure(f"{promql.number(most.value * 100)} %"),
            " of the calls to one model answer 429",
        ],
    )
    limit = op.seen.facts.number("cat.rate_limit_tpm")
    if limit:
        share = op.limits["token_share"]
        allowed = op.seen.facts.figure("cat.rate_limit_tpm")
        yield Alert(
            name="LLMTokenRateHigh",
            entry="RB-02",
            hold="2m",
            page=False,
            expr=f"60 * sum(rate(litellm_total_tokens_metric_total[2m])) > {promql.number(share.value * limit)}",
            summary="the account's tokens a minute are nearly used up",
            threshold=clause("more than ", share.figure(f"{promql.number(share.value * 100)} %"), " of ", allowed),
        )


def _promised(op: Operating, entry: str, name: str, hold: str, summary: str) -> Iterator[Alert]:
    """The alerts of that name as the objectives' document computes them: one condition, told in two places."""
    for row in alert_rows(op.seen):
        if row["name"] == name:
            yield Alert(
                name=name,
                entry=entry,
                hold=hold,
                page=row["severity"] == "page",
                expr=row["query"],
                summary=summary,
                threshold=row["condition"],
            )


def _slow(op: Operating) -> Iterator[Alert]:
    told = list(_promised(op, "RB-03", "LLMLatencyBurn", "5m", "answers are too slow"))
    yield from told
    if not told:
        rise, metric = op.limits["latency_rise"], "litellm_request_total_latency_metric"
        yield Alert(
            name="LLMLatencyBurn",
            entry="RB-03",
            hold="30m",
            page=False,
            expr=f"{promql.quantile(metric, '0.95', '1h')} > {promql.number(rise.value)} * "
            f"histogram_quantile(0.95, sum by (le) (rate({metric}_bucket[1h] offset 1w)))",
            summary="answers are slower than a week ago",
            threshold=["P95 above ", rise.figure(f"{promql.number(rise.value)} x that of a week ago")],
        )


def _burning(op: Operating) -> Iterator[Alert]:
    yield from _promised(op, "RB-04", "LLMErrorBudgetBurn", "2m", "errors spend the budget too fast")


def _spending(op: Operating) -> Iterator[Alert]:
    rise, floor_share = op.limits["cost_rise"], op.limits["cost_floor"]
    hour = _SPEND.format(window="1h")
    expr = f"{hour} > {promql.number(rise.value)} * sum(increase(litellm_spend_metric_total[1h] offset 1d))"
    threshold: list[str | Figure] = [
        "an hour costs more than ",
        rise.figure(f"{promql.number(rise.value)} x the same hour of yesterday"),
    ]
    budget = op.seen.facts.number("budget.monthly_usd")
    if budget:
        least = floor_share.value * budget / 30
        expr += f" and {hour} > {promql.number(least.quantize(Decimal('0.01')))}"
        text = readable_usd(least)
        threshold += [
            " and more than ",
            estimated(text, f"{floor_share.value} x budget.monthly_usd / 30 ({floor_share.source})"),
        ]
    yield Alert(
        name="LLMCostSpike",
        entry="RB-09",
        hold="10m",
        page=False,
        expr=expr,
        summary="an hour costs far more than usual",
        threshold=threshold,
    )


def _soft(op: Operating) -> Iterator[Alert]:
    yield from _spent(op, "LLMBudgetSoft", "RB-10", op.limits["soft_budget"].value, page=False)


def _hard(op: Operating) -> Iterator[Alert]:
    yield from _spent(op, "LLMBudgetHard", "RB-11", Decimal(1), page=True)


def _spent(op: Operating, name: str, entry: str, share: Decimal, *, page: bool) -> Iterator[Alert]:
    budget = op.seen.facts.number("budget.monthly_usd")
    if not budget:
        return
    percent = f"{promql.number(share * 100)} %"
    limit = estimated(readable_usd(share * budget), f"{percent} of budget.monthly_usd = {readable_usd(budget)}")
    yield Alert(
        name=name,
        entry=entry,
        hold="5m",
        page=page,
        expr=f"{_SPEND.format(window='30d')} > {promql.number(share * budget)}",
        summary=f"{percent} of the month's budget are spent",
        threshold=["more than ", limit, " in 30 days"],
    )


def _cache(op: Operating) -> Iterator[Alert]:
    yield from _promised(op, "RB-12", "LLMCacheCollapse", "15m", "too few input tokens come from the prefix cache")
    repeats = op.seen.facts.number("traffic.exact_repeat_share")
    if op.seen.policy is not None and op.seen.policy.cache_s is not None and repeats:
        hits, misses = (f"sum(rate(litellm_cache_{one}_metric_total[1h]))" for one in ("hits", "misses"))
        half = estimated(f"{readable_count(repeats * 50)} % hits", "half of traffic.exact_repeat_share")
        yield Alert(
            name="LLMResponseCacheMisses",
            entry="RB-12",
            hold="30m",
            page=False,
            expr=f"{hits} / ({hits} + {misses}) < {promql.number(repeats / 2)}",
            summary="Redis answers hardly any equal request",
            threshold=["fewer than ", half],
        )


def _too_long(op: Operating) -> Iterator[Alert]:
    longest: Sentence = ["any request is longer than the context"]
    yield Alert(
        name="LLMContextOverflow",
        entry="RB-08",
        hold="5m",
        page=False,
        expr=f"{OVERFLOWS} > 0",
        summary="inputs exceed the context of a model",
        threshold=longest,
    )


def _retiring(op: Operating) -> Iterator[Alert]:
    days = op.limits["retirement_days"]
    for role in op.seen.roles:
        on = role.card.retires_on if role.card else None
        if on is None or role.card is None:
            continue
        epoch = (on.toordinal() - 719_163) * 86_400
        last = figure(on.isoformat(), Source(kind=SourceKind.CLAIMED, ref=f"catalog entry of {role.card.id}"))
        yield Alert(
            name=f"LLMModelDeprecation{role.role.capitalize()}",
            entry="RB-22",
            hold="1h",
            page=False,
            expr=f"vector({epoch}) - time() < {promql.number(days.value * 86_400)}",
            summary=f"the model of {role.role} will be taken away",
            threshold=[days.figure(f"{promql.number(days.value)} days"), " before ", last],
        )
    yield Alert(
        name="LLMModelGone",
        entry="RB-22",
        hold="5m",
        page=True,
        expr=(
            "sum by (litellm_model_name) "
            '(increase(litellm_deployment_failure_responses_total{exception_status="404"}[15m])) > 0'
        ),
        summary="the provider no longer knows a model",
        threshold=["any call answers 404"],
    )


ALERTS: Mapping[str, Callable[[Operating], Iterator[Alert]]] = {
    "RB-01": _down,
    "RB-02": _limited,
    "RB-03": _slow,
    "RB-04": _burning,
    "RB-08": _too_long,
    "RB-09": _spending,
    "RB-10": _soft,
    "RB-11": _hard,
    "RB-12": _cache,
    "RB-22": _retiring,
    **APPLICATION_ALERTS,
    **MACHINE_ALERTS,
}
"""The alerts of each failure of the catalogue, by its id."""
