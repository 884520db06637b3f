"""`maquette doctor`: what this machine has, by name only."""

from pathlib import Path

import click

from maquette.cli.console import JSON_OPTION, PLAIN_OPTION, print_json, print_table


@click.command(name="doctor")
@PLAIN_OPTION
@JSON_OPTION
def command(plain: bool, as_json: bool) -> None:
    """Look for keys (names, never values), local model engines, notebooks, tools and hardware."""
    from maquette.adapters.machine import look_around
    from maquette.catalogs import load_accelerators

    findings = look_around(load_accelerators(Path()))
    if as_json:
        print_json([{"what": f.what, "found": f.found, "detail": f.detail, "fix": f.fix} for f in findings])
        return
    rows = [(f.what, "found" if f.found else "not found", f.detail, "" if f.found else f.fix) for f in findings]
    print_table(["what", "state", "detail", "what to do"], rows, plain_text=plain)
