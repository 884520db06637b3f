"""`maquette demo`: the whole story in one command."""

from pathlib import Path

import click

from maquette.cli.console import JSON_OPTION, PLAIN_OPTION


@click.command(name="demo")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to make the project; else maquette-demo here, or the next free name.",
)
@PLAIN_OPTION
@JSON_OPTION
def command(folder: Path | None, plain: bool, as_json: bool) -> None:
    """Walk a support-triage system through all six stages: offline, no key, real models, under a minute.

    Two small models trained for this are evaluated through llama.cpp, and through LiteLLM behind a real
    OpenAI-compatible server on this machine; the rest follows from what was measured.
    """
    from maquette.cli.demo.story import tell
    from maquette.cli.demo.summary import show, story_data

    story = tell(folder)
    if as_json:
        from maquette.cli.console import print_json

        print_json(story_data(story))
    else:
        show(story, plain_text=plain)
