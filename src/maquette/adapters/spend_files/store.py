"""The summaries in a project's folder: what an import would add or count twice, and writing it whole or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from maquette.adapters.spend_files.reading import SpendFile
from maquette.adapters.spend_files.together import alone, put_together
from maquette.analytics import ACTUAL_COLUMNS, ACTUALS_FOLDER, Database, foreign_table
from maquette.cost.actuals import plain_model, sum_usd
from maquette.foundation.lineage import fingerprint
from maquette.foundation.problems import Conflict, Place
from maquette.foundation.units import Usd

Clash = Literal["refuse", "replace", "alongside"]

_COLUMNS: Mapping[str, str] = {**ACTUAL_COLUMNS, "ids": "VARCHAR", "converted": "VARCHAR"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """Days that a summary and a new file both count.

    Attributes:
        because: Why they are the same spending, in words.
        usd: What the summary has on these days; None when there is no money in it.
    """

    summary: str
    file: str
    days: tuple[date, ...]
    because: str
    usd: Usd | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What an import would do with one file; ``target`` is the summary's name."""

    spend: SpendFile
    target: str
    known: bool
    overlaps: tuple[Overlap, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Day:
    """One day of a summary: its models, what it counts, and some request ids as hashes."""

    models: frozenset[str]
    counts: frozenset[str]
    ids: frozenset[str]
    usd: Usd | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Summary:
    name: str
    source: str
    file: str
    days: Mapping[date, _Day]


def plan_imports(folder: Path, files: Sequence[SpendFile]) -> tuple[Plan, ...]:
    """What importing ``files`` into the project in ``folder`` would do, in their order.

    Raises:
        InvalidInput: A summary that is there cannot be read.
    """
    there = [_summary(path) for path in sorted((folder / ACTUALS_FOLDER).glob("*.parquet"))]
    plans = []
    for spend in files:
        new = _as_summary(spend)
        overlaps = [overlap for old in there if old.name != new.name and (overlap := _overlap(old, new)) is not None]
        known = any(old.name == new.name for old in there)
        plans.append(Plan(spend=spend, target=new.name, known=known, overlaps=tuple(overlaps)))
        there.append(new)
    return tuple(plans)


def refuse_double(plans: Sequence[Plan], clash: Clash) -> None:
    """Refuse what would count twice.

    Raises:
        Conflict: A file is imported already, or counts what a summary counts, and nobody said what to do about it.
    """
    for plan in plans:
        if plan.known:
            raise Conflict(
                "it is imported already; nothing was changed",
                place=Place(file=plan.spend.name),
                fix=f"Its summary is {ACTUALS_FOLDER}/{plan.target}.",
            )
        if plan.overlaps and clash == "refuse":
            one = plan.overlaps[0]
            raise Conflict(
                f"{_period(one.days)} would be counted twice: {one.because} (from {one.file}, {one.summary})",
                place=Place(file=plan.spend.name),
                fix="--replace takes the new file for these days; --alongside counts both.",
            )


def write_plans(folder: Path, plans: Sequence[Plan], clash: Clash) -> tuple[str, ...]:
    """Write the summaries; with "replace", the days that they count leave the older ones.

    No other program writes the project meanwhile.

    Returns:
        The names of the summaries written.

    Raises:
        Conflict: Another import changed what there is since the plans were made; nothing was written.
        Unavailable: The disk is full or read-only, or another program keeps writing; everything is as it was.
    """
    with alone(folder):
        _refuse_outdated(folder, plans, clash)
        place = folder / ACTUALS_FOLDER
        contents: dict[str, list[dict[str, Any]]] = {}
        for plan in plans:
            for overlap in plan.overlaps if clash == "replace" else ():
                rows = contents[overlap.summary] if overlap.summary in contents else _stored(place / overlap.summary)
                contents[overlap.summary] = [row for row in rows if row["day"] not in set(overlap.days)]
            contents[plan.target] = _rows(plan.spend)
        put_together(place, contents, _write)
    return tuple(plan.target for plan in plans)


def _refuse_outdated(folder: Path, plans: Sequence[Plan], clash: Clash) -> None:
    newest = plan_imports(folder, [plan.spend for plan in plans])
    refuse_double(newest, clash)
    for old, new in zip(plans, newest, strict=True):
        if old.overlaps != new.overlaps:
            raise Conflict(
                "another import changed the summaries meanwhile; nothing was written",
                place=Place(file=old.spend.name),
                fix="Import it again.",
            )


def _write(place: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with Database.over(None) as database:
        database.load("summary", rows, _COLUMNS)
        database.write_table("from summary", place, form="parquet")


def _rows(spend: SpendFile) -> list[dict[str, Any]]:
    rows = []
    told: set[date] = set()
    for row in spend.rows:
        ids = " ".join(sorted(spend.ids.get(row.day, ()))) if row.day not in told else ""
        told.add(row.day)
        fields = {name: getattr(row, name) for name in ACTUAL_COLUMNS if name not in {"source", "file"}}
        converted = "; ".join(note for note in spend.notes if " USD of " in note)
        rows.append(
            {**fields, "source": spend.kind, "file": spend.name, "ids": ids or None, "converted": converted or None}
        )
    return rows


def _stored(path: Path) -> list[dict[str, Any]]:
    with foreign_table(path) as table:
        return table.query("select * from foreign_rows")


def _summary(path: Path) -> _Summary:
    counts = "bool_or(usd is not null) as money, bool_or(input_tok is not null) as tokens"
    with foreign_table(path) as table:
        rows = table.query(
            f"select day, list(distinct model) as models, {counts}, sum(usd) as usd, string_agg(ids, ' ') as ids,"  # noqa: S608  # ours
            " any_value(source) as source, any_value(file) as file from foreign_rows group by day order by day"
        )
    days = {
        row["day"]: _Day(
            models=frozenset(map(plain_model, row["models"])),
            counts=_counts(money=row["money"], tokens=row["tokens"]),
            ids=frozenset((row["ids"] or "").split()),
            usd=row["usd"],
        )
        for row in rows
    }
    first = rows[0] if rows else {"source": "", "file": ""}
    return _Summary(name=path.name, source=str(first["source"]), file=str(first["file"]), days=days)


def _as_summary(spend: SpendFile) -> _Summary:
    digest = fingerprint(spend.kind, [_identity(row) for row in _rows(spend)])
    days: dict[date, list[Any]] = {}
    for row in spend.rows:
        days.setdefault(row.day, []).append(row)
    return _Summary(
        name=f"{spend.kind}-{digest[:12]}.parquet",
        source=spend.kind,
        file=spend.name,
        days={
            day: _Day(
                models=frozenset(plain_model(row.model) for row in rows),
                counts=_counts(
                    money=any(row.usd is not None for row in rows),
                    tokens=any(row.input_tok is not None for row in rows),
                ),
                ids=spend.ids.get(day, frozenset()),
                usd=sum_usd(row.usd for row in rows),
            )
            for day, rows in days.items()
        },
    )


def _identity(row: Mapping[str, Any]) -> tuple[str, ...]:
    """A row as text, without the name of its file: the same log under another name is the same."""
    return tuple(_plain(value) for name, value in row.items() if name != "file")


def _plain(value: object) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _counts(*, money: bool, tokens: bool) -> frozenset[str]:
    return frozenset(name for name, there in (("dollars", money), ("tokens", tokens)) if there)


def _overlap(old: _Summary, new: _Summary) -> Overlap | None:
    """The days that both count, with the first reason why."""
    found: dict[date, str] = {}
    for day in sorted(old.days.keys() & new.days.keys()):
        reason = _reason(old, new, old.days[day], new.days[day])
        if reason is not None:
            found[day] = reason
    if not found:
        return None
    return Overlap(
        summary=old.name,
        file=old.file,
        days=tuple(found),
        because=next(iter(found.values())),
        usd=sum_usd(old.days[day].usd for day in found),
    )


def _reason(old: _Summary, new: _Summary, then: _Day, now: _Day) -> str | None:
    both = then.counts & now.counts
    if old.source == new.source and then.ids and now.ids:
        return "the same request ids" if then.ids & now.ids else None
    if not both:
        return None
    if old.source == new.source:
        return f"{' and '.join(sorted(both))} of the same source and days"
    shared = then.models & now.models
    if shared:
        return f"{' and '.join(sorted(both))} of {min(shared)} on the same days"
    return None


def _period(days: Sequence[date]) -> str:
    return f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}, {len(days)} days,"
