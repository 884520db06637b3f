"""Stage values as text for a terminal: tables and sentences. No arithmetic; the figures come from the stages."""

from collections.abc import Iterable

import click

from maquette.cli.console import clean, print_table
from maquette.cost.projection import CostProjection, OptionCost
from maquette.decision.decision import Decision
from maquette.evals.run import Estimate, EvalRun, TargetResult, Verdict
from maquette.evals.statistics import more_to_decide
from maquette.foundation.units import Range, Usd, readable_count, readable_usd
from maquette.rules.report import Status

VERDICTS = {
    Verdict.PASSES: "passes",
    Verdict.FAILS: "fails",
    Verdict.NOT_ENOUGH_DATA: "not enough data",
    Verdict.NO_THRESHOLD: "no threshold",
}


def span(amounts: Range[Usd] | None) -> str:
    """A range of money in few characters."""
    if amounts is None:
        return "unpriced"
    low, high = readable_usd(amounts.low), readable_usd(amounts.high)
    return low if low == high else f"{low} - {high}"


def show_estimate(estimate: Estimate, cap_usd: Usd | None, *, err: bool = False) -> None:
    """What a run will take."""
    usd = "nothing" if estimate.usd is not None and estimate.usd.high == 0 else span(estimate.usd)
    cap = "no cap" if cap_usd is None else f"cap {readable_usd(cap_usd)}"
    click.echo(
        f"{estimate.calls} calls to make, {estimate.cached} answers on record; "
        f"about {readable_count(estimate.input_tok)} tokens in; costs {usd}; {cap}.",
        err=err,
    )
    if estimate.examples < estimate.needed_for_margin:
        more = estimate.needed_for_margin
        click.echo(f"{estimate.examples} examples; {more} give an interval within 5 points either way.", err=err)


def show_run(run: EvalRun, *, plain_text: bool) -> None:
    """The results with intervals, then what is not settled."""
    need = f", need {run.threshold}" if run.threshold is not None else ""
    click.echo(f"Run {run.id}, {run.state}: {run.primary_metric} on {clean(run.dataset)}{need}")
    headings = ["model", "score", "95 % interval", "verdict", "p50 s", "p95 s", "p99 s", "failed", "spent"]
    print_table(headings, [result_row(result) for result in run.results], plain_text=plain_text)
    for sentence in run_notes(run):
        click.echo(sentence)


def result_row(result: TargetResult) -> tuple[str, ...]:
    """One target as cells."""
    interval, latency = result.interval, result.latency
    failed = sum(result.failures.values())
    return (
        result.target_id,
        f"{result.correct}/{result.scored}" + (f" = {result.score:.3f}" if result.score is not None else ""),
        f"{interval.low:.3f} - {interval.high:.3f}" if interval else "",
        VERDICTS[result.verdict],
        f"{latency.p50_s:.3f}" if latency else "",
        f"{latency.p95_s:.3f}" if latency else "",
        f"{latency.p99_s:.3f}" if latency else "",
        str(failed) if failed else "0",
        readable_usd(result.spent_usd) if result.spent_usd is not None else "unpriced",
    )


def run_notes(run: EvalRun) -> Iterable[str]:
    """Which models need more examples, and which calls failed."""
    for result in run.results:
        name = clean(result.target_id)
        if result.verdict is Verdict.NOT_ENOUGH_DATA and run.threshold is not None:
            yield f"{name}: not settled; {_what_would_settle(result, run.threshold)}."
        for kind, count in result.failures.items():
            yield f"{name}: {count} calls failed ({kind})."
        if result.from_cache:
            yield f"{name}: {result.from_cache} answers came from earlier runs and were not paid for again."
        if pace := _pace_of(result):
            yield f"{name}: {pace}."
        yield from (f"{name}: {words}." for words in _counted_apart(result))
        if result.left_out:
            yield f"{name}: the server refuses {', '.join(map(clean, result.left_out))}, which was left out."
        if result.warning:
            yield f"{name}: {result.warning}."


_NAMED = 5
"""Ids named in one line; the rest is counted."""


def _counted_apart(result: TargetResult) -> Iterable[str]:
    """What the plain rate does not show: examples that must be right, weights, clusters, and the price of scoring."""
    if missed := result.must_pass_missed:
        named = ", ".join(map(clean, missed[:_NAMED])) + (" and others" if len(missed) > _NAMED else "")
        yield f"{len(missed)} of {result.must_pass} examples that must be right are not: {named}"
    if result.weighted_score is not None:
        yield f"by their weights {result.weighted_score:.3f} of the examples are right"
    if result.clusters is not None:
        yield f"the interval counts {result.clusters} independent groups, not {result.scored} answers"
    if result.scoring_usd is not None:
        yield f"scoring cost {readable_usd(result.scoring_usd)} beside the answers"


def _pace_of(result: TargetResult) -> str:
    """How the answers came, where the target streams, and how many calls were made again."""
    times = (("TTFT", result.ttft), ("time per output token", result.tpot))
    parts = [f"{name} p50 {found.p50_s:.3f} s, p95 {found.p95_s:.3f} s" for name, found in times if found is not None]
    if result.retries:
        parts.append(f"{result.answered_at_once} answered at once, {result.retries} calls made again")
    return "; ".join(parts)


def _what_would_settle(result: TargetResult, threshold: float) -> str:
    if not result.scored:
        return "no answer could be scored"
    more = more_to_decide(result.correct, result.scored, threshold)
    return f"about {more} more examples would settle it" if more else "its rate is the threshold itself"


def show_cost(projection: CostProjection, *, lines: bool, plain_text: bool) -> None:
    """The options, cheapest first, then what was assumed and what would change the order."""
    budget = projection.budget_usd_month
    click.echo(
        f"{projection.horizon_months} months, USD, prices read {projection.prices_as_of}; "
        f"budget {readable_usd(budget) + ' a month' if budget is not None else 'unknown'}"
    )
    headings = ["option", "$/request", "month 1", f"month {projection.horizon_months}", "total", "over budget"]
    print_table(headings, [cost_row(option) for option in projection.options], plain_text=plain_text)
    for option in projection.options:
        for reason in option.unpriced:
            click.echo(f"{clean(option.option)}: unpriced, {clean(reason)}")
        for flip in option.flip:
            click.echo(f"{clean(option.option)}: {clean(flip)}")
    click.echo("Assumed:")
    for assumption in projection.assumptions:
        click.echo(
            f"  {assumption.name}: {assumption.low} / {assumption.value} / {assumption.high} [{assumption.source}]"
        )
    if lines:
        show_cost_lines(projection, plain_text=plain_text)


def show_cost_lines(projection: CostProjection, *, plain_text: bool) -> None:
    """Every line, exactly."""
    rows = [
        (
            line.option,
            str(line.month),
            line.name,
            f"{line.quantity.base:f} {line.unit}",
            f"{line.usd_per_unit:f}",
            f"{line.amount_usd.low:f} / {line.amount_usd.base:f} / {line.amount_usd.high:f}",
            line.price_key,
        )
        for line in projection.lines
    ]
    print_table(["option", "month", "line", "quantity", "USD each", "USD", "price"], rows, plain_text=plain_text)


def cost_row(option: OptionCost) -> tuple[str, ...]:
    """One option as cells."""
    return (
        option.option,
        readable_usd(option.usd_per_request),
        span(option.first_month_usd),
        span(option.last_month_usd),
        span(option.total_usd),
        f"from month {option.over_budget_from}" if option.over_budget_from else "",
    )


def show_decision(decision: Decision, *, plain_text: bool) -> None:
    """The choice or the recommendation, its reasons, the options, the rules and what is open."""
    choice = decision.choice
    if choice is not None:
        fallback = f", fallback {choice.fallback}" if choice.fallback else ""
        click.echo(
            clean(f"Decided on {choice.decided_on}: {choice.model}{fallback} ({choice.status}): {choice.because}")
        )
    elif decision.recommended:
        click.echo(f"Recommended: {clean(decision.recommended)}")
    else:
        click.echo(f"No recommendation: {clean(decision.no_recommendation or '')}")
    for reason in decision.reasons:
        click.echo(clean(f"  because {reason.text} [{reason.source}]"))
    rows = [(option.model, "; ".join(option.for_it), "; ".join(option.against_it)) for option in decision.options]
    if rows:
        print_table(["option", "for", "against"], rows, plain_text=plain_text)
    for flip in decision.flips:
        click.echo(clean(f"What would overturn it: {flip}"))
    _show_rules(decision, plain_text=plain_text)


def _show_rules(decision: Decision, *, plain_text: bool) -> None:
    report = decision.rules
    counts = {status: len(report.with_status(status)) for status in Status}
    click.echo(f"Rules: {counts[Status.FIRED]} fired, {counts[Status.UNKNOWN]} unknown, {counts[Status.NOT_FIRED]} not")
    rows = [(f.rule.strength.value, f.rule.id, f.rule.recommend) for f in report.with_status(Status.FIRED)]
    print_table(["strength", "rule", "recommendation"], rows, plain_text=plain_text)
    for slot in report.slots.values():
        if slot.conflict:
            click.echo(f"Conflict on {slot.name}: {', '.join(map(str, slot.proposals))}; settle it in design_facts.")
    if decision.open_questions:
        click.echo("Not known yet, by how much it could change:")
    for question in decision.open_questions[:10]:
        click.echo(clean(f"  {question.fact} ({question.how}): {question.ask} [{len(question.rules)} rules]"))
