"""`maquette capacity explain`: a prediction and the steps that lead to it."""

from typing import Any

import click

from maquette.cli.capacity.setup_options import LOAD_OPTIONS, load_command, load_from, setup_command, setup_from
from maquette.cli.console import PLAIN_OPTION, clean, print_json, print_table, project_command, say


@click.command(name="explain")
@setup_command
@load_command
@PLAIN_OPTION
@project_command
def command(*, model: str, plain: bool, folder: str, as_json: bool, **options: Any) -> None:
    """Show how fast MODEL is on accelerators under a load, with every step: bytes, operations, what binds.

    The interval of each figure holds 80 % of measurements like it. Own benchmarks (capacity calibrate) count.
    """
    from pathlib import Path

    from maquette.cli.capacity.explain_data import METRIC_HEADINGS, TERM_HEADINGS, explain_data, metric_rows, term_rows
    from maquette.cli.capacity.predictions import predictor

    project = Path(folder)
    load = load_from(**{name: options.pop(name) for name in LOAD_OPTIONS})
    found = predictor(project)(setup_from(model, project=project, **options), load)
    if as_json:
        print_json(explain_data(found))
        return
    print_table(METRIC_HEADINGS, metric_rows(found), plain_text=plain)
    click.echo()
    print_table(TERM_HEADINGS, term_rows(found), plain_text=plain)
    for note in found.notes:
        say(clean(note))
    if found.new:
        say(f"New to the calibration, which widens the intervals: {', '.join(found.new)}.")
