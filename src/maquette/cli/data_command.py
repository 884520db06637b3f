"""`maquette data`: look at examples before anything is spent on them."""

import click

from maquette.cli.lazy_group import LazyGroup

COMMANDS = {
    "audit": "Duplicates, contradictions, balance, coverage, leaks, lengths.",
    "import": "Take over tests of promptfoo, samples of Inspect or OpenAI's Evals.",
}


@click.group(
    name="data",
    cls=LazyGroup,
    commands_by_module={name: f"maquette.cli.examples.{name}_command" for name in COMMANDS},
    about=COMMANDS,
)
def command() -> None:
    """Look at examples: audit them, import those of other tools."""
