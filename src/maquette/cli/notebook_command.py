"""`maquette notebook`: a notebook with one card a stage, and JupyterLab to open it in."""

import subprocess
import sys
from pathlib import Path

import click

from maquette.cli.console import PROJECT_OPTION, say
from maquette.foundation.problems import Unavailable


@click.command(name="notebook")
@PROJECT_OPTION
@click.option("--no-open", is_flag=True, help="Only write the notebook.")
def command(folder: str, no_open: bool) -> None:
    """Write maquette.ipynb into the project, unless it is there, and open it in JupyterLab."""
    from maquette.wiring import Project

    Project.open(folder)
    try:
        from maquette_widgets.notebook import write_notebook
    except ImportError as missing:
        raise Unavailable(
            f"the notebook parts are not installed ({missing.name} is missing)",
            fix="Install them: pip install 'maquette[notebook]'.",
        ) from missing
    path = write_notebook(Path(folder))
    say(f"Notebook: {path}")
    if not no_open:
        subprocess.run([sys.executable, "-m", "jupyterlab", str(path)], check=False)  # noqa: S603  # our own interpreter
