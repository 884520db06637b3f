"""`maquette catalog check`: every error of a catalog file with its line, or what the file adds and changes."""

from decimal import Decimal
from pathlib import Path

import click

from maquette.catalog.changes import PriceChange
from maquette.cli.console import PLAIN_OPTION, clean, print_json, print_table, project_command
from maquette.foundation.problems import NotFound, Place, raise_all


@click.command(name="check")
@click.argument("file", type=click.Path(path_type=str))
@PLAIN_OPTION
@project_command
def command(file: str, plain: bool, folder: str, as_json: bool) -> None:
    """Check FILE, a catalog file of your own: all errors at once, or what it would add and change.

    The same form is for your own files (catalog/*.yaml in your configuration folder), for a project's (catalog.yaml,
    catalog/*.yaml) and for plug-ins. A file of the project is compared with the catalog as it is without that file.
    """
    from maquette.catalogs import check_file
    from maquette.cli.catalog.check_data import check_data

    if not Path(file).exists():
        raise NotFound("there is no such file", place=Place(file=file), fix="Correct its name.")
    before, after, layer = check_file(Path(file), name=file, project=Path(folder))
    raise_all(sorted(after.problems, key=lambda problem: problem.place.line or 0))
    data = check_data(file, before, after, layer)
    if as_json:
        print_json(data)
        return
    new = [model["model"] for model in data["models"] if model["new"]]
    changed = [model["model"] for model in data["models"] if not model["new"]]
    machines = len(data["gpus"]) + len(data["hosts"])
    click.echo(clean(f"{file}: {len(new)} new models, {len(changed)} changed, {machines} machines."))
    rows = [_row(model["model"], **field) for model in data["models"] for field in model["fields"]]
    print_table(["model", "what", "unit", "was", "becomes"], rows, plain_text=plain)


def _row(model: str, *, field: str, old: str | None, new: str | None) -> tuple[str, ...]:
    """One value as cells; prices by the token are shown for a million."""
    section, _, key = field.partition(".")
    if section != "prices":
        return model, field, "", old or "", new or ""
    before, after = (None if text is None else Decimal(text) for text in (old, new))
    change = PriceChange(model=model, key=key, old=before, new=after)
    return model, key, change.unit, change.readable(before), change.readable(after)
