"""`maquette new`: a project folder from a file of requirements, from the quick questions, or blank."""

from pathlib import Path

import click

from maquette.cli.console import JSON_OPTION, print_json, say


@click.command(name="new")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A YAML file with `requirements:` and perhaps `design_facts:`, or a review request as JSON: providers,"
    " expected_rps, latency_sla_ms, monthly_budget.",
)
@click.option("--ask", is_flag=True, help="Ask the quick questions here in the terminal.")
@JSON_OPTION
def command(folder: Path, source: Path | None, ask: bool, as_json: bool) -> None:
    """Make a project in DIR: maquette.yaml with comments, and folders for examples and prompts.

    Nothing leaves this machine. An existing project is never overwritten.
    """
    from maquette import wiring

    path = wiring.new_project(folder, source=source)
    if ask:
        from maquette.cli.asking import ask_quick_questions

        ask_quick_questions(wiring.Project.open(folder))
    if as_json:
        print_json({"format": 1, "project": str(folder), "file": str(path)})
        return
    say(f"Made {path}.")
    say(f"Next: cd {folder} && maquette status")
