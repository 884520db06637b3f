"""The demo's ending: the funnel, the results, the cost, the decision, the files, and what to type next."""

from collections.abc import Iterator
from typing import Any

import click

from maquette.cli.console import clean, print_table
from maquette.cli.data import cost_data, decision_data, export_data, run_data, status_data
from maquette.cli.demo.story import Story
from maquette.cli.text import cost_row
from maquette.evals.run import TargetResult
from maquette.evals.run_words import VERDICTS
from maquette.foundation.units import readable_span

BAR_CELLS = 32
_HEADINGS = ["model", "right", "95 % interval", "", "verdict", "p95"]


def story_data(story: Story) -> dict[str, Any]:
    """Everything that the summary shows, as data."""
    view = story.project.view
    return {
        "format": 1,
        "folder": str(story.folder),
        "seconds": round(story.seconds, 1),
        "status": status_data(view.name, story.project.statuses),
        "funnel": dict(view.shortlist.funnel),
        "catalog": view.shortlist.catalog_size,
        "candidates": len(view.shortlist.candidates),
        "evaluation": run_data(story.run, current=view.run_is_current),
        "cost": cost_data(view.projection, lines=False),
        "decision": decision_data(view.decision, view.rule_facts),
        "bundle": export_data(story.bundle, written=story.written, kept=()),
        "next": next_commands(story),
    }


def show(story: Story, *, plain_text: bool) -> None:
    """The summary on stdout."""
    for heading, section in (
        ("What is left of the catalog", _funnel),
        ("What was measured", _results),
        ("What it will cost", _cost),
        ("What was decided, and why", _decision),
        ("What was written", _files),
        ("Next", _next),
    ):
        click.echo("")
        click.echo(heading if plain_text else click.style(heading, bold=True))
        section(story, plain_text)
    click.echo("")
    click.echo(f"{story.seconds:.0f} s, nothing left this machine, nothing was paid.")


def next_commands(story: Story) -> list[str]:
    """Three commands that lead on from here."""
    here = str(story.folder)
    return [
        f"cd {here} && maquette tui",
        f"maquette set --project {here} quality.threshold=0.95",
        f"maquette status --project {here}",
    ]


def _funnel(story: Story, plain_text: bool) -> None:
    found = story.project.view.shortlist
    left = found.catalog_size
    rows = [("models in the catalog", "", str(left))]
    for name, count in found.funnel.items():
        if count:
            left -= count
            rows.append((f"out at: {name}", f"-{count}", str(left)))
    print_table(["filter", "out", "left"], rows, plain_text=plain_text)


def _results(story: Story, plain_text: bool) -> None:
    run = story.run
    need = f", {run.threshold:.2f} needed" if run.threshold is not None else ""
    click.echo(f"{run.results[0].planned} messages each{need}; Wilson intervals; {run.id}")
    headings = [heading or "from 0 to 1" for heading in _HEADINGS]
    rows = [_result_row(result, run.threshold, plain_text) for result in run.results]
    print_table(headings, rows, plain_text=plain_text)


def _result_row(result: TargetResult, threshold: float | None, plain_text: bool) -> tuple[str, ...]:
    interval = result.interval
    return (
        result.target_id,
        f"{result.correct}/{result.scored}",
        f"{interval.low:.3f} - {interval.high:.3f}" if interval else "",
        "" if plain_text else interval_bar(result, threshold),
        VERDICTS[result.verdict],
        f"{result.latency.p95_s * 1000:.0f} ms" if result.latency else "",
    )


def interval_bar(result: TargetResult, threshold: float | None) -> str:
    """The interval on a line from 0 to 1: its extent, the score, and the threshold."""
    if result.interval is None or result.score is None:
        return ""
    cells = ["·"] * BAR_CELLS
    for at in range(_cell(result.interval.low), _cell(result.interval.high) + 1):
        cells[at] = "─"
    if threshold is not None:
        cells[_cell(threshold)] = "┊"
    cells[_cell(result.score)] = "●"
    return "".join(cells)


def _cell(share: float) -> int:
    return min(BAR_CELLS - 1, int(share * BAR_CELLS))


def _cost(story: Story, plain_text: bool) -> None:
    projection = story.project.view.projection
    headings = ["option", "$/request", "month 1", f"month {projection.horizon_months}", "in all", "over budget"]
    print_table(headings, [cost_row(option) for option in projection.options], plain_text=plain_text)
    cheapest = projection.options[0] if projection.options else None
    if cheapest is not None and cheapest.total_usd is not None:
        click.echo(
            f"Range of the cheapest over {projection.horizon_months} months: {readable_span(cheapest.total_usd)}"
        )


def _decision(story: Story, plain_text: bool) -> None:
    del plain_text
    decision = story.project.view.decision
    if decision.choice is None:
        click.echo(clean(f"Nothing: {decision.no_recommendation}"))
    else:
        fallback = f", fallback {decision.choice.fallback}" if decision.choice.fallback else ""
        click.echo(clean(f"{decision.choice.model}{fallback} ({decision.choice.status})"))
    for reason in decision.reasons:
        click.echo(clean(f"  {reason.text} [{reason.source.kind.mark}]"))
    for flip in decision.flips[:3]:
        click.echo(clean(f"  would change it: {flip}"))
    click.echo(f"  open: {len(decision.open_questions)} facts are unknown; maquette decide lists them")


def _files(story: Story, plain_text: bool) -> None:
    click.echo(f"{story.folder / story.bundle.out}: {len(story.written)} files")
    paths = [file.spec.path for file in story.bundle.files]
    for line in paths if plain_text else tree(paths):
        click.echo(f"  {line}")


def tree(paths: list[str]) -> Iterator[str]:
    """Paths as a tree, folders first named where their files begin."""
    folder = ""
    for path in sorted(paths, key=lambda path: (path.count("/") == 0, path)):
        parent, _, name = path.rpartition("/")
        if parent != folder:
            folder = parent
            yield f"{parent}/" if parent else "."
        yield f"  {name}"


def _next(story: Story, plain_text: bool) -> None:
    del plain_text
    for command in next_commands(story):
        click.echo(f"  {command}")
