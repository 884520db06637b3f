"""`maquette catalog refresh` as a user runs it: maps in files and wheels, broken ones, full disks, kills."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.adapters import catalog_store, recent_projects
from maquette.adapters.litellm_map import MAP_NAME
from maquette.adapters.price_files import SNAPSHOT, load_prices
from maquette.catalogs import load_catalog
from maquette.foundation.shipped import shipped
from maquette.wiring import new_project
from tests.refresh_world import CHANGED, GONE, NEW, Run, newer_map, refreshed


def luna_price() -> Decimal:
    table = load_catalog().cards[CHANGED].price
    assert table is not None
    return table.usd_per_unit["input_cost_per_token"]


def test_a_newer_map_is_shown_then_written_then_in_force_and_can_be_taken_back(maquette: Run, tmp_path: Path) -> None:
    before = luna_price()
    path = tmp_path / "map.json"
    path.write_bytes(newer_map())

    status, out, err = maquette("catalog", "refresh", "--from", path)
    assert status == 0
    assert "1 new models, 1 gone, 1 prices, 0 limits, 1 last days." in out
    assert f"New: {NEW}." in out
    assert f"Gone: {GONE}." in out
    assert f"{CHANGED}  input_cost_per_token  USD/Mtok  0.1         0.2  x2" in out
    assert err == "Nothing was changed; --yes agrees beforehand.\n"
    assert refreshed() == []

    status, _, err = maquette("catalog", "refresh", "--from", path, "--yes")
    assert status == 0
    assert "Written: " in err
    assert refreshed() == ["history.json", "map.json"]
    assert luna_price() == 2 * before
    assert NEW in load_catalog().cards
    assert load_catalog().cards[CHANGED].retires_on == date(2027, 3, 31)
    assert load_catalog().cards[CHANGED].other_prices is not None

    status, out, _ = maquette("catalog", "refresh", "--reset")
    assert f"{CHANGED}  input_cost_per_token  USD/Mtok  0.2      0.1  x0.5" in out
    assert refreshed() == ["history.json", "map.json"]
    status, _, err = maquette("catalog", "refresh", "--reset", "--yes")
    assert (status, err) == (0, "The shipped prices are in force.\n")
    assert refreshed() == []
    assert luna_price() == before


def test_the_json_has_every_change_with_exact_prices(maquette: Run, tmp_path: Path) -> None:
    (tmp_path / "map.json").write_bytes(newer_map())
    status, out, _ = maquette("catalog", "refresh", "--from", tmp_path / "map.json", "--dry-run", "--json")
    data = json.loads(out)
    assert status == 0
    assert (data["format"], data["source"], data["models"], data["written"]) == (1, "map.json", 4551, [])
    assert data["changes"] == {
        "new": [NEW],
        "gone": [GONE],
        "prices": [
            {
                "model": CHANGED,
                "key": "input_cost_per_token",
                "old": "0.0000001",
                "new": "0.0000002",
                "ratio": "2.0000",
            }
        ],
        "limits": [],
        "retirements": [{"model": CHANGED, "old": None, "new": "2027-03-31"}],
    }


def test_the_projects_whose_chosen_models_change_are_named(maquette: Run, tmp_path: Path) -> None:
    for name, chosen in (("touched", CHANGED), ("lost", GONE), ("calm", "gpt-6-sol"), ("broken", "x")):
        new_project(tmp_path / name, extra={"shortlist": {"chosen": [chosen]}})
    (tmp_path / "broken" / "maquette.yaml").write_text("[")
    recent_projects.remember(tmp_path / "lost")
    (tmp_path / "map.json").write_bytes(newer_map())
    named = [part for name in ("touched", "calm", "broken") for part in ("--project", str(tmp_path / name))]
    status, out, err = maquette("catalog", "refresh", "--from", tmp_path / "map.json", "--dry-run", *named)
    assert status == 0
    assert f"Project touched ({tmp_path / 'touched'}): {CHANGED}" in out
    assert f"Project lost ({tmp_path / 'lost'}): {GONE}" in out
    assert "calm" not in out
    assert "maquette.yaml:1" in err


def test_the_installed_litellm_is_older_than_what_ships_and_says_so(maquette: Run) -> None:
    status, _, err = maquette("catalog", "refresh", "--installed", "--yes")
    assert status == 0
    assert "Nothing was changed: the prices in force are of LiteLLM 1.109.1, newer than " in err
    assert refreshed() == []


def test_the_map_in_a_wheel_names_its_version(maquette: Run, tmp_path: Path) -> None:
    wheel = tmp_path / "litellm-1.110.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"litellm/{MAP_NAME}", newer_map())
    status, _, _ = maquette("catalog", "refresh", "--from", wheel, "--yes")
    assert status == 0
    _, out, _ = maquette("catalog", "status", "--json")
    prices = json.loads(out)["prices"]
    assert (prices["source"], prices["refreshed"], prices["days_old"]) == (f"LiteLLM 1.110.0, {MAP_NAME}", True, 0)


def test_a_snapshot_that_maquette_wrote_can_be_passed_on(maquette: Run, tmp_path: Path) -> None:
    (tmp_path / "map.json").write_bytes(newer_map())
    maquette("catalog", "refresh", "--from", tmp_path / "map.json", "--yes")
    passed_on = tmp_path / "passed-on.json"
    passed_on.write_bytes((catalog_store.folder() / catalog_store.MAP).read_bytes())
    maquette("catalog", "refresh", "--reset", "--yes")
    status, out, _ = maquette("catalog", "refresh", "--from", passed_on, "--yes")
    assert status == 0
    assert f"New: {NEW}." in out
    assert (catalog_store.folder() / catalog_store.MAP).read_bytes() == passed_on.read_bytes()


@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        (b"", 3, "map.json: "),
        (b"{", 3, "map.json: "),
        (b"{}", 3, "map.json: map.json holds no entry with a provider"),
        (b"[1, 2]", 3, "map.json: "),
        (b"[" * 100_000, 3, "map.json: this is no price map: RecursionError"),
        (b"PK\x05\x06" + b"\x00" * 18, 3, "map.json holds no price map"),
        (b'{"read_on": "2026-11-21", "source": "x", "models": {}}', 3, "ValueError: it holds no models"),
        (b'{"read_on": 3, "source": "x", "models": {"a": 1}}', 3, "this is no price map: "),
        (newer_map()[:100_000], 3, "map.json: "),
        (
            json.dumps({"a": {"litellm_provider": "x", "mode": "chat"}}).encode(),
            3,
            "map.json: it has 1 models, and the prices in force have 4551",
        ),
    ],
    ids=["empty", "cut", "no entries", "list", "deep", "empty archive", "no models", "no date", "truncated", "small"],
)  # fmt: skip
def test_what_is_no_map_changes_nothing(
    content: bytes, status: int, message: str, maquette: Run, tmp_path: Path
) -> None:
    (tmp_path / "map.json").write_bytes(content)
    found, out, err = maquette("catalog", "refresh", "--from", tmp_path / "map.json", "--yes")
    assert (found, out) == (status, "")
    assert message in err
    assert "Traceback" not in err
    assert "bug in maquette" not in err
    assert refreshed() == []


def test_a_map_with_few_models_is_taken_by_force(maquette: Run, tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text(json.dumps({"acme/only": {"litellm_provider": "acme", "mode": "chat"}}))
    status, _, _ = maquette("catalog", "refresh", "--from", tmp_path / "map.json", "--force", "--yes")
    assert status == 0
    assert load_catalog().cards["acme/only"].provider == "acme"


def test_a_file_that_is_not_there_and_options_that_exclude_each_other(maquette: Run) -> None:
    assert maquette("catalog", "refresh", "--from", "gone.json")[0] == 4
    assert maquette("catalog", "refresh", "--from", "gone.json", "--reset")[0] == 2
    assert maquette("catalog", "refresh", "--history", "gone.json", "--dry-run")[0] == 4


def test_dated_prices_of_a_file_must_be_dated_prices(maquette: Run, tmp_path: Path) -> None:
    (tmp_path / "map.json").write_bytes(newer_map())
    (tmp_path / "history.json").write_text('{"models": 3}')
    status, _, err = maquette(
        "catalog", "refresh", "--from", tmp_path / "map.json", "--history", tmp_path / "history.json", "--yes"
    )
    assert status == 3
    assert "these are no dated prices" in err
    assert refreshed() == []


def test_older_refreshed_prices_give_way_to_newer_shipped_ones(maquette: Run) -> None:
    snapshot = json.loads(shipped("catalog", "prices", SNAPSHOT).read_bytes())
    long_ago = date.fromisoformat(snapshot["read_on"]) - timedelta(days=1)
    snapshot |= {"read_on": long_ago.isoformat(), "models": {"acme/old": {"litellm_provider": "acme"}}}
    catalog_store.store({catalog_store.MAP: json.dumps(snapshot).encode()})
    assert "acme/old" not in load_catalog().cards
    assert json.loads(maquette("catalog", "status", "--json")[1])["prices"]["refreshed"] is False


@pytest.mark.parametrize("content", [b"", b"{", b"null", b'{"models": {}}', b"\xff\xfe", b"[" * 100_000])
def test_a_refreshed_file_that_is_broken_is_told_and_the_shipped_prices_are_in_force(
    content: bytes, maquette: Run
) -> None:
    catalog_store.store({catalog_store.MAP: content})
    found = load_catalog()
    assert found.prices_as_of == load_prices().as_of
    assert CHANGED in found.cards
    assert [problem.what.partition(":")[0] for problem in found.problems] == [
        "the refreshed prices are broken, and the shipped ones are in force"
    ]
    status, out, _ = maquette("catalog", "status")
    assert status == 0
    assert "Problem: " in out


def test_a_folder_that_cannot_be_written_to_is_told(maquette: Run, tmp_path: Path) -> None:
    (tmp_path / "map.json").write_bytes(newer_map())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "maquette").write_text("a file where the folder should be")
    status, _, err = maquette("catalog", "refresh", "--from", tmp_path / "map.json", "--yes")
    assert status == 5
    assert "the refreshed prices cannot be written: " in err
    assert "the prices in force are as they were" in err


def in_a_child(code: str, data: Path) -> subprocess.Popen[str]:
    """A Python process whose user's data lie in ``data``."""
    environment = {**os.environ, "XDG_DATA_HOME": str(data)}
    return subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


STORE = "from maquette.adapters.catalog_store import store\n"


@pytest.mark.usefixtures("maquette")
def test_a_disk_that_is_full_leaves_the_old_prices_whole(tmp_path: Path) -> None:
    catalog_store.store({"map.json": b"old map", "history.json": b"old history"})
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        # Python puts a file of compiled code in its place though the disk took only a part of it.
        "sys.dont_write_bytecode = True\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        f"{STORE}store({{'history.json': b'new', 'map.json': b'x' * 100_000}})\n"
    )
    child = in_a_child(limited, tmp_path / "data")
    _, err = child.communicate()
    assert "Unavailable: " in err
    assert "File too large" in err
    assert (catalog_store.folder() / "map.json").read_bytes() == b"old map"
    assert (catalog_store.folder() / "history.json").read_bytes() == b"old history"
    assert refreshed() == ["history.json", "map.json"]


@pytest.mark.usefixtures("maquette")
def test_a_process_that_is_killed_while_it_writes_leaves_the_old_prices_whole(tmp_path: Path) -> None:
    catalog_store.store({"map.json": b"old map"})
    slow = (
        "import os, time\n"
        "def fsync(handle): print('writing', flush=True); time.sleep(60)\n"
        f"os.fsync = fsync\n{STORE}store({{'map.json': b'new' * 1000}})\n"
    )
    child = in_a_child(slow, tmp_path / "data")
    assert child.stdout is not None
    assert child.stdout.readline() == "writing\n"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert (catalog_store.folder() / "map.json").read_bytes() == b"old map"
    assert len(refreshed()) == 2
    catalog_store.store({"map.json": b"newer map"})
    assert refreshed() == ["map.json"]
    assert (catalog_store.folder() / "map.json").read_bytes() == b"newer map"
