"""`maquette cost scenarios`: named sets of changed answers side by side, each with its difference to today."""

import re
from collections.abc import Mapping
from pathlib import Path

import click

from maquette.cli.console import PLAIN_OPTION, clean, print_json, print_table, project_command
from maquette.cli.cost.opening import drawing_options, factor, opened
from maquette.cost.wording import signed_usd
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.units import Range, Usd, readable_usd
from maquette.foundation.wording import shown
from maquette.project.cost_scenarios import Drawing, ScenarioCost, SideBySide, scenarios_of, side_by_side

_CHANGE = re.compile(r"\s*[a-z0-9_]+\.[a-z0-9_.]+\s*=")
_SCENARIO = "A name and what it changes: peak=scale.requests_per_day=9000000,tokens.output_avg=300."


@click.command(name="scenarios")
@click.option("--scenario", "named", multiple=True, metavar="NAME=FACT=VALUE,...", help=_SCENARIO)
@click.option("--file", "path", type=click.Path(path_type=Path), metavar="FILE", help="Scenarios as YAML.")
@click.option("--option", "name", metavar="NAME", help="Whose cost; without it the decision's, or the cheapest.")
@drawing_options
@PLAIN_OPTION
@project_command
def command(  # noqa: PLR0913, PLR0917  # one parameter an option
    named: tuple[str, ...],
    path: Path | None,
    name: str | None,
    draws: int,
    seed: int,
    volume_within: str,
    plain: bool,
    folder: str,
    as_json: bool,
) -> None:
    """Show what each scenario costs beside today: month 1, the last month, the total, its p90, the budget.

    A scenario is a name and answers that are tried; the project stays as it is. In a file each name has its answers
    below it: peak: {scale.requests_per_day: 9000000}; null takes an answer back.
    """
    scenarios = _scenarios(named, path)
    project = opened(folder)
    drawing = Drawing(count=draws, seed=seed, volume_within=factor(volume_within))
    found = side_by_side(project.view, project.questions, scenarios, option=name, drawing=drawing)
    if as_json:
        from maquette.cli.cost.scenarios_contract import scenarios_data

        print_json(scenarios_data(found))
        return
    _show(found, plain_text=plain)


def _scenarios(named: tuple[str, ...], path: Path | None) -> Mapping[str, Mapping[str, object]]:
    found: dict[str, Mapping[str, object]] = {}
    if path is not None:
        from maquette.yaml_reading import read_yaml

        if not path.is_file():
            raise InvalidInput("there is no such file", place=Place(file=str(path)), fix="Check the path.")
        found.update(scenarios_of(read_yaml(path), path.name))
    for text in named:
        name, changes = _split(text)
        if name in found:
            raise InvalidInput(
                f"the scenario {shown(name)} is there twice", place=Place(field="--scenario"), fix="Name one otherwise."
            )
        found[name] = changes
    if not found:
        raise InvalidInput(
            "there is no scenario",
            place=Place(field="--scenario"),
            fix="Give one: peak=scale.requests_per_day=9000000.",
        )
    return found


def _split(text: str) -> tuple[str, dict[str, object]]:
    """The name and its changes. A comma that no FACT= follows belongs to the value before it."""
    name, equals, rest = text.partition("=")
    changes: dict[str, object] = {}
    pieces: list[str] = []
    for piece in rest.split(","):
        if pieces and not _CHANGE.match(piece):
            pieces[-1] += f",{piece}"
        else:
            pieces.append(piece)
    for piece in pieces:
        fact, is_change, value = piece.partition("=")
        if not equals or not is_change or not fact.strip():
            fix = "Write it like peak=scale.requests_per_day=9000000."
            raise InvalidInput(f"{shown(text)} is not NAME=FACT=VALUE", place=Place(field="--scenario"), fix=fix)
        changes[fact.strip()] = value.strip()
    return name.strip(), changes


def _show(found: SideBySide, *, plain_text: bool) -> None:
    click.echo(clean(f"{found.option}: expected case, and in brackets the difference to today."))
    headings = ["scenario", "month 1", "last month", "total", "p90 of the total", "over budget from", "ever over"]
    print_table(headings, [_row(found, row) for row in found.rows], plain_text=plain_text)
    for row in found.rows:
        if row.changes:
            changes = ", ".join(f"{name} = {'taken back' if v is None else v}" for name, v in row.changes.items())
            click.echo(clean(f"{row.scenario}: {changes}; {row.horizon_months} months"))
        for reason in row.cost.unpriced:
            click.echo(clean(f"{row.scenario}: unpriced, {reason}"))


def _row(found: SideBySide, row: ScenarioCost) -> tuple[str, ...]:
    less = found.difference(row)
    is_today = row is found.rows[0]
    ever = row.drawn.ever_over_budget if row.drawn else None
    month = row.cost.over_budget_from
    return (
        row.scenario,
        _with(_base(row.cost.first_month_usd), less.first_month_usd, is_today),
        _with(_base(row.cost.last_month_usd), less.last_month_usd, is_today),
        _with(_base(row.cost.total_usd), less.total_usd, is_today),
        _with(row.p90_usd, less.p90_usd, is_today),
        "no budget" if row.budget_usd_month is None else "never" if month is None else f"month {month}",
        "" if ever is None else f"{ever * 100:.0f} %",
    )


def _base(amounts: Range[Usd] | None) -> Usd | None:
    return None if amounts is None else amounts.base


def _with(amount: Usd | None, less: Usd | None, is_today: bool) -> str:
    text = readable_usd(amount)
    return text if is_today or less is None else f"{text} ({signed_usd(less)})"
