"""The summaries in a project: what counts twice is refused, replaced or counted beside; nothing is half written."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.spend_files import HowToRead, SpendFile, plan_imports, read_spend, refuse_double, write_plans
from maquette.adapters.spend_files.store import Clash
from maquette.analytics import Database
from maquette.foundation.problems import Conflict, InvalidInput, Unavailable
from tests.spend_world import LITELLM, full_disk, litellm_row, write_csv


def log(folder: Path, name: str, rows: list[dict[str, object]]) -> SpendFile:
    return read_spend(write_csv(folder / name, rows, LITELLM), HowToRead())


def bill(folder: Path, name: str, rows: list[dict[str, object]], **columns: str) -> SpendFile:
    mapping = {"day": "day", "usd": "usd", "model": "model", **columns}
    return read_spend(write_csv(folder / name, rows), HowToRead(kind="generic", columns=mapping))


def put(folder: Path, *files: SpendFile, clash: Clash = "refuse") -> tuple[str, ...]:
    plans = plan_imports(folder, files)
    refuse_double(plans, clash)
    return write_plans(folder, plans, clash)


def asked(folder: Path, sql: str) -> list[dict[str, Any]]:
    with Database.over(folder) as database:
        return database.query(sql)


def spent(folder: Path) -> Decimal:
    return Decimal(asked(folder, "select coalesce(sum(usd), 0) as usd from actuals")[0]["usd"])


def day_rows(*numbers: int, day: int = 3) -> list[dict[str, object]]:
    return [litellm_row(number, startTime=f"2026-10-{day:02} 10:00:00") for number in numbers]


def test_what_is_imported_is_there_by_the_day_and_by_the_month(tmp_path: Path) -> None:
    (name,) = put(tmp_path, log(tmp_path, "log.csv", [*day_rows(1, 2), *day_rows(3, day=4)]))
    assert name.startswith("litellm-")
    assert [path.name for path in (tmp_path / "actuals").iterdir()] == [name]
    rows = asked(tmp_path, "from actuals order by day")
    assert [(row["day"], row["requests"], row["usd"], row["source"], row["file"]) for row in rows] == [
        (date(2026, 10, 3), 2, Decimal("0.002"), "litellm", "log.csv"),
        (date(2026, 10, 4), 1, Decimal("0.001"), "litellm", "log.csv"),
    ]
    (month,) = asked(tmp_path, "from actuals_monthly")
    assert (month["month"], month["days"], month["requests"], month["usd"]) == ("2026-10", 2, 3, Decimal("0.003"))


def test_a_summary_holds_no_id_key_or_person(tmp_path: Path) -> None:
    (name,) = put(tmp_path, log(tmp_path, "log.csv", day_rows(1)))
    content = (tmp_path / "actuals" / name).read_bytes()
    assert not [word for word in (b"88dc28d0", b"someone@", b"chatcmpl", b"secret") if word in content]


def test_the_same_log_is_imported_once_whatever_its_name(tmp_path: Path) -> None:
    put(tmp_path, log(tmp_path, "log.csv", day_rows(1, 2)))
    with pytest.raises(Conflict, match="imported already"):
        put(tmp_path, log(tmp_path, "copy.csv", day_rows(2, 1)))


def test_the_same_requests_in_another_log_are_refused(tmp_path: Path) -> None:
    put(tmp_path, log(tmp_path, "log.csv", day_rows(*range(100))))
    with pytest.raises(Conflict, match=r"2026-10-03 would be counted twice: the same request ids \(from log.csv"):
        put(tmp_path, log(tmp_path, "more.csv", day_rows(*range(50, 150))))
    assert spent(tmp_path) == Decimal("0.1")


def test_other_requests_of_the_same_day_are_counted_beside(tmp_path: Path) -> None:
    put(tmp_path, log(tmp_path, "one.csv", day_rows(*range(100))), log(tmp_path, "two.csv", day_rows(*range(100, 150))))
    assert spent(tmp_path) == Decimal("0.15")


def test_two_files_of_one_import_are_held_against_each_other(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="the same request ids"):
        put(tmp_path, log(tmp_path, "one.csv", day_rows(*range(9))), log(tmp_path, "two.csv", day_rows(*range(8))))
    assert not (tmp_path / "actuals").exists()


def test_replacing_takes_the_new_file_for_the_days_that_both_have(tmp_path: Path) -> None:
    put(tmp_path, log(tmp_path, "log.csv", [*day_rows(1, 2), *day_rows(3, day=4)]))
    put(tmp_path, log(tmp_path, "new.csv", day_rows(1, 2, 4, 5)), clash="replace")
    rows = asked(tmp_path, "select day, file, usd from actuals order by day")
    assert [(row["day"].day, row["file"], row["usd"]) for row in rows] == [
        (3, "new.csv", Decimal("0.004")),
        (4, "log.csv", Decimal("0.001")),
    ]
    put(tmp_path, log(tmp_path, "all.csv", [*day_rows(1, 2, 4, 5, 6), *day_rows(3, 7, day=4)]), clash="replace")
    assert (spent(tmp_path), len(list((tmp_path / "actuals").iterdir()))) == (Decimal("0.007"), 1)


def test_dollars_of_one_model_from_a_log_and_from_a_bill_are_the_same_dollars(tmp_path: Path) -> None:
    put(tmp_path, log(tmp_path, "log.csv", day_rows(1)))
    same = bill(tmp_path, "bill.csv", [{"day": "2026-10-03", "model": "openai/gpt-6-luna", "usd": "0.001"}])
    with pytest.raises(Conflict, match="dollars of gpt-6-luna on the same days"):
        put(tmp_path, same)
    other = bill(tmp_path, "other.csv", [{"day": "2026-10-03", "model": "mistral-large-4", "usd": "5"}])
    put(tmp_path, other)
    assert spent(tmp_path) == Decimal("5.001")
    put(tmp_path, same, clash="alongside")
    assert spent(tmp_path) == Decimal("5.002")


def test_tokens_from_one_file_and_dollars_from_another_complete_each_other(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"day": "2026-10-03", "model": "m", "usd": "", "tok": "5"}]
    put(tmp_path, bill(tmp_path, "usage.csv", rows, input_tok="tok"))
    put(tmp_path, bill(tmp_path, "cost.csv", [{"day": "2026-10-03", "model": "m", "usd": "2"}]))
    (row,) = asked(tmp_path, "select sum(usd) as usd, sum(input_tok) as tok from actuals")
    assert (row["usd"], row["tok"]) == (2, 5)


def test_a_bill_of_the_same_source_and_days_is_refused(tmp_path: Path) -> None:
    put(tmp_path, bill(tmp_path, "a.csv", [{"day": "2026-10-03", "model": "m", "usd": "1"}]))
    with pytest.raises(Conflict, match="dollars of the same source and days"):
        put(tmp_path, bill(tmp_path, "b.csv", [{"day": "2026-10-03", "model": "n", "usd": "2"}]))


def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path) -> None:
    put(tmp_path, log(tmp_path, "log.csv", [*day_rows(1, 2), *day_rows(3, day=4)]))
    before = {path.name: path.read_bytes() for path in (tmp_path / "actuals").iterdir()}
    new = log(tmp_path, "new.csv", day_rows(1, 2, 4))
    with full_disk(1000), pytest.raises(Unavailable, match="cannot be written: File too large"):
        put(tmp_path, new, clash="replace")
    assert {path.name: path.read_bytes() for path in (tmp_path / "actuals").iterdir()} == before


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "actuals").write_text("in the way")
    with pytest.raises(Unavailable, match="File exists"):
        put(tmp_path, log(tmp_path, "log.csv", day_rows(1)))


def test_a_broken_summary_stops_questions_about_actual_costs_alone(tmp_path: Path) -> None:
    (tmp_path / "actuals").mkdir()
    (tmp_path / "actuals" / "x.parquet").write_text("PAR1 not really")
    with Database.over(tmp_path) as database:
        assert database.table("select count(*) from trials").rows == ((0,),)
        with pytest.raises(InvalidInput, match="a summary in actuals/ cannot be read"):
            database.table("select sum(usd) from actuals")
    with pytest.raises(InvalidInput):
        plan_imports(tmp_path, [])


def test_a_year_of_many_models_and_teams_stays_small(tmp_path: Path) -> None:
    first = date(2026, 1, 1)
    rows: list[dict[str, object]] = [
        {"day": f"{first + timedelta(day)}", "model": f"m{model}", "usd": "0.5"}
        for day in range(365)
        for model in range(9)
    ]
    (name,) = put(tmp_path, bill(tmp_path, "year.csv", rows))
    assert spent(tmp_path) == Decimal("1642.5")
    assert (tmp_path / "actuals" / name).stat().st_size < 40_000
