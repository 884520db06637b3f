"""A spend log or a bill, summed by day, model, provider, tag and team while it is read; no row of it is kept.

Figures are added up exactly. A row whose day or figures cannot be read is named and refused, or counted and left out.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from maquette.adapters.spend_files.layouts import (
    AMOUNTS,
    FIELDS,
    LAYOUTS,
    TEXTS,
    Columns,
    Fields,
    Layout,
    generic_layout,
)
from maquette.analytics import ForeignTable, foreign_table
from maquette.cost.actuals import DayRow
from maquette.foundation.problems import InvalidInput, NotFound, Place
from maquette.foundation.wording import listed, shown, suggestion

HIGHEST_USD = 10**12
HIGHEST_COUNT = 10**15
"""Figures of one row beyond these are refused as broken."""

MOST_ROWS = 500_000
_SAMPLED_IDS = 32
"""Request ids of a day that are remembered, as hashes: those that come first when their letters are reversed, so that
two files with the same requests remember the same ones."""
_COUNTS = tuple(name for name in AMOUNTS if name != "usd")
_LONGEST_TEXT = 1_000
_NO_AGENTS = "User-Agent: "


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """Dollars for one unit of another currency, as of a day."""

    currency: str
    usd: Decimal
    as_of: date


@dataclass(frozen=True, kw_only=True, slots=True)
class HowToRead:
    """What the user says about a file.

    Attributes:
        kind: One of `layouts.KINDS`.
        columns: For a generic file: which column holds which field.
        service: Of a bill: the service whose rows count, or a part of its name.
        rates: For rows in another currency.
    """

    kind: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)
    service: str | None = None
    rates: tuple[Rate, ...] = ()
    tags: bool = True
    skip_broken: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SpendFile:
    """What a file says.

    Attributes:
        rows: By day, model, provider, tag and team, in that order.
        ids: Of each day: hashes of some of its request ids, to recognise them in another file.
        read: Rows of the file, without empty ones.
        broken, repeated: Rows that were left out: unreadable ones, and those whose request id came before.
        notes: What a reader must know, in sentences.
    """

    name: str
    kind: str
    rows: tuple[DayRow, ...]
    ids: Mapping[date, frozenset[str]]
    read: int
    broken: int
    repeated: int
    notes: tuple[str, ...]


def read_spend(path: Path, how: HowToRead) -> SpendFile:
    """Read one file.

    Raises:
        NotFound: There is no such file, or no row in it.
        InvalidInput: Its columns are of no known kind, a row is broken, a currency has no rate.
        Unavailable: Its summary does not fit into memory.
    """
    with foreign_table(path, skip_broken=how.skip_broken) as table:
        layout = _layout(table, how)
        columns = Columns(table)
        fields = layout.fields(columns)
        parsed = _parsed(table, fields, columns, _of_service(layout, columns, table, how), how)
        repeated = _repeated(table, parsed) if "request_id" in fields else 0
        found = table.query(_SUMS.replace("{parsed}", _each_id_once(parsed) if repeated else parsed))
        rejected = table.rejected
        broken = sum(row["n"] for row in found if row["why"] is not None)
        if broken and not how.skip_broken:
            raise _broken_row(table, parsed, broken)
        ids = _ids(table, parsed) if "request_id" in fields else {}
    return _summed(found, path.name, layout.kind, how, ids=ids, left_out=broken + rejected, repeated=repeated)


def _summed(  # the parts of one answer
    found: Sequence[Mapping[str, Any]],
    name: str,
    kind: str,
    how: HowToRead,
    *,
    ids: Mapping[date, frozenset[str]],
    left_out: int,
    repeated: int,
) -> SpendFile:
    good = [row for row in found if row["why"] is None]
    if len(found) > MOST_ROWS:
        raise InvalidInput(
            f"it has more than {MOST_ROWS:,} different days, models and tags",
            place=Place(file=name),
            fix="Import it without tags: --no-tags; or export shorter periods.",
        )
    if not good:
        raise NotFound("it has no row with a day and a figure", place=Place(file=name), fix="Check the export.")
    rows, notes = _rows(good, name, how)
    if left_out:
        notes = (*notes, f"broken rows that were left out: {left_out:,}")
    if repeated:
        notes = (*notes, f"rows that repeat a request id, counted once: {repeated:,}")
    read = sum(row["n"] for row in good) + left_out + repeated
    return SpendFile(
        name=name, kind=kind, rows=rows, ids=ids, read=read, broken=left_out, repeated=repeated, notes=notes
    )


_NOT_EMPTY = " or ".join(f"{name} is not null" for name in AMOUNTS)
_IN_RANGE = " and ".join(
    [
        f"(usd is null or abs(usd) <= {HIGHEST_USD})",
        *(f"({name} is null or abs({name}) <= {HIGHEST_COUNT})" for name in _COUNTS),
    ]
)
_SUMS = (
    f"select day, {', '.join(TEXTS)}, why, count(*) as n, {', '.join(f'sum({name}) as {name}' for name in AMOUNTS)}"  # noqa: S608  # names of this module
    f" from ({{parsed}}) where why is not null or {_NOT_EMPTY}"
    f" group by all limit {MOST_ROWS + 1}"
)


def _parsed(table: ForeignTable, fields: Fields, columns: Columns, condition: str, how: HowToRead) -> str:
    """The rows of the file as fields, with ``why`` for a row that is broken."""
    kept = dict(fields)
    if not how.tags:
        kept.pop("tag", None)
    listing = ", ".join(f"{kept.get(name, 'null')} as {name}" for name in FIELDS)
    tests = list(columns.unreadable.items())
    broken = "".join(f", {test} as broken_{number}" for number, (_, test) in enumerate(tests))
    whys = [(f"broken_{number}", f"the cell of {name} cannot be read") for number, (name, _) in enumerate(tests)]
    whys += [
        (f"day is null and ({_NOT_EMPTY})", "it has no date"),
        ("year(day) not between 2000 and 2100", "its date is absurd"),
        (f"not ({_IN_RANGE})", "a figure is absurdly large"),
    ]
    if table.form == "lines":
        whys.insert(0, ("day is null", "it is no JSON object with a date"))
    cases = " ".join(f"when {test} then {_literal(why)}" for test, why in whys)
    return (
        f"select {', '.join(FIELDS)}, case {cases} end as why"  # noqa: S608  # quoted
        f" from (select {listing}{broken} from foreign_rows{condition})"
    )


def _layout(table: ForeignTable, how: HowToRead) -> Layout:
    names = {name.casefold() for name in table.columns}
    if how.kind == "generic":
        return _generic(table, how.columns, names)
    found = [one for one in LAYOUTS if how.kind in {"auto", one.kind} and names.issuperset(one.needs)]
    if found:
        return found[0]
    there = listed(shown(name) for name in list(table.columns)[:40])
    of = f"of {how.kind} " if how.kind != "auto" else ""
    raise InvalidInput(
        f"its columns are no export {of}that is known; it has {there}",
        place=Place(file=table.name),
        fix="Say which column holds what: --kind generic --columns day=date,model=model,usd=cost.",
    )


def _generic(table: ForeignTable, mapping: Mapping[str, str], names: set[str]) -> Layout:
    missing = [column for column in mapping.values() if column.casefold() not in names]
    if missing:
        near = suggestion(missing[0], table.columns)
        raise InvalidInput(
            f"it has no column {shown(missing[0])}; it has {listed(shown(name) for name in list(table.columns)[:40])}",
            place=Place(file=table.name),
            fix=near or "Name one of these.",
        )
    if "day" not in mapping or not set(mapping) & set(AMOUNTS):
        raise InvalidInput(
            "a generic file needs at least a day and an amount",
            place=Place(file=table.name, field="--columns"),
            fix="For example: --columns day=date,model=model,usd=cost.",
        )
    return generic_layout(mapping)


def _of_service(layout: Layout, columns: Columns, table: ForeignTable, how: HowToRead) -> str:
    """The condition that keeps one service of a bill."""
    cell = columns.nested(layout.service) if layout.service else None
    if cell is None:
        return ""
    wanted = how.service or layout.usual_service
    if wanted:
        return f" where contains(lower({cell}), {_literal(wanted.lower())})"
    counted = f"select {cell} as name, count(*) as n from foreign_rows"  # noqa: S608  # quoted
    found = table.query(f"{counted} group by all order by n desc, name limit 20")
    there = listed(shown(row["name"]) for row in found)
    raise InvalidInput(
        f"a bill has more than models in it; its services are {there}",
        place=Place(file=table.name),
        fix="Say which one counts: --service NAME, or a part of the name.",
    )


def _broken_row(table: ForeignTable, parsed: str, count: int) -> InvalidInput:
    """The first row that cannot be read, by its number."""
    numbered = f"select row_number() over () as row, why from ({parsed})"  # noqa: S608  # ours
    (first,) = table.query(f"select row, why from ({numbered}) where why is not null order by row limit 1")  # noqa: S608  # ours
    line = int(first["row"]) + (1 if table.form == "csv" else 0)
    return InvalidInput(
        f"{first['why']} (row {first['row']}); {count} such rows in all",
        place=Place(file=table.name, line=None if table.form in {"parquet", "json"} else line),
        fix="Correct them, or leave them out: --skip-broken.",
    )


def _repeated(table: ForeignTable, parsed: str) -> int:
    """Rows whose request id came before; ids of 64 bits stand for the whole ones, so few may be counted too many."""
    # Groups are counted faster than distinct values are, and ids of 64 bits faster than texts.
    counted = f"select count(*) as n from ({parsed}) where request_id is not null and request_id <> ''"  # noqa: S608  # ours
    (row,) = table.query(f"select coalesce(sum(n), 0) - count(*) as n from ({counted} group by hash(request_id))")  # noqa: S608  # ours
    return int(row["n"])


def _each_id_once(parsed: str) -> str:
    names = (*FIELDS, "why")
    kept = ", ".join(f"any_value({name}) as {name}" for name in names if name != "request_id")
    return (
        f"select {', '.join(names)} from ("  # noqa: S608  # ours
        f"select {kept}, request_id from ({parsed}) where request_id is not null group by request_id"
        f" union all by name select * from ({parsed}) where request_id is null)"
    )


def _ids(table: ForeignTable, parsed: str) -> dict[date, frozenset[str]]:
    found = table.query(
        f"select day, min(reverse(request_id), {_SAMPLED_IDS}) as ids from ({parsed})"  # noqa: S608  # ours
        " where request_id is not null and day is not null group by day"
    )
    return {row["day"]: frozenset(map(_hashed, row["ids"])) for row in found}


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _rows(found: Sequence[Mapping[str, Any]], name: str, how: HowToRead) -> tuple[tuple[DayRow, ...], tuple[str, ...]]:
    """The sums in dollars, merged where only the currency or the spelling of the tags differed."""
    rates = {rate.currency: rate for rate in how.rates}
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    used: set[str] = set()
    for row in found:
        key = (row["day"], _text(row["model"]) or "", _text(row["provider"]), _tags(row["tag"]), _text(row["team"]))
        usd = row["usd"]
        currency = (_text(row["currency"]) or "USD").upper()
        if usd is not None and currency != "USD":
            usd = _in_usd(usd, currency, rates, name)
            used.add(currency)
        sums = groups.setdefault(key, dict.fromkeys(AMOUNTS))
        for amount in AMOUNTS:
            value = usd if amount == "usd" else None if row[amount] is None else int(row[amount])
            if value is not None:
                sums[amount] = value if sums[amount] is None else sums[amount] + value
    rows = tuple(
        DayRow(day=day, model=model, provider=provider, tag=tag, team=team, **sums)
        for (day, model, provider, tag, team), sums in sorted(groups.items(), key=lambda one: tuple(map(str, one[0])))
    )
    notes = tuple(f"{one} at {rates[one].usd:f} USD of {rates[one].as_of.isoformat()}" for one in sorted(used))
    return rows, notes


def _in_usd(amount: Decimal, currency: str, rates: Mapping[str, Rate], name: str) -> Decimal:
    rate = rates.get(currency)
    if rate is None:
        raise InvalidInput(
            f"amounts are in {shown(currency)}, not in USD",
            place=Place(file=name),
            fix="Say what one is worth, and when: --usd-per EUR=1.08@2026-10-31.",
        )
    return (amount * rate.usd).quantize(Decimal("1e-12"))


def _text(text: str | None) -> str | None:
    return ((text or "").strip() or None) and (text or "").strip()[:_LONGEST_TEXT]


def _tags(text: str | None) -> str | None:
    """The tags of a request in order, without those that a gateway adds about the client."""
    text = _text(text)
    if text is None or not text.startswith(("[", "{")):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        # A list as DuckDB writes it, or a text that was cut: [a, b].
        found = text.strip("[]").split(", ")
    if not isinstance(found, list):
        return None if found == {} else text
    kept = sorted({str(one) for one in found if one and not str(one).startswith(_NO_AGENTS)})
    return _text(", ".join(kept))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
