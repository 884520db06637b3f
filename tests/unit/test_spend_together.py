"""Imports at the same time, and imports that are killed: nothing is lost, nothing counts twice, no file is half one."""

import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from maquette import project_lock
from maquette.adapters.spend_files import (
    HowToRead,
    plan_imports,
    read_spend,
    refuse_double,
    settle,
    together,
    write_plans,
)
from maquette.adapters.spend_files.store import Clash
from maquette.analytics import Database
from maquette.foundation.problems import Conflict, InvalidInput, Unavailable
from maquette.project_lock import PRIVATE_FOLDER
from tests.spend_world import LITELLM, litellm_row, write_csv


def importing(folder: Path, path: Path, clash: Clash = "refuse", deadly: int = 0) -> int:
    """Import in a process of its own, killed before its ``deadly``-th change of a file; returns its process id."""
    child = os.fork()
    if child:
        return child
    status = 9
    with suppress(BaseException):
        _die_at(deadly)
        plans = plan_imports(folder, [read_spend(path, HowToRead())])
        refuse_double(plans, clash)
        write_plans(folder, plans, clash)
        status = 0
    os._exit(status)


def _die_at(deadly: int) -> None:
    count, replace, unlink = 0, os.replace, Path.unlink

    def counted(work: Callable[..., None], *arguments: Any, **options: Any) -> None:
        nonlocal count
        count += 1
        if count == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        work(*arguments, **options)

    together.os.replace = lambda *a: counted(replace, *a)  # type: ignore[attr-defined]
    Path.unlink = lambda *a, **o: counted(unlink, *a, **o)  # type: ignore[method-assign]


def ended(child: int) -> int:
    """How the process ended: its status, or less than nothing for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def log(folder: Path, name: str, numbers: range, days: range) -> Path:
    rows = [
        litellm_row(number, startTime=f"2026-10-{day:02} 10:00:00", request_id=f"r{day}-{number}")
        for day in days
        for number in numbers
    ]
    return write_csv(folder / name, rows, LITELLM)


def put(folder: Path, path: Path) -> None:
    write_plans(folder, plan_imports(folder, [read_spend(path, HowToRead())]), "refuse")


def spent(folder: Path) -> Decimal:
    with Database.over(folder) as database:
        return Decimal(database.query("select coalesce(sum(usd), 0) as usd from actuals")[0]["usd"])


def test_the_same_file_imported_twice_at_once_counts_once(tmp_path: Path) -> None:
    path = log(tmp_path, "log.csv", range(5), range(3, 5))
    both = [importing(tmp_path, path), importing(tmp_path, path)]
    assert sorted(map(ended, both)) == [0, 9]
    assert spent(tmp_path) == Decimal("0.010")


def test_different_files_imported_at_once_are_both_there(tmp_path: Path) -> None:
    files = [log(tmp_path, f"{day}.csv", range(5), range(day, day + 1)) for day in (3, 4, 5)]
    all_three = [importing(tmp_path, path) for path in files]
    assert list(map(ended, all_three)) == [0, 0, 0]
    assert spent(tmp_path) == Decimal("0.015")


def test_plans_that_another_import_overtook_are_not_carried_out(tmp_path: Path) -> None:
    first, second = (log(tmp_path, f"{each}.csv", range(each), range(3, 5)) for each in (2, 3))
    plans = plan_imports(tmp_path, [read_spend(second, HowToRead())])
    put(tmp_path, first)
    with pytest.raises(Conflict, match="another import changed the summaries meanwhile"):
        write_plans(tmp_path, plans, "replace")
    assert spent(tmp_path) == Decimal("0.004")


@pytest.mark.parametrize("deadly", range(1, 7))
def test_an_import_that_is_killed_is_finished_or_never_was(tmp_path: Path, deadly: int) -> None:
    # The old log has the 3rd to the 5th, the new one replaces the 3rd and the 4th, and all of a second log.
    put(tmp_path, log(tmp_path, "old.csv", range(2), range(3, 6)))
    put(tmp_path, log(tmp_path, "gone.csv", range(100, 101), range(8, 9)))
    new = log(tmp_path, "new.csv", range(7), range(3, 5))
    how = ended(importing(tmp_path, new, "replace", deadly))
    settle(tmp_path)
    # 3 days of two requests and one; or two days of seven, one of two and one, a tenth of a cent each.
    assert spent(tmp_path) in {Decimal("0.007"), Decimal("0.017")}
    assert how == -signal.SIGKILL or (how == 0 and spent(tmp_path) == Decimal("0.017"))
    with Database.over(tmp_path) as database:
        assert len(database.query("from actuals")) == 4


def test_what_a_killed_import_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "actuals").mkdir()
    (tmp_path / "actuals" / "litellm-1.parquet.new").write_bytes(b"half")
    put(tmp_path, log(tmp_path, "log.csv", range(2), range(3, 4)))
    assert [path.suffix for path in (tmp_path / "actuals").iterdir()] == [".parquet"]


def test_whoever_writes_the_project_keeps_an_import_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_lock, "_WAIT_S", 0.1)
    path = log(tmp_path, "log.csv", range(2), range(3, 4))
    (tmp_path / PRIVATE_FOLDER).mkdir()
    with (
        FileLock(tmp_path / PRIVATE_FOLDER / "write.lock"),
        pytest.raises(Unavailable, match="another program has been"),
    ):
        put(tmp_path, path)
    assert not (tmp_path / "actuals").exists()


@pytest.mark.parametrize("name", ["../maquette.yaml", "a/b.parquet", "/etc/x.parquet", "x.txt", ""])
def test_a_list_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "actuals").mkdir()
    (tmp_path / "maquette.yaml").write_text("mine", "utf-8")
    (tmp_path / "actuals" / "replacing.json").write_text(json.dumps({"put": [], "remove": [name]}), "utf-8")
    with pytest.raises(InvalidInput, match="no list of an import that was interrupted"):
        settle(tmp_path)
    assert (tmp_path / "maquette.yaml").read_text("utf-8") == "mine"
