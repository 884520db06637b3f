"""`maquette decide`: what the rules say, the options side by side, what is open, and the decision itself."""

from typing import TYPE_CHECKING

import click

from maquette.cli.console import PLAIN_OPTION, print_json, project_command, say
from maquette.foundation.problems import ExitStatus, InvalidInput, Place

if TYPE_CHECKING:
    from maquette.wiring import Project


@click.command(name="decide")
@click.option("--model", metavar="MODEL", help="Decide for this option.")
@click.option("--fallback", metavar="MODEL", help="The model that answers when the first one does not.")
@click.option("--because", metavar="TEXT", help="Why, in your own words; it goes into the decision record.")
@click.option("--accept", is_flag=True, help="Mark it accepted; else it is a draft. Alone, it accepts what stands.")
@click.option(
    "--without-evaluation",
    "reason",
    metavar="TEXT",
    help="Why it is accepted before anything was evaluated; it goes into the decision record.",
)
@click.option("--by", metavar="NAME", help="Who accepts it; the name stands in the record.")
@click.option("--compare", is_flag=True, help="The options side by side, and who plays which part.")
@click.option("--check", is_flag=True, help="Exit 1 while a must stands against release, or a deviation has no reason.")
@PLAIN_OPTION
@project_command
def command(  # noqa: PLR0913 - one parameter for each option
    *,
    model: str | None,
    fallback: str | None,
    because: str | None,
    accept: bool,
    reason: str | None,
    by: str | None,
    compare: bool,
    check: bool,
    plain: bool,
    folder: str,
    as_json: bool,
) -> int:
    """Show the recommendation with its reasons; with --model, make the decision; with --accept, sign it.

    To accept a model that no current evaluation has scored needs --without-evaluation. Every rule of the base is judged
    over the known facts; an unknown one says which fact it needs.
    """
    from maquette.wiring import Project

    project = Project.open(folder)
    if model:
        if not because:
            raise InvalidInput(
                "a decision needs a reason", place=Place(field="--because"), fix="Say why: --because 'TEXT'."
            )
        project.decide(
            model=model, fallback=fallback, because=because, accepted=accept, unevaluated_because=reason, by=by
        )
        say(f"Decided for {model}.")
    elif accept:
        project.sign(unevaluated_because=reason, by=by)
        say(f"Accepted by {by}." if by else "Accepted; nobody's name stands under it (--by NAME).")
    if compare:
        _show_comparison(project, plain_text=plain, as_json=as_json)
    else:
        _show(project, plain_text=plain, as_json=as_json)
    return ExitStatus.FINDING if check and _unsettled(project) else ExitStatus.OK


def _show(project: "Project", *, plain_text: bool, as_json: bool) -> None:
    decision = project.view.decision
    if as_json:
        from maquette.cli.data import decision_data

        print_json(decision_data(decision, project.view.rule_facts))
        return
    from maquette.cli.deciding.text import show_decision, show_more, show_refusals

    show_refusals(decision, plain_text=plain_text)
    show_decision(decision, plain_text=plain_text)
    show_more(decision, plain_text=plain_text)


def _show_comparison(project: "Project", *, plain_text: bool, as_json: bool) -> None:
    from maquette.project.deciding_options import options_side_by_side, who_plays_what

    sides, parts = options_side_by_side(project.view), who_plays_what(project.view)
    if as_json:
        from maquette.cli.deciding.data import compare_data

        print_json(compare_data(sides, parts))
        return
    from maquette.cli.deciding.text import show_comparison

    show_comparison(sides, parts, plain_text=plain_text)


def _unsettled(project: "Project") -> bool:
    """Whether something stands against release, told line by line on stderr."""
    decision = project.view.decision
    found = [f"{name} stands against release." for name in decision.blocking]
    found += [
        f"{one.fact} deviates from {', '.join(one.rules)} without a reason."
        for one in decision.deviations
        if one.because is None
    ]
    for line in found:
        say(line)
    return bool(found)
