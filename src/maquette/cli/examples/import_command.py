"""`maquette data import`: examples of other tools become a JSONL file, after a preview."""

from functools import partial
from pathlib import Path

import click

from maquette.adapters.datasets.pictures import find_image
from maquette.adapters.foreign_datasets import TOOLS, import_examples, write_examples, write_outputs
from maquette.cli.console import confirmed, print_json, project_command, say
from maquette.cli.examples.text import import_data, show_import
from maquette.foundation.problems import Conflict, ExitStatus, Place


@click.command(name="import")
@click.argument("tool", type=click.Choice(TOOLS))
@click.argument("file", type=click.Path(path_type=str))
@click.option("--out", metavar="FILE", help="Where to write them, below the project's folder; else evals/NAME.jsonl.")
@click.option(
    "--outputs", metavar="FILE", help="Where to write the answers that came with them, below the project's folder."
)
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@project_command
def command(tool: str, file: str, out: str | None, outputs: str | None, yes: bool, folder: str, as_json: bool) -> int:
    """Take over the examples of FILE, written for another TOOL. Shows what comes and what does not, then asks.

    promptfoo: promptfooconfig.yaml, or tests as YAML, JSON, JSONL or CSV. inspect: samples as JSONL, JSON or CSV, or an
    eval log as .eval or JSON. openai-evals: samples.jsonl. Nothing of a file is run, and no file is overwritten.
    """
    target = out or f"evals/{Path(file).stem}.jsonl"
    path = Path(folder, target)
    for name, option in ((target, "--out"), (outputs, "--outputs")):
        if name is not None and Path(folder, name).exists():
            raise Conflict(
                "the file exists; nothing was overwritten",
                place=Place(file=name),
                fix=f"Name another one: {option} FILE.",
            )
    found = import_examples(tool, Path(file), name=file, find_image=partial(find_image, Path(folder)))
    if not as_json:
        show_import(found, target)
    written = confirmed(f"Write {len(found.examples):,} examples to {target}?", yes=yes)
    if written:
        write_examples(path, found.examples, name=target)
    kept = outputs if written and found.outputs else None
    if kept is not None:
        write_outputs(Path(folder, kept), found.outputs, name=kept)
    if as_json:
        print_json(import_data(found, target, written=written, outputs_to=kept))
    elif written:
        say(f"Written: {target}. maquette data audit {target} looks at them.")
    else:
        say("Nothing was written. --yes goes ahead without asking.")
    return ExitStatus.OK
