"""`maquette decide`: what the rules say, the options side by side, what is open, and the decision itself."""

import click

from maquette.cli.console import PLAIN_OPTION, print_json, project_command, say
from maquette.foundation.problems import InvalidInput, Place


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
@PLAIN_OPTION
@project_command
def command(
    *,
    model: str | None,
    fallback: str | None,
    because: str | None,
    accept: bool,
    reason: str | None,
    plain: bool,
    folder: str,
    as_json: bool,
) -> None:
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
        project.decide(model=model, fallback=fallback, because=because, accepted=accept, unevaluated_because=reason)
        say(f"Decided for {model}.")
    elif accept:
        project.sign(unevaluated_because=reason)
        say("Accepted.")
    decision = project.view.decision
    if as_json:
        from maquette.cli.data import decision_data

        print_json(decision_data(decision, project.view.rule_facts))
        return
    from maquette.cli.text import show_decision

    show_decision(decision, plain_text=plain)
