"""`maquette shortlist compare A B`: models side by side, whether they are in or out."""

import click

from maquette.cli.console import PLAIN_OPTION, print_json, project_command


@click.command(name="compare")
@click.argument("models", nargs=-1, required=True, metavar="MODEL MODEL...")
@PLAIN_OPTION
@project_command
def command(models: tuple[str, ...], plain: bool, folder: str, as_json: bool) -> None:
    """Compare models side by side: every field that differs, cost at this traffic, what each lacks, who beats whom."""
    from maquette.catalog.comparing import compare
    from maquette.cli.shortlist.opening import opened

    if len(set(models)) < 2:
        raise click.UsageError("Name two models or more to compare.")
    here = opened(folder)
    comparison = compare(here.catalog, here.shortlist, models, here.facts, here.today)
    if as_json:
        from maquette.cli.shortlist.data import comparison_data

        print_json(comparison_data(comparison))
    else:
        from maquette.cli.shortlist.text import show_comparison

        show_comparison(comparison, plain_text=plain)
