"""`maquette catalog refresh`: newer prices, after a look at what changes; nothing is fetched unasked."""

from decimal import Decimal
from typing import TYPE_CHECKING

import click

from maquette.cli.console import JSON_OPTION, PLAIN_OPTION, clean, confirmed, print_json, print_table, say, say_problem
from maquette.foundation.wording import listed

if TYPE_CHECKING:
    from maquette.catalog.changes import CatalogChanges, PriceChange
    from maquette.cli.catalog.refreshing import Preview

_MOST_ROWS = 40
_MOST_NAMES = 12


@click.command(name="refresh")
@click.option("--from", "where", metavar="FILE_OR_URL", help="A price map of LiteLLM, a wheel of it, or a snapshot.")
@click.option("--installed", "other", flag_value="installed", help="The map of the installed litellm; the default.")
@click.option("--reset", "other", flag_value="reset", help="Go back to the prices that ship with maquette.")
@click.option("--history", metavar="installed|FILE", help="Dated prices; those of the installed genai-prices if any.")
@click.option("--project", "folders", multiple=True, metavar="DIR", help="Also look at this project; repeatable.")
@click.option("--force", is_flag=True, help="Take an older map, or one with under half of the models.")
@click.option("--yes", "answer", flag_value="yes", help="Do not ask.")
@click.option("--dry-run", "answer", flag_value="no", help="Show what would change and stop.")
@PLAIN_OPTION
@JSON_OPTION
def command(
    where: str | None,
    other: str | None,
    history: str | None,
    folders: tuple[str, ...],
    force: bool,
    answer: str | None,
    plain: bool,
    as_json: bool,
) -> None:
    """Take in newer prices: from the installed litellm, from a file, or from an address that you name.

    Shows first what changes: models, prices, limits, retirements, and which of your projects have chosen models among
    them. The prices that ship stay; the newer of both are in force.
    """
    if where is not None and other is not None:
        raise click.UsageError(f"--from and --{other} exclude each other.")
    from datetime import date

    from maquette.cli.catalog.refresh_data import refresh_data
    from maquette.cli.catalog.refreshing import apply, find, preview, projects, shipped, with_history

    reset = other == "reset"
    today = date.today()  # noqa: DTZ011  # the user's day
    candidate = shipped() if reset else find(where, today=today, say=say)
    candidate = with_history(candidate, history, today=today, say=say)
    seen = preview(candidate, projects(folders), force=force)
    if not as_json:
        _show(seen, plain=plain)
    for problem in seen.unread:
        say_problem(problem, as_json=False)
    written = apply(candidate) if _wanted(seen, answer, force=force) else ()
    if as_json:
        print_json(refresh_data(seen, written))
    elif written:
        say("The shipped prices are in force." if reset else f"Written: {listed(written)}.")


def _wanted(seen: "Preview", answer: str | None, *, force: bool) -> bool:
    """Whether to write, said where not."""
    if seen.older and not force:
        say(f"Nothing was changed: {seen.older}. --force takes the older ones.")
        return False
    if answer == "no":
        say("Nothing was changed.")
        return False
    if confirmed("Put these prices in force?", yes=answer == "yes"):
        return True
    say("Nothing was changed; --yes agrees beforehand.")
    return False


def _show(seen: "Preview", *, plain: bool) -> None:
    """The differences, then the projects that they touch."""
    changes = seen.changes
    click.echo(clean(f"{seen.candidate.source}: {len(seen.candidate.prices.cards)} models."))
    if not changes:
        click.echo("No model, price, limit or last day differs from what is in force.")
        return
    click.echo(
        f"{len(changes.new)} new models, {len(changes.gone)} gone, {len(changes.prices)} prices, "
        f"{len(changes.limits)} limits, {len(changes.retirements)} last days."
    )
    for word, names in (("New", changes.new), ("Gone", changes.gone)):
        if names:
            more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            click.echo(clean(f"{word}: {listed(names[:_MOST_NAMES])}{more}."))
    show_changes(changes, plain=plain)
    for project in seen.affected:
        click.echo(clean(f"\nProject {project.name} ({project.folder}): {listed(project.models)}"))
        if project.changes.gone:
            click.echo(clean(f"Gone: {listed(project.changes.gone)}."))
        show_changes(project.changes, plain=plain)


def show_changes(changes: "CatalogChanges", *, plain: bool) -> None:
    """Prices, limits and last days as one table."""
    rows = [
        (
            change.model,
            change.key,
            change.unit,
            change.readable(change.old),
            change.readable(change.new),
            f"x{change.ratio:.3g}" if change.ratio is not None else "",
        )
        for change in sorted(changes.prices, key=_weight)
    ]
    rows += [(one.model, one.field, "tokens", str(one.old or ""), str(one.new or ""), "") for one in changes.limits]
    rows += [
        (one.model, "retires on", "", one.old.isoformat() if one.old else "", one.new.isoformat(), "")
        for one in changes.retirements
    ]
    if rows:
        print_table(["model", "what", "unit", "was", "becomes", "ratio"], rows[:_MOST_ROWS], plain_text=plain)
    if len(rows) > _MOST_ROWS:
        click.echo(f"... {len(rows) - _MOST_ROWS} more; --json has all of them.")


def _weight(change: "PriceChange") -> tuple[bool, bool, Decimal]:
    """Prices that differ come before those that came or went, tokens before everything else, large before small."""
    return change.old is None or change.new is None, change.unit != "USD/Mtok", -change.factor
