"""`maquette set`: answer questions and change settings by dotted name."""

import click

from maquette.cli.console import print_json, project_command, say
from maquette.foundation.problems import InvalidInput, Place


@click.command(name="set")
@click.argument("assignments", nargs=-1, required=True, metavar="NAME=VALUE...")
@project_command
def command(assignments: tuple[str, ...], folder: str, as_json: bool) -> None:
    """Answer questions: NAME is a question's id (latency.p95_ms), a setting (evaluation.dataset) or a design fact.

    Design facts say what the plan has, such as design.fallback or cat.rate_limit_tpm; maquette rules facts lists them.

    VALUE "unknown" says that you do not know, which widens ranges; an empty VALUE takes the answer back.
    Several are changed together or not at all.
    """
    from maquette.wiring import Project

    project = Project.open(folder)
    before = len(project.view.shortlist.candidates)
    changes = dict(_split(text) for text in assignments)
    project.change_by_text(changes)
    after = len(project.view.shortlist.candidates)
    if as_json:
        print_json({"format": 1, "changed": sorted(changes), "candidates_before": before, "candidates": after})
        return
    say(f"Saved {', '.join(sorted(changes))}.")
    say(f"Shortlist: {before} models before, {after} now.")


def _split(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InvalidInput(
            f"{text!r} is not NAME=VALUE", place=Place(field=name), fix="Write it like latency.p95_ms=800."
        )
    return name.strip(), value.strip()
