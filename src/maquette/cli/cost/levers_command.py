"""`maquette cost levers`: what each lever would do to the first month, and all of them one after the other."""

from decimal import Decimal

import click

from maquette.cli.console import PLAIN_OPTION, clean, print_json, print_table, project_command
from maquette.cli.cost.opening import decimal_in, opened
from maquette.cost.levers import LeverKind, LeverTable, Target
from maquette.cost.report_levers import (
    WATCH_HEADINGS,
    about,
    lever_row,
    percent,
    saving_line,
    step_rows,
    watch_row,
)
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.units import readable_usd

_TAKE = "What a lever is taken to do, in place of a fact: output-cap=200, batch=0.4, cascade=0.12, compression=0.15."


@click.command(name="levers")
@click.option("--option", "name", metavar="NAME", help="Whose month; without it the decision's, or the cheapest.")
@click.option("--smaller", metavar="MODEL", help="The model of the smaller tier, of the cascade and of the router.")
@click.option("--take", "takes", multiple=True, metavar="LEVER=VALUE", help=_TAKE)
@click.option(
    "--target", default="20", show_default=True, metavar="PERCENT", help="The cut of a request's cost to reach."
)
@PLAIN_OPTION
@project_command
def command(
    name: str | None, smaller: str | None, takes: tuple[str, ...], target: str, plain: bool, folder: str, as_json: bool
) -> None:
    """Show what each lever saves in the first month, what that rests on, and what speaks against it.

    Each figure is the projection computed again with that lever; the range of the common guidance stands beside it and
    is never part of it. Then the levers that pay stand in a row, in the order of rule R-BUDGET-03, each on top of those
    before. A model that fails the quality gate, or was not evaluated, is never in that row; nor is a shorter prompt
    that no two runs on the same examples hold within the gate's tolerance. Values for --take:

    \b
    prefix-cache, output-cap       tokens that open every request; the cap of an answer
    batch                          share of the requests that may wait
    cascade, routing               share that is escalated; share that is easy
    exact-cache, semantic-cache    share that repeats another request
    compression                    share of the prompt's tokens that is taken out
    instruction-tuning             tokens of instructions that the weights learn
    preprocessing                  share of what follows the prefix that a cheaper model hands on
    """  # noqa: D301  # click's own mark for lines that stay as they are
    from maquette.project.cost_levers import Wanted, lever_table

    project = opened(folder)
    wanted = Wanted(option=name, smaller=smaller, taken=dict(map(_taken, takes)))
    share = _share(target)
    found = lever_table(project.view, project.questions, wanted)
    if as_json:
        from maquette.cli.cost.levers_contract import levers_data

        print_json(levers_data(found, found.target(share)))
        return
    _show(found, found.target(share), plain_text=plain)


def _taken(text: str) -> tuple[LeverKind, Decimal]:
    from maquette.project.cost_levers import lever_named

    name, equals, value = text.partition("=")
    if not equals:
        fix = "Write it like output-cap=200."
        raise InvalidInput(f"{text!r} is not LEVER=VALUE", place=Place(field="--take"), fix=fix)
    return lever_named(name), decimal_in(value.strip(), "--take")


def _share(text: str) -> Decimal:
    share = decimal_in(text, "--target")
    if not share.is_finite() or not 0 <= share <= 100:
        raise InvalidInput(f"a cut of {text} %", place=Place(field="--target"), fix="Give per cent from 0 to 100.")
    return share / 100


def _show(found: LeverTable, target: Target | None, *, plain_text: bool) -> None:
    click.echo(clean(f"{found.option}: month 1 costs {readable_usd(found.today_usd)} today."))
    headings = ["lever", "state", "without", "with it", "difference", "saves", "basis", "guidance"]
    print_table(headings, map(lever_row, found.levers), plain_text=plain_text)
    for lever in found.levers:
        for line in about(lever):
            click.echo(clean(f"{lever.kind}: {line}"))
    click.echo(clean(f"How each is held to its promise; baseline: {found.baseline}:"))
    print_table(WATCH_HEADINGS, [watch_row(found, lever) for lever in found.levers], plain_text=plain_text)
    steps = list(step_rows(found))
    if steps:
        click.echo("One after the other:")
        headings = ["lever", "month before", "month after", "difference", "left out because"]
        print_table(headings, steps, plain_text=plain_text)
    click.echo(clean(saving_line(found)))
    if target is not None:
        click.echo(clean(target_line(target)))


def target_line(target: Target) -> str:
    """Whether the cut is reached, in one sentence."""
    before, after = readable_usd(target.baseline_usd), readable_usd(target.target_usd)
    aim = f"{percent(target.share)} less a request: {before} -> {after}"
    if not target.is_reached:
        return f"Target of {aim}: not reached, {readable_usd(target.with_levers_usd)} with all levers in the row."
    how = "as it is" if target.reached_with is None else f"with {target.reached_with}"
    return f"Target of {aim}: reached {how}, {readable_usd(target.with_levers_usd)} with all levers in the row."
