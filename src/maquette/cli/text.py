"""Stage values as text for a terminal: tables and sentences. No arithmetic; the figures come from the stages."""

from collections.abc import Iterator, Mapping

import click

from maquette.cli.console import clean, print_table
from maquette.cost.projection import CostProjection, OptionCost
from maquette.decision.decision import Decision
from maquette.evals.model_size import ModelSize
from maquette.evals.run import Estimate, EvalRun, TargetResult
from maquette.evals.run_words import VERDICTS, about, headline, warnings
from maquette.foundation.units import Range, Usd, readable_count, readable_usd
from maquette.rules.report import Status


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
    if estimate.scoring_calls and estimate.scoring_tok:
        tok = readable_count(estimate.scoring_tok.base)
        of_it = f", {span(estimate.scoring_usd)} of it" if estimate.scoring_usd else ""
        click.echo(f"Scoring makes {estimate.scoring_calls} calls more, about {tok} tokens{of_it}.", err=err)
    click.echo(f"{_duration(estimate.minutes)}.", err=err)
    if estimate.examples < estimate.needed_for_margin:
        more = estimate.needed_for_margin
        click.echo(f"{estimate.examples} examples; {more} give an interval within 5 points either way.", err=err)


def _duration(minutes: Range[float] | None) -> str:
    """How long it takes, for a person."""
    if minutes is None:
        return "How long it takes is unknown: there is no latency on record of every model that is asked"
    low, high = (f"{value:.0f}" if value >= 10 else f"{value:.1f}" for value in (minutes.low, minutes.high))
    if minutes.high < 0.1:
        return "Takes less than 0.1 minutes"
    return f"Takes about {low} minutes" if low == high else f"Takes {low} to {high} minutes"


_NO_SIZES: Mapping[str, ModelSize] = {}


def show_run(run: EvalRun, *, plain_text: bool, sizes: Mapping[str, ModelSize] = _NO_SIZES) -> None:
    """The results with intervals, then who passes and what speaks against the figures."""
    need = f", need {run.threshold}" if run.threshold is not None else ""
    click.echo(f"Run {run.id}, {run.state}: {run.primary_metric} on {clean(run.dataset)}{need}")
    headings = ["model", "score", "95 % interval", "verdict", "p50 s", "p95 s", "p99 s", "failed", "spent"]
    print_table(headings, [result_row(result) for result in run.results], plain_text=plain_text)
    for sentence in run_notes(run, sizes):
        click.echo(clean(sentence))


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


def run_notes(run: EvalRun, sizes: Mapping[str, ModelSize]) -> Iterator[str]:
    """Who passes, what speaks against the figures, and what the rates do not show."""
    yield headline(run, sizes)
    yield from (f"{words}." for words in warnings(run))
    for result in run.results:
        if told := about(result):
            yield f"{result.target_id}: {'; '.join(told)}."


def show_cost(projection: CostProjection, *, lines: bool, plain_text: bool) -> None:
    """The options, cheapest first, then what was assumed and what would change the order."""
    budget = projection.budget_usd_month
    click.echo(
        f"{projection.horizon_months} months, USD, prices read {projection.prices_as_of}; "
        f"budget {readable_usd(budget) + ' a month' if budget is not None else 'unknown'}"
    )
    headings = ["option", "$/request", "month 1", f"month {projection.horizon_months}", "total", "over budget"]
    print_table(headings, [cost_row(option) for option in projection.options], plain_text=plain_text)
    for sentence in right_answer_words(projection):
        click.echo(clean(sentence))
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


def right_answer_words(projection: CostProjection) -> Iterator[str]:
    """What one right answer costs with each evaluated option, and when that changes who is cheapest."""
    found = [(one.option, each) for one in projection.options if (each := one.usd_per_right_answer) is not None]
    for name, each in found:
        low, base, high = (readable_usd(amount) for amount in (each.low, each.base, each.high))
        yield f"{name}: {base} for a right answer ({low} - {high} by the interval of its score)"
    if found and (best := min(found, key=lambda pair: pair[1].base)[0]) != found[0][0]:
        yield f"By right answers {best} is cheapest, not {found[0][0]}."


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
        if choice.unevaluated_because:
            click.echo(clean(f"Accepted without an evaluation: {choice.unevaluated_because}"))
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
