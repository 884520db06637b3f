"""Stage values as text for a terminal: tables and sentences. No arithmetic; the figures come from the stages."""

from collections.abc import Iterator, Mapping

import click

from maquette.cli.console import clean, print_table
from maquette.cli.cost.currency import show_in_currency
from maquette.cost.projection import CostProjection, OptionCost
from maquette.cost.wording import request_usd
from maquette.evals.model_size import ModelSize
from maquette.evals.run import Estimate, EvalRun, TargetResult
from maquette.evals.run_words import VERDICTS, about, headline, warnings
from maquette.foundation.units import Range, Usd, readable_count, readable_span, readable_usd


def show_estimate(estimate: Estimate, cap_usd: Usd | None, *, err: bool = False) -> None:
    """What a run will take."""
    usd = "nothing" if estimate.usd is not None and estimate.usd.high == 0 else readable_span(estimate.usd)
    cap = "no cap" if cap_usd is None else f"cap {readable_usd(cap_usd)}"
    click.echo(
        f"{estimate.calls} calls to make, {estimate.cached} answers on record; "
        f"about {readable_count(estimate.input_tok)} tokens in; costs {usd}; {cap}.",
        err=err,
    )
    if estimate.scoring_calls and estimate.scoring_tok:
        tok = readable_count(estimate.scoring_tok.base)
        of_it = f", {readable_span(estimate.scoring_usd)} of it" if estimate.scoring_usd else ""
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


def show_cost(projection: CostProjection, *, lines: bool, details: bool, plain_text: bool) -> None:
    """The options, cheapest first, then what would change the order, and in detail what was assumed."""
    budget = projection.budget_usd_month
    click.echo(
        f"{projection.horizon_months} months, USD, prices read {projection.prices_as_of}; "
        f"budget {readable_usd(budget) + ' a month' if budget is not None else 'unknown'}"
    )
    headings = ["option", "$/request", "month 1", f"month {projection.horizon_months}", "total", "over budget"]
    print_table(headings, [cost_row(option) for option in projection.options], plain_text=plain_text)
    show_in_currency(projection, plain_text=plain_text)
    for sentence in right_answer_words(projection):
        click.echo(clean(sentence))
    for option in projection.options:
        for reason in option.unpriced:
            click.echo(f"{clean(option.option)}: unpriced, {clean(reason)}")
        for flip in option.flip:
            click.echo(f"{clean(option.option)}: {clean(flip)}")
    for missing in projection.left_out:
        click.echo(f"Left out: {clean(missing)}")
    if details:
        click.echo("Assumed (cheap / expected / dear):")
        for assumption in projection.assumptions:
            band = f"{assumption.low} / {assumption.value} / {assumption.high}"
            click.echo(clean(f"  {assumption.name}: {band} [{assumption.source}]"))
    else:
        click.echo(f"Assumed: {len(projection.assumptions)} things; --details shows each, with its range and reason.")
    if lines:
        show_cost_lines(projection, plain_text=plain_text)


def show_cost_lines(projection: CostProjection, *, plain_text: bool) -> None:
    """Every line, exactly."""
    rows = [
        (
            line.option,
            str(line.month),
            line.group.value,
            line.name,
            f"{line.quantity.base:f} {line.unit}",
            f"{line.usd_per_unit:f}",
            f"{line.amount_usd.low:f} / {line.amount_usd.base:f} / {line.amount_usd.high:f}",
            line.price_key,
        )
        for line in projection.lines
    ]
    headings = ["option", "month", "group", "line", "quantity", "USD each", "USD", "price"]
    print_table(headings, rows, plain_text=plain_text)


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
        request_usd(option),
        readable_span(option.first_month_usd),
        readable_span(option.last_month_usd),
        readable_span(option.total_usd),
        f"from month {option.over_budget_from}" if option.over_budget_from else "",
    )
