"""`maquette capacity size`: machines for a load within latency targets."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from maquette.cli.capacity.setup_options import (
    ENGINE_OPTION,
    PRECISIONS,
    accelerators_named,
    engine_named,
    open_card,
)
from maquette.cli.console import PLAIN_OPTION, clean, print_json, print_table, project_command, say

if TYPE_CHECKING:
    from maquette.capacity.setup import Setup


@click.command(name="size")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--rate", "rate_per_s", type=click.FloatRange(min=0), metavar="PER_S", help="Requests at the peak.")
@click.option("--input", "input_tok", type=click.FloatRange(min=1), metavar="TOK", help="Mean tokens of a prompt.")
@click.option("--output", "output_tok", type=click.FloatRange(min=1), metavar="TOK", help="Mean tokens of an answer.")
@click.option("--longest", "longest_tok", type=click.IntRange(min=2), metavar="TOK", help="Context to serve.")
@click.option("--output-p95", "output_p95_tok", type=click.FloatRange(min=1), metavar="TOK", help="Of a long answer.")
@click.option("--ttft-ms", type=click.FloatRange(min=0, min_open=True), help="Target for the time to first token.")
@click.option("--tpot-ms", type=click.FloatRange(min=0, min_open=True), help="Target for the time per output token.")
@click.option("--p95-ms", type=click.FloatRange(min=0, min_open=True), help="Target for the whole answer.")
@click.option("--utilisation", type=click.FloatRange(0, 1, min_open=True), help="Share of the rate that is used; 0.7.")
@click.option("--spare", type=click.IntRange(min=0), help="Replicas beyond those needed; 1 is N+1.")
@click.option(
    "--on",
    "machines",
    multiple=True,
    metavar="NAME",
    help="Only these accelerators; several times. A chip that shares memory needs it: 'M4 Max 64GB'.",
)
@click.option("--precision", "precisions", multiple=True, type=click.Choice(PRECISIONS), help="Only these numbers.")
@ENGINE_OPTION
@click.option("--top", type=click.IntRange(min=1), default=12, show_default=True, help="Lines to show.")
@PLAIN_OPTION
@project_command
def command(
    *,
    models: tuple[str, ...],
    machines: tuple[str, ...],
    precisions: tuple[str, ...],
    engine: str | None,
    top: int,
    plain: bool,
    folder: str,
    as_json: bool,
    **of_load: float | None,
) -> None:
    """Say how many accelerators of which kind bear a load, the cheapest first.

    In a project the load, the targets and the models are its answers; options stand before them. Replicas are
    reckoned at the middle of the predicted speed; in brackets for the slow and the fast end of its 80 % interval.
    """
    from maquette.capacity.sizing import size
    from maquette.cli.capacity.demand_options import demand_from
    from maquette.cli.capacity.predictions import predictor, room
    from maquette.cli.capacity.size_data import HEADINGS, size_data, size_rows, unsuited_lines

    project = Path(folder)
    asked, assumed = demand_from(project, of_load)
    found = size(
        asked,
        [one for model in models or _chosen(project) for one in _setups(model, machines, precisions, engine, project)],
        predict=predictor(project),
        room=room(),
    )
    if as_json:
        print_json(size_data(found, assumed))
        return
    print_table(HEADINGS, size_rows(found.options[:top]), plain_text=plain)
    if len(found.options) > top:
        say(f"{len(found.options) - top} more: --top {len(found.options)}.")
    for line in unsuited_lines(found):
        say(clean(line))
    for sentence in assumed:
        say(clean(f"Assumed: {sentence}."))


def _chosen(project: Path) -> list[str]:
    """The open models that the project has chosen."""
    from maquette.foundation.problems import InvalidInput, Place
    from maquette.project_document import PROJECT_FILE
    from maquette.wiring import Project

    if (project / PROJECT_FILE).is_file():
        view = Project.open(project).view
        named = [view.catalog.cards.get(model) for model in view.document.chosen]
        chosen = [card.id for card in named if card is not None and card.weights is not None]
        if chosen:
            return chosen
    raise InvalidInput(
        "no model is named",
        place=Place(field="MODEL"),
        fix="Name an open model, such as open/qwen3-8b, or a GGUF file.",
    )


def _setups(
    model: str, machines: tuple[str, ...], precisions: tuple[str, ...], engine: str | None, project: Path
) -> "tuple[Setup, ...]":
    from maquette.capacity.candidates import candidate_setups
    from maquette.capacity.setup import Precision
    from maquette.catalogs import load_accelerators

    wanted = [accelerators_named(name, project)[0] for name in machines] or [
        one for one in load_accelerators(project) if one.memory_gb is not None
    ]
    named = None if engine is None else engine_named(engine, otherwise=engine)
    numbers = [Precision(one) for one in precisions] or None
    return candidate_setups(open_card(model), wanted, engine=named, precisions=numbers)
