"""A plan, its changes line by line with their origins, and why one line says what it says."""

import re
from collections.abc import Iterator
from typing import Any

import click

from maquette.bundle.plan import BundlePlan, FileSpec, FileState, PlannedFile
from maquette.cli.console import clean
from maquette.foundation.problems import InvalidInput, NotFound

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)")


def show(plan: BundlePlan, *, diff: bool, origin: bool) -> None:
    """One line for each file; with ``diff`` its changes, with ``origin`` where each new line comes from."""
    counts = ", ".join(f"{len(plan.in_state(state))} {state.value}" for state in FileState if plan.in_state(state))
    click.echo(f"{clean(plan.out)}: {counts}")
    for file in plan.files:
        click.echo(f"  {file.state.mark} {clean(file.spec.path)}{_merging(file)}")
        if (diff or origin) and file.diff:
            click.echo(clean("\n".join(_with_origins(file)) if origin else file.merged_diff or file.diff))


def why(plan: BundlePlan, asked: str) -> dict[str, Any]:
    """Where a line of the render comes from: ``docs/cost-model.md:41``.

    Raises:
        InvalidInput: It is not a path, a colon and the number of a line that is there.
        NotFound: There is no such file.
    """
    path, colon, number = asked.rpartition(":")
    if not colon or not number.isascii() or not number.isdigit():
        raise InvalidInput(f"{asked!r} names no line", fix="Say it as docs/06-cost-model.md:41.")
    specs = {file.spec.path: file.spec for file in plan.files if file.state is not FileState.OBSOLETE}
    if path not in specs:
        raise NotFound(f"the bundle has no file {path!r}", fix=f"There are: {', '.join(sorted(specs))}.")
    return _why(specs[path], int(number))


def say_why(told: dict[str, Any]) -> None:
    """The same for a reader."""
    click.echo(clean(told["text"]))
    for place in told["places"]:
        click.echo(f"<- {clean(place['template'])}:{place['line']}")
    for fact in told["facts"]:
        source = f" ({fact['source']})" if fact["source"] else ""
        click.echo(clean(f"   {fact['fact'] or fact['data']}{source}"))
    if not told["places"]:
        click.echo("<- no line of a template: Maquette's own code writes it")


def _why(spec: FileSpec, line: int) -> dict[str, Any]:
    lines = re.findall(r"[^\n]*\n|[^\n]+", spec.content)
    if not 1 <= line <= len(lines):
        raise InvalidInput(f"{spec.path} has {len(lines)} lines", fix=f"Name a line from 1 to {len(lines)}.")
    origin = spec.origins[line - 1] if spec.origins else None
    return {
        "format": 1,
        "path": spec.path,
        "line": line,
        "text": lines[line - 1].removesuffix("\n"),
        "places": [
            {"template": f"templates/{name}", "line": number} for name, number in (origin.places if origin else ())
        ],
        "facts": [
            {"data": fact.data, "fact": fact.fact, "source": fact.source} for fact in (origin.facts if origin else ())
        ],
    }


def _merging(file: PlannedFile) -> str:
    if file.merge is None or file.merge.untouched:
        return ""
    return " (fits together with your edit)" if file.merge.clean else f" ({file.merge.conflicts} places disagree)"


def _with_origins(file: PlannedFile) -> Iterator[str]:
    """The diff from what is there to the render, and below each new line where it comes from."""
    line = 0
    for text in file.diff.removesuffix("\n").split("\n"):
        yield text
        if hunk := _HUNK.match(text):
            line = int(hunk.group(1)) - 1
        elif line >= 0 and text[:1] in {"+", " "} and not text.startswith("+++"):
            line += 1
            if text[0] == "+" and line <= len(file.spec.origins):
                yield f"    <- {file.spec.origins[line - 1].as_text() or 'Maquette itself'}"
