"""`maquette catalog files`: GGUF files in folders, read by their headers."""

import click

from maquette.cli.console import JSON_OPTION, PLAIN_OPTION, print_json, print_table, say, say_problem


@click.command(name="files")
@click.argument("folders", nargs=-1, metavar="[DIR]...", type=click.Path(path_type=str))
@PLAIN_OPTION
@JSON_OPTION
def command(folders: tuple[str, ...], plain: bool, as_json: bool) -> None:
    """List the GGUF files in each DIR (default: models) by their headers; weights are not read.

    A broken file is told on stderr and does not hide the others.
    """
    from pathlib import Path

    from maquette.adapters.gguf_files import find_local_models
    from maquette.cli.catalog.files_data import HEADINGS, files_data, rows
    from maquette.cli.catalog.named_model import MODELS_FOLDER
    from maquette.foundation.problems import NotFound
    from maquette.foundation.wording import shown

    paths = [Path(folder) for folder in folders or (MODELS_FOLDER,)]
    for path in paths:
        if folders and not path.is_dir():
            raise NotFound(f"there is no folder {shown(str(path))}", fix="Name a folder with GGUF files.")
    found = find_local_models(paths)
    if as_json:
        print_json(files_data(found.cards, found.problems))
    elif found.cards:
        print_table(HEADINGS, rows(found.cards), plain_text=plain)
    else:
        say(f"No GGUF file that can be read in {', '.join(map(str, paths))}.")
    for problem in found.problems:
        say_problem(problem, as_json=as_json)
