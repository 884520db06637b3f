"""A notebook for a project: one cell a card."""

from pathlib import Path

NAME = "maquette.ipynb"
_FIRST_CELL = """\
from maquette import Project
from maquette_widgets import cards

project = Project.open(".")
c = cards(project)"""
CARDS = ("status", "requirements", "shortlist", "evaluation", "cost", "capacity", "decision", "export")


def write_notebook(folder: Path) -> Path:
    """Write the notebook into the project, unless it is there.

    Returns:
        Its path.
    """
    import nbformat
    from nbformat import v4

    path = folder / NAME
    if path.exists():
        return path
    first = _FIRST_CELL
    cells = [v4.new_code_cell(first), *(v4.new_code_cell(f"c.{name}") for name in CARDS)]
    for number, cell in enumerate(cells):
        cell["id"] = f"maquette-{number}"
    notebook = v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    nbformat.write(notebook, str(path))
    return path
