"""`maquette catalog tools`: gateways, caches, queues, monitoring, engines; which are kept up and which are not."""

import click

from maquette.catalog.tools import Purpose
from maquette.cli.console import JSON_OPTION, PLAIN_OPTION, print_json, print_table, say


@click.command(name="tools")
@click.argument("purpose", required=False, type=click.Choice([purpose.value for purpose in Purpose]))
@PLAIN_OPTION
@JSON_OPTION
def command(purpose: str | None, plain: bool, as_json: bool) -> None:
    """List the tools around a model, or those for one PURPOSE: what is kept up first, what is given up last."""
    from datetime import UTC, datetime

    from maquette.adapters.knowledge_files import load_tools
    from maquette.catalog.tools import tools_for
    from maquette.cli.catalog import tools_data as data

    today = datetime.now(tz=UTC).date()
    known = load_tools()
    chosen = known if purpose is None else tools_for(Purpose(purpose), known)
    if as_json:
        print_json(data.tools_data(chosen, today))
        return
    print_table(data.HEADINGS, data.tool_rows(chosen, today), plain_text=plain)
    engines = data.engine_rows(chosen)
    if purpose == Purpose.ENGINE and engines:
        click.echo()
        print_table(data.ENGINE_HEADINGS, engines, plain_text=plain)
    say("unknown: no page that was read states it. --json has the page of each.")
