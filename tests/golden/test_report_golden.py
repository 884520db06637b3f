"""A small run's report, whole: the page and the Markdown, to be read in review when they change.

Set MAQUETTE_REWRITE_GOLDEN to write them anew.
"""

import os
from pathlib import Path

import pytest

from maquette.adapters.report_markdown import as_markdown
from maquette.cli.evals.report_gathering import gather
from tests.report_world import MODELS, record_run, triage_project

GOLDEN = Path(__file__).parent / "report"


@pytest.mark.parametrize("form", ["html", "md"])
def test_the_report_of_a_small_run_is_the_one_in_the_golden_file(form: str, tmp_path: Path) -> None:
    project = triage_project(tmp_path / "p", examples=12, models=MODELS[:2])
    record_run(project, models=MODELS[:2])
    project.refresh()
    gathered = gather(project, None, ())
    text = "".join(gathered.pieces(gathered.drill(None))) if form == "html" else as_markdown(gathered.report)
    path = GOLDEN / f"small.{form}"
    if os.environ.get("MAQUETTE_REWRITE_GOLDEN"):
        path.write_bytes(text.encode())
    assert path.read_bytes().decode() == text
