"""The history of evaluations in a terminal: a line of bars a target, its runs as a table, then what fell behind."""

import sys
from collections.abc import Sequence

import click

from maquette.cli.console import clean, print_table
from maquette.evals.comparing_words import points, signed_points
from maquette.evals.history import Point, TargetHistory
from maquette.evals.statistics.values import LEVEL
from maquette.foundation.units import readable_usd

BARS = "▁▂▃▄▅▆▇█"
_HEADINGS = ("run", "date", "n", "score", "95 % interval", "change", "since", "changed", "$/answer", "p95 s")


def show_history(targets: Sequence[TargetHistory], *, plain_text: bool) -> None:
    """Each target with its runs, oldest first."""
    for one in targets:
        click.echo(_heading(one, plain_text=plain_text))
        print_table(_HEADINGS, [history_row(point) for point in one.points], plain_text=plain_text)
    for one in targets:
        if one.note:
            click.echo(clean(f"{one.target_id}: {one.note}."))
        if one.alert:
            click.echo(clean(f"Alert: {one.alert.sentence}."))


def history_row(point: Point) -> tuple[str, ...]:
    """One run as cells; a change that chance may explain has a question mark."""
    change = ""
    if point.change is not None:
        sure = point.change.test.p < LEVEL
        change = f"{signed_points(point.change.estimate)}{'' if sure else ' ?'}"
    return (
        point.run_id if point.state.value == "finished" else f"{point.run_id} ({point.state.value})",
        f"{point.started_at:%Y-%m-%d %H:%M}",
        str(point.scored) + (f" of {point.planned}" if point.scored != point.planned else ""),
        "" if point.score is None else f"{point.score:.3f}",
        f"{point.interval.low:.3f} - {point.interval.high:.3f}" if point.interval else "",
        change,
        point.compared_with or (f"not compared: {point.note}" if point.note else ""),
        ", ".join(point.changed),
        "unpriced" if point.usd_per_answer is None else readable_usd(point.usd_per_answer),
        "" if point.p95_s is None else f"{point.p95_s:.3f}",
    )


def bars(scores: Sequence[float | None]) -> str:
    """One bar a score, from the lowest to the highest of them; a gap where nothing is scored."""
    known = [score for score in scores if score is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    steps = len(BARS) - 1
    middle = BARS[steps // 2]
    return "".join(
        " " if score is None else middle if span == 0 else BARS[round(steps * (score - low) / span)] for score in scores
    )


def _heading(one: TargetHistory, *, plain_text: bool) -> str:
    metrics = ", ".join(dict.fromkeys(point.metric for point in one.points))
    known = [point.score for point in one.points if point.score is not None]
    name = clean(f"{one.target_id}: {metrics}")
    if not known:
        return f"{name}, nothing scored"
    text = f"{name}, from {points(min(known))} to {points(max(known))} %"
    drawn = bars([point.score for point in one.points])
    return text if plain_text or not _can_say(drawn) else f"{text}  {drawn}"


def _can_say(text: str) -> bool:
    """Whether the terminal's encoding has these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
