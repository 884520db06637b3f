"""`maquette eval`: estimate, run, resume and show evaluations; a quick one without a project."""

import click

from maquette.cli.lazy_group import LazyGroup

COMMANDS = {
    "quick": "A model on a file of examples, without a project: score, latency, cost.",
    "check": "Whether a run would work, with one call to each model.",
    "estimate": "What a run will take, before anything is spent.",
    "run": "Run the evaluation, or go on with one that did not finish.",
    "compare": "Models side by side: who passes, who is better, how many examples are missing.",
    "bless": "Write a run as the baseline that later runs must not fall below.",
    "gate": "Hold a run against the baseline, for CI: pass, fail or not enough data.",
    "show": "The newest run's results, with intervals.",
    "report": "A run as a report: the verdict, tables and charts, every example; HTML, Markdown, CSV.",
    "history": "All runs: scores, what changed between them, what fell behind.",
}


@click.group(
    name="eval",
    cls=LazyGroup,
    commands_by_module={name: f"maquette.cli.evals.{name}_command" for name in COMMANDS},
    about=COMMANDS,
)
def command() -> None:
    """Evaluate models on your own examples: the chosen ones of a project, or one quickly."""
