"""`maquette cost actuals import`: spend logs and bills become sums by the day, after a preview."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from maquette.adapters.spend_files import (
    AMOUNTS,
    KINDS,
    TEXTS,
    Clash,
    HowToRead,
    Plan,
    Rate,
    plan_imports,
    read_spend,
    refuse_double,
    write_plans,
)
from maquette.cli.console import clean, confirmed, print_json, project_command, say
from maquette.cli.cost.actuals_data import import_data
from maquette.cost.actuals import sum_usd
from maquette.foundation.problems import ExitStatus, InvalidInput, Place
from maquette.foundation.units import readable_usd
from maquette.foundation.wording import listed, shown

_MAPPED = ("day", *TEXTS, *AMOUNTS, "request_id")


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(KINDS), default="auto", show_default=True, help="What the files are.")
@click.option("--columns", metavar="F=C,...", help="For a generic file: day=date,model=model,usd=cost.")
@click.option("--service", metavar="NAME", help="Of a cloud's bill: the service that counts, or a part of its name.")
@click.option(
    "--usd-per",
    "rates",
    multiple=True,
    metavar="EUR=R@DAY",
    help="What another currency is worth: EUR=1.08@2026-10-31.",
)
@click.option("--no-tags", is_flag=True, help="Sum over all tags.")
@click.option("--skip-broken", is_flag=True, help="Leave rows out that cannot be read, and count them.")
@click.option("--replace", is_flag=True, help="Take these files for the days that were imported before.")
@click.option("--alongside", is_flag=True, help="Count both where days were imported before.")
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@project_command
def command(  # one parameter an option
    *,
    files: tuple[Path, ...],
    replace: bool,
    alongside: bool,
    yes: bool,
    folder: str,
    as_json: bool,
    **said: Any,
) -> int:
    """Sum up FILES by day (UTC), model, provider, tag and team, and keep the sums in the project's folder, actuals/.

    \b
    litellm    the table LiteLLM_SpendLogs as CSV, JSON lines or Parquet
    openai     the cost or the activity export of the dashboard
    anthropic  the cost or the usage export of the console
    aws, azure, google, focus  bills, of one service: --service
    generic    any table: --columns day=date,model=model,usd=cost
    Nothing else of a file is kept: no keys, users, prompts or answers. What would count twice is refused.
    """  # noqa: D301  # click's own mark for lines that stay as they are
    from maquette.wiring import Project

    if replace and alongside:
        raise click.UsageError("--replace and --alongside exclude each other")
    place = Project.open(folder).folder
    how = _how(**said)
    plans = plan_imports(place, [read_spend(path, how) for path in files])
    clash: Clash = "replace" if replace else "alongside" if alongside else "refuse"
    if not as_json:
        _show(plans, clash)
    refuse_double(plans, clash)
    agreed = confirmed(f"Write the sums into {place.name or '.'}/actuals?", yes=yes)
    written = write_plans(place, plans, clash) if agreed else ()
    if as_json:
        print_json(import_data(plans, clash, written))
    elif written:
        say(f"Written: {listed(f'actuals/{name}' for name in written)}. maquette cost actuals looks at them.")
    else:
        say("Nothing was written. --yes goes ahead without asking.")
    return ExitStatus.OK


def _how(
    *,
    kind: str,
    columns: str | None,
    service: str | None,
    rates: tuple[str, ...],
    no_tags: bool,
    skip_broken: bool,
) -> HowToRead:
    return HowToRead(
        kind="generic" if columns and kind == "auto" else kind,
        columns=_mapping(columns),
        service=service,
        rates=tuple(map(_rate, rates)),
        tags=not no_tags,
        skip_broken=skip_broken,
    )


def _show(plans: Sequence[Plan], clash: Clash) -> None:
    for plan in plans:
        spend = plan.spend
        days = [row.day for row in spend.rows]
        usd = sum_usd(row.usd for row in spend.rows)
        money = "no dollars in it" if usd is None else readable_usd(usd)
        click.echo(clean(f"{spend.name}: {spend.kind}, {spend.read:,} rows, {min(days)} to {max(days)} (UTC), {money}"))
        click.echo(
            clean(f"  models: {listed(_first(dict.fromkeys(row.model or '(not named)' for row in spend.rows)))}")
        )
        for note in spend.notes:
            click.echo(clean(f"  {note}"))
        for overlap in plan.overlaps:
            does = {"refuse": "", "replace": ", which leave it", "alongside": ", which count beside it"}[clash]
            click.echo(
                clean(
                    f"  {len(overlap.days)} days are in {overlap.summary} already ({readable_usd(overlap.usd)}){does}:"
                    f" {overlap.because}"
                )
            )


def _first(names: Sequence[str] | dict[str, None]) -> list[str]:
    kept = list(names)
    return [*kept[:8], f"and {len(kept) - 8} more"] if len(kept) > 8 else kept


def _mapping(text: str | None) -> dict[str, str]:
    if text is None:
        return {}
    found: dict[str, str] = {}
    for part in text.split(","):
        field, equals, column = part.partition("=")
        if not equals or not column.strip() or field.strip() not in _MAPPED:
            raise InvalidInput(
                f"{shown(part)} is not FIELD=COLUMN",
                place=Place(field="--columns"),
                fix=f"Fields are {listed(_MAPPED)}.",
            )
        found[field.strip()] = column.strip()
    return found


def _rate(text: str) -> Rate:
    """EUR=1.08@2026-10-31."""
    currency, _, rest = text.partition("=")
    worth, _, day = rest.partition("@")
    try:
        usd, as_of = Decimal(worth), date.fromisoformat(day)
    except (InvalidOperation, ValueError):
        usd, as_of = Decimal(0), date.min
    if not currency.isalpha() or not usd.is_finite() or usd <= 0:
        raise InvalidInput(
            f"{shown(text)} is not a rate with its day", place=Place(field="--usd-per"), fix="Give EUR=1.08@2026-10-31."
        )
    return Rate(currency=currency.upper(), usd=usd, as_of=as_of)
