"""`maquette cost actuals` as a user meets it: import, projection against actual, alerts, and what is refused."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maquette.cli.contracts import contract_schema
from maquette.cli.main import run
from maquette.foundation.problems import ExitStatus
from tests.project_world import scenario_project
from tests.spend_world import LITELLM, SECRET, full_disk, litellm_row, write_csv

Capture = pytest.CaptureFixture[str]
HOSTILE = "[bold]x[/] \x1b[31m=cmd()"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of 400 requests a day and $500 a month, with one model chosen."""
    place = tmp_path / "p"
    scenario_project(place, "g_").choose(["gpt-6-luna"])
    return place


def days(first: date, count: int, *, each: int = 2, **changes: object) -> list[dict[str, object]]:
    """Some requests a day."""
    return [
        litellm_row(number * each + one + 1, startTime=f"{first + timedelta(number)} 10:00:00", **changes)
        for number in range(count)
        for one in range(each)
    ]


def asked(capsys: Capture, *arguments: str, folder: Path) -> tuple[int, Any]:
    capsys.readouterr()
    status = run([*arguments, "--json", "--project", str(folder)])
    out = capsys.readouterr()
    return status, json.loads(out.out or out.err.splitlines()[-1])


def imported(folder: Path, rows: list[dict[str, object]], *more: str, name: str = "log.csv") -> int:
    path = write_csv(folder.parent / name, rows, LITELLM)
    return run(["cost", "actuals", "import", str(path), "--project", str(folder), *more])


def test_a_log_is_previewed_and_written_only_with_leave(folder: Path, capsys: Capture) -> None:
    rows = days(date(2026, 10, 1), 31)
    assert imported(folder, rows) == ExitStatus.OK
    out = capsys.readouterr()
    assert "log.csv: litellm, 62 rows, 2026-10-01 to 2026-10-31 (UTC), $0.0620\n  models: gpt-6-luna\n" in out.out
    assert "Nothing was written" in out.err
    assert not (folder / "actuals").exists()
    assert imported(folder, rows, "--yes") == ExitStatus.OK
    assert len(list((folder / "actuals").iterdir())) == 1
    assert imported(folder, rows, "--yes", name="again.csv") == ExitStatus.CONFLICT


def test_projection_stands_beside_actual_and_its_parts_add_up(folder: Path, capsys: Capture) -> None:
    imported(folder, days(date(2026, 10, 1), 31), "--yes")
    status, data = asked(capsys, "cost", "actuals", "--by", "model", folder=folder)
    assert status == ExitStatus.OK
    Draft202012Validator(contract_schema("cost-actuals")).validate(data)
    (month,) = data["months"]
    assert (month["month"], month["days"], month["days_in_month"], month["forecast"]) == ("2026-10", 31, 31, None)
    assert month["actual"] == {
        "requests": 62, "input_tok": 62_000, "cached_tok": 24_800, "output_tok": 12_400, "usd": "0.062000000000",
    }  # fmt: skip
    assert month["projected"]["requests"] == "12160.000000"
    drift = {name: float(month["drift"][name]) for name in ("usd", "volume_usd", "token_mix_usd", "price_usd")}
    assert drift["usd"] == pytest.approx(drift["volume_usd"] + drift["token_mix_usd"] + drift["price_usd"], abs=1e-12)
    assert drift["volume_usd"] < 0
    assert month["status"] == "below projection"
    (group,) = data["groups"]
    assert (group["name"], group["requests"], group["usd"]) == ("gpt-6-luna", 62, "0.062000000000")
    assert float(group["list_usd"]) > 0
    assert data["unmapped"] == []


def api_usd(folder: Path, capsys: Capture, month: int = 1, without: str = "no line") -> Decimal:
    """What the projection's lines of group API come to in a month; logs and evaluations are on other bills."""
    _, data = asked(capsys, "cost", "--lines", "--draws", "200", folder=folder)
    groups = {line["group"] for line in data["lines"]}
    assert {"API", "logging"} <= groups
    lines = [line for line in data["lines"] if line["month"] == month and line["group"] == "API"]
    return sum((Decimal(line["amount_usd"]["base"]) for line in lines if without not in line["name"]), Decimal(0))


def test_a_bill_is_held_against_the_lines_that_are_on_it(folder: Path, capsys: Capture) -> None:
    imported(folder, days(date(2026, 10, 1), 31), "--yes")
    _, data = asked(capsys, "cost", "actuals", folder=folder)
    (month,) = data["months"]
    assert Decimal(month["projected"]["base_usd"]) == api_usd(folder, capsys)
    quantiles = [Decimal(month["projected"][name]) for name in ("p10_usd", "p50_usd", "p90_usd")]
    assert quantiles == sorted(quantiles)
    _, everything = asked(capsys, "cost", folder=folder)
    assert quantiles[1] < Decimal(everything["drawn"]["options"][0]["months"][0]["usd"]["p50"])


def test_each_model_of_a_bill_stands_beside_its_own_lines(folder: Path, capsys: Capture) -> None:
    # 31 days of the chosen model under its dated name, and one of another that nothing is projected for.
    rows = [*days(date(2026, 10, 1), 31, model="openai/gpt-6-luna-2026-09-01"), litellm_row(900, model="gpt-4.1")]
    imported(folder, rows, "--yes")
    _, data = asked(capsys, "cost", "actuals", "--by", "model", folder=folder)
    found = {group["name"]: group["projected_usd"] for group in data["groups"]}
    assert found["gpt-4.1"] is None
    (own,) = (usd for name, usd in found.items() if "gpt-6-luna" in name)
    assert Decimal(own) == api_usd(folder, capsys, without="semantic cache")  # which another model reads


def test_the_first_half_of_a_month_is_held_against_half_of_a_models_lines(folder: Path, capsys: Capture) -> None:
    imported(folder, days(date(2026, 11, 1), 15), "--yes")
    _, data = asked(capsys, "cost", "actuals", "--by", "model", folder=folder)
    (group,) = data["groups"]
    assert Decimal(group["projected_usd"]) == api_usd(folder, capsys, without="semantic cache") / 2


def test_a_season_and_the_launch_are_those_of_the_calendar(folder: Path, capsys: Capture) -> None:
    # Launched in September, so that October is month 2; it has three times an ordinary month's 12,160 requests.
    imported(folder, days(date(2026, 10, 1), 31), "--yes")
    assert run(["set", "scale.growth_pct_month=0", "--project", str(folder)]) == ExitStatus.OK
    path = folder / "maquette.yaml"
    said = "\ncost:\n  launch: 2026-09-01\n  season: {october: 3}\n"
    path.write_text(path.read_text(encoding="utf-8") + said, encoding="utf-8")
    _, data = asked(capsys, "cost", "actuals", folder=folder)
    assert data["month_one"] == "2026-09"
    (month,) = data["months"]
    assert Decimal(month["projected"]["base_usd"]) == api_usd(folder, capsys, month=2)
    assert Decimal(month["projected"]["requests"]) == 3 * 12_160


def test_machines_are_on_no_bill_for_requests(tmp_path: Path, capsys: Capture) -> None:
    place = tmp_path / "p"
    scenario_project(place, "a_").choose(["open/gemma-3-27b-it"])
    imported(place, days(date(2026, 10, 1), 31), "--yes")
    _, data = asked(capsys, "cost", "actuals", folder=place)
    assert data["no_projection"] == "open/gemma-3-27b-it is paid by the hour, which is on no bill for requests"
    (month,) = data["months"]
    assert (month["projected"], month["drift"], month["status"]) == (None, None, "not projected")


def test_the_table_reads_as_words_and_names_from_a_log_are_data(folder: Path, capsys: Capture) -> None:
    rows = days(date(2026, 11, 1), 9, model=HOSTILE, request_tags=json.dumps([HOSTILE]))
    assert imported(folder, rows, "--yes") == ExitStatus.OK
    capsys.readouterr()
    assert run(["cost", "actuals", "--by", "tag", "--plain", "--project", str(folder)]) == ExitStatus.OK
    out = capsys.readouterr().out
    assert "month: 2026-11; days: 9 of 30; projected: " in out
    assert "tag: [bold]x[/] �[31m=cmd(); requests: 18; input tok: 18,000;" in out
    assert "Without a card in the catalog: [bold]x[/] �[31m=cmd()\n" in out
    assert "\x1b" not in out
    assert SECRET not in out


def test_a_spike_alerts_and_fails_when_asked_to(folder: Path, capsys: Capture) -> None:
    rows = [*days(date(2026, 10, 1), 20), *[litellm_row(900 + n, startTime="2026-10-21 09:00:00") for n in range(9)]]
    imported(folder, rows, "--yes")
    status, data = asked(capsys, "cost", "actuals", "--fail-on-alert", folder=folder)
    assert status == ExitStatus.FINDING
    (alert,) = data["months"][0]["alerts"]
    assert (alert["kind"], alert["day"], alert["critical"]) == ("spike", "2026-10-21", False)
    assert asked(capsys, "cost", "actuals", folder=folder)[0] == ExitStatus.OK


def test_a_month_beyond_its_budget_and_projection_alerts(folder: Path, capsys: Capture) -> None:
    imported(folder, days(date(2026, 10, 1), 31, spend="100"), "--yes")
    _, data = asked(capsys, "cost", "actuals", folder=folder)
    (month,) = data["months"]
    assert [(alert["kind"], alert["critical"]) for alert in month["alerts"]] == [
        ("budget", True),
        ("projection", False),
    ]
    assert month["alerts"][0]["sentence"] == "2026-10 cost $6,200 against a budget of $500, 1240.0 % of it"


def test_the_first_month_of_the_projection_can_be_said(folder: Path, capsys: Capture) -> None:
    imported(folder, days(date(2026, 10, 1), 31), "--yes")
    _, data = asked(capsys, "cost", "actuals", "--start", "2026-08", folder=folder)
    _, other = asked(capsys, "cost", "actuals", folder=folder)
    assert (data["month_one"], other["month_one"]) == ("2026-08", "2026-10")
    assert float(data["months"][0]["projected"]["base_usd"]) >= float(other["months"][0]["projected"]["base_usd"])


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--month", "2026-13"], ExitStatus.INVALID_INPUT),
        (["--month", "2025-01"], ExitStatus.NOT_FOUND),
        (["--option", "nobody"], ExitStatus.NOT_FOUND),
        (["--by", "key"], ExitStatus.USAGE),
        (["import", "x.csv", "--replace", "--alongside"], ExitStatus.USAGE),
        (["import", "none.csv"], ExitStatus.NOT_FOUND),
    ],
)
def test_what_makes_no_sense_is_refused(folder: Path, arguments: list[str], status: int) -> None:
    imported(folder, days(date(2026, 10, 1), 3), "--yes")
    assert run(["cost", "actuals", *arguments, "--project", str(folder)]) == status


def test_options_before_the_command_are_not_lost(folder: Path) -> None:
    assert run(["cost", "actuals", "--project", str(folder), "import", "x.csv"]) == ExitStatus.USAGE


def test_without_actual_costs_it_says_how_to_get_some(folder: Path, capsys: Capture) -> None:
    status, data = asked(capsys, "cost", "actuals", folder=folder)
    assert (status, data["problems"][0]["code"]) == (ExitStatus.NOT_FOUND, "not_found")
    assert "maquette cost actuals import" in data["problems"][0]["fix"]


def test_an_import_keeps_its_contract_and_tells_what_it_did(folder: Path, capsys: Capture) -> None:
    bill = write_csv(folder.parent / "b.csv", [{"date": "2026-10-03", "m": "x", "eur": "10"}])
    status, data = asked(
        capsys, "cost", "actuals", "import", str(bill), "--columns", "day=date,model=m,usd=eur", "--yes", folder=folder
    )
    assert status == ExitStatus.OK
    Draft202012Validator(contract_schema("cost-actuals-import")).validate(data)
    assert (data["files"][0]["usd"], data["written"]) == ("10.000000000000", [data["files"][0]["summary"]])
    for wrong in ("--columns=x", "--columns=day=nothing", "--usd-per=EUR=1.08", "--usd-per=EUR=-1@2026-10-01"):
        status, data = asked(capsys, "cost", "actuals", "import", str(bill), wrong, "--kind", "generic", folder=folder)
        assert status == ExitStatus.INVALID_INPUT


def test_the_views_answer_in_sql_and_the_project_without_a_choice_still_shows_what_was_spent(
    tmp_path: Path, capsys: Capture
) -> None:
    folder = tmp_path / "p"
    scenario_project(folder, "g_")
    imported(folder, days(date(2026, 10, 1), 2), "--yes")
    _, rows = asked(capsys, "sql", "select month, sum(usd) as usd from actuals_monthly group by 1", folder=folder)
    assert rows == [{"month": "2026-10", "usd": "0.004000000000"}]
    _, data = asked(capsys, "cost", "actuals", folder=folder)
    assert (data["option"], data["months"][0]["status"], data["months"][0]["projected"]) == (
        None,
        "not projected",
        None,
    )
    assert "no model is chosen" in data["no_projection"]


def test_a_disk_that_fills_up_leaves_no_summary_behind(folder: Path, capsys: Capture) -> None:
    path = write_csv(folder.parent / "log.csv", days(date(2026, 1, 1), 300), LITELLM)
    with full_disk(2000):
        status = run(["cost", "actuals", "import", str(path), "--yes", "--project", str(folder)])
    assert status == ExitStatus.UNAVAILABLE
    assert "cannot be written: File too large" in capsys.readouterr().err
    assert not (folder / "actuals").exists()
