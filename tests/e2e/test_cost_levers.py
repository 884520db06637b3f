"""`maquette cost levers` and `maquette cost feasibility` as a user meets them, and the views behind `maquette sql`."""

import json
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maquette.cli.contracts import contract_schema
from maquette.cli.main import run
from maquette.foundation.problems import ExitStatus
from tests.project_world import scenario_project
from tests.spend_world import LITELLM, litellm_row, write_csv

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "p"
    scenario_project(place, "g_").choose(["gpt-6-luna", "gpt-6.1-terra"])
    return place


def asked(capsys: Capture, folder: Path, *arguments: str) -> Any:
    capsys.readouterr()
    run([*arguments, "--json", "--project", str(folder)])
    return json.loads(capsys.readouterr().out)


def test_levers_are_a_table_and_data_and_the_project_stays_as_it_is(folder: Path, capsys: Capture) -> None:
    before = (folder / "maquette.yaml").read_bytes()
    command = ["cost", "levers", "--option", "gpt-6.1-terra", "--take", "output-cap=150", "--take", "cascade=0.1"]
    assert run([*command, "--plain", "--project", str(folder)]) == ExitStatus.OK
    out = capsys.readouterr().out
    assert "lever: batch; state: not computable; guidance: 20 % to 40 % where nobody waits\n" in out
    assert "batch: missing: scale.async_share is not answered\n" in out
    assert "lever: prefix-cache; state: in use; " in out
    assert "Target of 20 % less a request: " in out
    data = asked(capsys, folder, *command, "--target", "5")
    Draft202012Validator(contract_schema("cost-levers")).validate(data)
    rows = [step for step in data["waterfall"] if not step["skipped"]]
    saved = sum(Decimal(step["saving_usd"]) for step in rows)
    assert saved == Decimal(data["saving_usd"]) == Decimal(data["today_usd"]) - Decimal(data["with_all_usd"])
    assert data["target"]["share"] == "0.05"
    for old, new in pairwise(rows):
        assert old["after_usd"] == new["before_usd"]
    assert (folder / "maquette.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--take", "batch"], ExitStatus.INVALID_INPUT),
        (["--take", "magic=1"], ExitStatus.INVALID_INPUT),
        (["--take", "batch=some"], ExitStatus.INVALID_INPUT),
        (["--target", "120"], ExitStatus.INVALID_INPUT),
        (["--option", "gpt-7"], ExitStatus.NOT_FOUND),
        (["--smaller", "gpt-7-nano"], ExitStatus.NOT_FOUND),
    ],
)
def test_odd_options_are_told(folder: Path, arguments: list[str], status: int, capsys: Capture) -> None:
    assert run(["cost", "levers", *arguments, "--project", str(folder)]) == status
    assert "Traceback" not in capsys.readouterr().err


def test_a_thousand_requests_a_second_in_half_a_second_for_ten_thousand_dollars(folder: Path, capsys: Capture) -> None:
    changes = ["scale.requests_per_day=86400000", "latency.p95_ms=500", "budget.monthly_usd=10000"]
    changes += ["tokens.input_avg=500", "tokens.output_avg=200", "tokens.shared_prefix=0", "tokens.input_p99=1000"]
    changes += ["tokens.output_max=400", "latency.ttft_ms=unknown"]
    assert run(["set", *changes, "--project", str(folder)]) == ExitStatus.OK
    assert run(["cost", "feasibility", "--project", str(folder)]) == ExitStatus.FINDING
    out = capsys.readouterr().out
    assert "price, contradiction: 1,000 requests a second on average are 2,626,560,000 a month; $10,000 leave" in out
    assert "speed, contradiction: 200 tokens within 500 ms need 400 tokens a second" in out
    data = asked(capsys, folder, "cost", "feasibility")
    Draft202012Validator(contract_schema("cost-feasibility")).validate(data)
    assert (data["feasible"], [one["contradicts"] for one in data["findings"]]) == (False, [True, True])
    checked = asked(capsys, folder, "cost", "check", "--draws", "1000")
    assert [one["kind"] for one in checked["feasibility"]] == ["price", "speed"]


def test_months_by_group_and_actual_beside_projected_can_be_asked(folder: Path, capsys: Capture) -> None:
    rows = [litellm_row(day, startTime=f"2026-10-{day:02} 10:00:00") for day in range(1, 32)]
    path = write_csv(folder.parent / "log.csv", rows, LITELLM)
    run(["cost", "actuals", "import", str(path), "--yes", "--project", str(folder)])
    sums = "select sum(amount_base_usd) as usd from"
    (months,) = asked(capsys, folder, "sql", f"{sums} cost_months")
    (lines,) = asked(capsys, folder, "sql", f"{sums} cost_lines")
    assert months == lines
    (row,) = asked(capsys, folder, "sql", "from cost_actual_vs_projected")
    assert (row["month"], row["days"], row["requests"], Decimal(row["actual_usd"])) == (
        "2026-10",
        31,
        31,
        Decimal("0.031"),
    )
    assert Decimal(row["usd_per_request"]) == Decimal("0.001")
