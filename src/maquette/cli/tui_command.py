"""`maquette tui`: open the terminal app."""

import click

from maquette.cli.console import PROJECT_OPTION


@click.command(name="tui")
@PROJECT_OPTION
@click.option("--ascii", "ascii_only", is_flag=True, help="Signs in ASCII only.")
def command(folder: str = ".", ascii_only: bool = False) -> None:
    """Open the terminal app on the project in this folder."""
    from maquette.wiring import Project

    project = Project.open(folder)
    from maquette_tui.app import MaquetteApp

    MaquetteApp(project, ascii_only=ascii_only).run()
