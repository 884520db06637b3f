"""Which alert tells of which failure, with thresholds from this project's requirements; rules of the gateway first."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal

from maquette.bundle.documents.slo_alerts import FEWEST, alert_rows, by_count, least_of_day
from maquette.bundle.documents.slo_objectives import OWN_FAULTS
from maquette.bundle.figures import Figure, Sentence, clause, estimated, figure
from maquette.bundle.runbooks import promql
from maquette.bundle.runbooks.alerts_application import APPLICATION_ALERTS
from maquette.bundle.runbooks.alerts_machines import MACHINE_ALERTS
from maquette.bundle.runbooks.operating import Operating, planned_days
from maquette.bundle.runbooks.promql import OVERFLOWS
from maquette.bundle.runbooks.values import Alert
from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import readable_count, readable_usd

BUDGET_DAYS = 30
"""Days over which the month's budget is counted, as the gateway's budgets are."""

_SPEND = "sum(increase(litellm_spend_metric_total[{window}]))"


def alerts(op: Operating) -> tuple[Alert, ...]:
    """Every alert of the failures that concern the project, in the order of the catalogue.

    A failure without a number to compare with has no alert, and so no runbook.
    """
    found = tuple(one for entry in op.entries for one in ALERTS[entry.id](op))
    return found if op.oncall else tuple(replace(one, page=False) for one in found)


def _down(op: Operating) -> Iterator[Alert]:
    yield from _promised(op, "RB-01", "LLMProviderDown", "10m", "the fallback carries the traffic")
    expr, threshold = _failing(op, "10m", f'{OWN_FAULTS},exception_status!="429"', "fail")
    yield Alert(
        name="LLMProviderDown",
        entry="RB-01",
        hold="5m",
        page=True,
        expr=expr,
        summary="calls to a model fail",
        threshold=threshold,
    )


def _failing(op: Operating, window: str, statuses: str, what: str) -> tuple[str, Sentence]:
    """Which calls to one model end so, and from how many on it is told: a share, or a count where requests are few."""
    most = op.limits["provider_errors"]
    if by_count(op.seen):
        least = least_of_day(op.seen, most.value)
        formula = f"{promql.number(most.value)} ({most.source}) x scale.requests_per_day, at least {FEWEST}"
        told = estimated(f"{least} calls", formula)
        return f"{promql.calls_failed('1d', statuses)} >= {least}", [told, f" or more to one model {what} in a day"]
    share = most.figure(f"{promql.number(most.value * 100)} %")
    words: Sentence = ["more than ", share, f" of the calls to one model {what}"]
    return f"{promql.deployment_failures(window, statuses)} > {promql.number(most.value)}", words


def _limited(op: Operating) -> Iterator[Alert]:
    expr, threshold = _failing(op, "5m", 'exception_status="429"', "answer `429`")
    alone = op.seen.policy is not None and op.seen.policy.fallback is None
    yield Alert(
        name="LLMRateLimited",
        entry="RB-02",
        hold="5m",
        page=alone,
        expr=expr,
        summary="the provider refuses calls with status 429",
        threshold=threshold,
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
    """Against the same hour, or day, of a week ago, and never below twice what the plan says; alone in week one."""
    rise = op.limits["cost_rise"]
    word, window = ("a day", "1d") if by_count(op.seen) else ("an hour", "1h")
    spent = _SPEND.format(window=window)
    before = f"{promql.number(rise.value)} * sum(increase(litellm_spend_metric_total[{window}] offset 1w))"
    usual = rise.figure(f"{promql.number(rise.value)} x the same {word.split()[1]} of a week ago")
    expr = f"{spent} > {before}"
    threshold: list[str | Figure] = [f"{word} costs more than ", usual]
    if (floor := _floor(op)) is not None:
        least, shown = floor
        expr = f"{spent} > {promql.number(least)} unless {spent} <= {before}"
        threshold += [" and more than ", shown]
    yield Alert(
        name="LLMCostSpike",
        entry="RB-09",
        hold="10m",
        page=False,
        expr=expr,
        summary=f"{word} costs far more than usual",
        threshold=threshold,
    )


def _floor(op: Operating) -> tuple[Decimal, Figure] | None:
    """What an hour, or a day, costs that nobody planned; of the budget where the plan has no price."""
    facts, limit = op.seen.facts, op.limits["cost_floor"]
    cost = op.seen.roles[0].cost
    daily, hours = facts.number("scale.requests_per_day"), facts.number("scale.active_hours")
    each = cost.usd_per_request if cost is not None else None
    if each and daily and hours:
        few = by_count(op.seen)
        least = _to_two_digits(limit.value * each * daily / (1 if few else hours))
        per = "" if few else " / scale.active_hours"
        formula = f"{limit.value} x scale.requests_per_day{per} x cost of a request of {op.seen.roles[0].model}"
        return least, estimated(readable_usd(least), f"{formula} ({limit.source})")
    share, budget = op.limits["cost_floor_share"], facts.number("budget.monthly_usd")
    if not budget:
        return None
    least = _to_two_digits(share.value * budget / BUDGET_DAYS)
    return least, estimated(readable_usd(least), f"{share.value} x budget.monthly_usd / {BUDGET_DAYS} ({share.source})")


def _to_two_digits(usd: Decimal) -> Decimal:
    """Cents from a dollar on, two digits below."""
    return usd.quantize(Decimal("0.01")) if usd >= 1 else Decimal(f"{usd:.2g}")


def _soft(op: Operating) -> Iterator[Alert]:
    """Half of the budget within half of the month, the soft limit, and the whole where nothing stops at it.

    Where the plan itself passes a share within its window, the window is as long as the plan takes for it, less what
    a month may differ: the alert says that it goes faster than planned.
    """
    half = op.limits["half_budget"].value
    yield from _spent(op, "LLMBudgetHalf", "RB-10", half, page=False, days=int(half * BUDGET_DAYS))
    yield from _spent(op, "LLMBudgetSoft", "RB-10", op.limits["soft_budget"].value, page=False)
    if all(entry.id != "RB-11" for entry in op.entries):
        yield from _spent(op, "LLMBudgetSpent", "RB-10", Decimal(1), page=False)


def _hard(op: Operating) -> Iterator[Alert]:
    yield from _spent(op, "LLMBudgetHard", "RB-11", Decimal(1), page=True)


def _spent(
    op: Operating, name: str, entry: str, share: Decimal, *, page: bool, days: int = BUDGET_DAYS
) -> Iterator[Alert]:
    budget = op.seen.facts.number("budget.monthly_usd")
    if not budget:
        return
    percent = f"{promql.number(share * 100)} %"
    limit = estimated(readable_usd(share * budget), f"{percent} of budget.monthly_usd = {readable_usd(budget)}")
    refused = entry == "RB-11"  # the gateway refuses as soon as the ceiling is reached: nothing comes on top of it
    planned = None if refused else _days_planned(op, share * budget, days)
    sooner = planned is not None
    days = days if planned is None else planned
    yield Alert(
        name=name,
        entry=entry,
        hold="5m",
        page=page,
        expr=f"{_SPEND.format(window=f'{days}d')} {'>=' if refused else '>'} {promql.number(share * budget)}",
        summary=f"{percent} of the month's budget are spent{'' if days == BUDGET_DAYS else f' within {days} days'}",
        threshold=[limit, f" or more in {days} days"]
        if refused
        else ["more than ", limit, f" in {days} days{', faster than planned' if sooner else ''}"],
    )


def _days_planned(op: Operating, usd: Decimal, within: int) -> int | None:
    """Whole days in which the plan spends so much, less what months differ by; None where it does not so soon."""
    month = planned_days(op.seen, BUDGET_DAYS)
    if not month or month * within / BUDGET_DAYS <= usd:
        return None
    days = BUDGET_DAYS * usd / month / op.limits["pace_rise"].value
    return max(1, int(days.to_integral_value(ROUND_FLOOR)))


def _cache(op: Operating) -> Iterator[Alert]:
    yield from _promised(op, "RB-12", "LLMCacheCollapse", "15m", "too few input tokens come from the prefix cache")
    repeats = op.seen.facts.number("traffic.exact_repeat_share")
    if op.seen.policy is not None and op.seen.policy.cache_s is not None and repeats:
        window = "1d" if by_count(op.seen) else "1h"
        hits, misses = (f"sum(rate(litellm_cache_{one}_metric_total[{window}]))" for one in ("hits", "misses"))
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
        threshold=["any call answers `404`"],
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
