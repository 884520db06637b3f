"""`maquette capacity`: what fits, how fast it is, how many machines it takes, and how right that is."""

import click

from maquette.cli.lazy_group import LazyGroup

COMMANDS = {
    "size": "Machines for a load within latency targets, the cheapest first.",
    "fits": "Whether a model fits on an accelerator, and what would make it fit.",
    "explain": "How fast a model is there, step by step, to check by hand.",
    "validate": "Predictions beside published measurements: how right they are.",
    "calibrate": "Draw the predictions towards results of your own benchmarks.",
    "bench": "Measure this machine's llama.cpp, or a server, beside the prediction.",
}


@click.group(
    name="capacity",
    cls=LazyGroup,
    commands_by_module={name: f"maquette.cli.capacity.{name}_command" for name in COMMANDS},
    about=COMMANDS,
)
def command() -> None:
    """What fits, how fast it is, how many machines it takes, and how right that is."""
