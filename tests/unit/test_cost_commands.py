"""`maquette cost` with its draws, what-ifs and commands: what they print, what they write, how they exit."""

import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maquette.cli.contracts import contract_schema
from maquette.cli.main import run
from tests.project_world import opened, scenario_project

LUNA, TERRA = "gpt-6-luna", "gpt-6.1-terra"


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """Five million messages a day, two models chosen; the budget is hard."""
    project = scenario_project(tmp_path / "p", "b")
    project.set_settings({"shortlist.chosen": [LUNA, TERRA]})
    project.set_answers({"traffic.easy_share": 0})  # the classifier in front passes all of them on
    return str(project.folder)


def printed(arguments: list[str], contract: str, capsys: pytest.CaptureFixture[str], status: int = 0) -> Any:
    assert run([*arguments, "--json"]) == status
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(contract_schema(contract)).validate(data)
    return data


def test_the_projection_comes_with_its_draws(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = printed(["cost", "--project", folder, "--draws", "1000"], "cost", capsys)
    drawn = data["drawn"]
    assert (drawn["draws"], [option["option"] for option in drawn["options"]]) == (1000, [LUNA, TERRA])
    (luna, _) = drawn["options"]
    assert len(luna["months"]) == data["horizon_months"]
    usd = luna["months"][0]["usd"]
    assert float(usd["p10"]) < float(usd["p50"]) < float(usd["p90"])
    swings = [float(driver["swing_usd"]) for driver in luna["drivers"]]
    assert swings == sorted(swings, reverse=True)


def test_every_line_names_its_group_and_the_draws_say_where_the_expected_case_lies(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = printed(["cost", "--lines", "--project", folder, "--draws", "500"], "cost", capsys)
    groups = {line["name"]: line["group"] for line in data["lines"]}
    assert groups["output"] == "API"
    assert isinstance(data["left_out"], list)
    (luna, _) = data["drawn"]["options"]
    assert 0 <= float(luna["base_percentile"]) <= 100
    assert (luna["base_note"] is None) is (10 <= float(luna["base_percentile"]) <= 90)
    assert run(["cost", "--lines", "--plain", "--project", folder, "--draws", "500"]) == 0
    assert "; group: API; line: output; " in capsys.readouterr().out


@pytest.mark.parametrize("form", [[], ["--plain"]])
def test_a_reader_sees_bands_chances_and_drivers(
    folder: str, form: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["cost", "--project", folder, "--draws", "1000", *form]) == 0
    out = capsys.readouterr().out
    assert "p10 - p50 - p90 of 1,000 draws" in out
    assert "share of the shared prefix read from the cache" in out
    assert "over budget, month 1" in out


def test_a_hard_budget_that_nine_draws_in_ten_pass_is_a_finding(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = printed(["cost", "check", "--project", folder], "cost-check", capsys, status=1)
    assert (data["option"], data["hardness"], data["keeps"]) == (LUNA, "hard", False)
    assert data["over_from"]["month"] == 1
    assert run(["cost", "check", "--project", folder]) == 1
    assert f"{LUNA} passes the budget of $15,000 from month 1 on: p90 $" in capsys.readouterr().out


def test_a_soft_budget_only_warns(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cost", "check", "--soft", "--project", folder]) == 0
    said = capsys.readouterr()
    assert "passes the budget" in said.out
    assert "The budget is soft: a warning, not a finding." in said.err
    opened(Path(folder)).set_answers({"budget.hardness": "soft"})
    assert printed(["cost", "check", "--project", folder], "cost-check", capsys)["hardness"] == "soft"
    assert run(["cost", "check", "--hard", "--project", folder]) == 1


def test_a_budget_that_holds_passes(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    opened(Path(folder)).set_answers({"budget.monthly_usd": 100_000})
    assert run(["cost", "check", "--project", folder]) == 0
    assert "keeps the budget of $100,000: the highest p90 is" in capsys.readouterr().out
    # What drives it may be named: with the volume known, the band is narrower.
    wide = printed(["cost", "check", "--project", folder], "cost-check", capsys)
    narrow = printed(["cost", "check", "--volume-within", "1", "--project", folder], "cost-check", capsys)
    assert float(narrow["highest"]["usd"]["p90"]) < float(wide["highest"]["usd"]["p90"])


@pytest.mark.parametrize(
    ("change", "arguments", "status"),
    [
        ({"budget.monthly_usd": None}, [], 4),
        ({"scale.requests_per_day": None}, [], 4),
        ({}, ["--option", "nobody"], 4),
        ({}, ["--volume-within", "much"], 3),
        ({}, ["--draws", "5"], 3),
        ({}, ["--seed", "-1"], 3),
    ],
)
def test_what_cannot_be_checked_never_passes(
    folder: str, change: dict[str, object], arguments: list[str], status: int
) -> None:
    opened(Path(folder)).set_answers(change)
    assert run(["cost", "check", *arguments, "--project", folder]) == status


def test_two_options_differ_line_by_line(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = printed(["cost", "diff", LUNA, TERRA, "--project", folder], "cost-diff", capsys)
    (found,) = data["differences"]
    assert float(found["quantity_usd"]) == 0
    assert float(found["price_usd"]) == pytest.approx(float(found["difference_usd"]), abs=0.01)
    assert run(["cost", "diff", LUNA, TERRA, "--project", folder]) == 0
    assert capsys.readouterr().out.startswith(f"{LUNA} -> {TERRA}: $")


def test_a_saved_projection_differs_from_todays_by_what_was_changed(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["cost", "--json", "--lines", "--project", folder]) == 0
    saved = tmp_path / "cost.json"
    saved.write_text(capsys.readouterr().out, encoding="utf-8")
    same = printed(["cost", "diff", str(saved), folder, "--project", folder], "cost-diff", capsys)
    assert {one["a"] for one in same["differences"]} == {LUNA, TERRA}
    assert all(float(one["difference_usd"]) == 0 for one in same["differences"])
    opened(Path(folder)).set_answers({"tokens.output_avg": 120})
    changed = printed(["cost", "diff", str(saved), folder, "--project", folder], "cost-diff", capsys)
    for one in changed["differences"]:
        (output,) = [line for line in one["lines"] if line["name"] == "output, in us"]
        assert float(output["difference_usd"]) == pytest.approx(float(output["usd_a"]), rel=1e-6)


def test_two_projects_are_compared_by_the_options_of_the_same_name(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = scenario_project(tmp_path / "q", "b")
    other.set_settings({"shortlist.chosen": [LUNA, "claude-haiku-5-5"]})
    data = printed(["cost", "diff", folder, str(other.folder), "--project", folder], "cost-diff", capsys)
    assert [(one["a"], one["b"]) for one in data["differences"]] == [(LUNA, LUNA)]
    assert (data["only_in_a"], data["only_in_b"]) == ([TERRA], ["claude-haiku-5-5"])
    strange = scenario_project(tmp_path / "r", "b")
    strange.set_settings({"shortlist.chosen": ["claude-haiku-5-5", "claude-sonnet-5-5"]})
    assert run(["cost", "diff", folder, str(strange.folder), "--project", folder]) == 4
    assert "have no option in common" in capsys.readouterr().err


def test_a_number_that_would_fill_the_memory_is_no_saved_projection(folder: str, tmp_path: Path) -> None:
    line = {
        "option": "m",
        "month": 1,
        "name": "output",
        "quantity": {"base": "1e999999999"},
        "unit": "token",
        "usd_per_unit": "1",
        "amount_usd": {"base": "1"},
    }
    saved = {"format": 1, "options": [{"option": "m", "total_usd": {"base": "1"}}], "lines": [line]}
    path = tmp_path / "cost.json"
    path.write_text(json.dumps(saved), encoding="utf-8")
    assert run(["cost", "diff", str(path), LUNA, "--project", folder]) == 3


@pytest.mark.parametrize(
    ("content", "status"), [("[1]", 3), ("not json", 3), ('{"format": 1, "options": [], "lines": "x"}', 3)]
)
def test_a_file_that_is_no_projection_is_refused(folder: str, tmp_path: Path, content: str, status: int) -> None:
    path = tmp_path / "cost.json"
    path.write_text(content, encoding="utf-8")
    assert run(["cost", "diff", str(path), LUNA, "--project", folder]) == status
    assert run(["cost", "diff", "nobody", LUNA, "--project", folder]) == 4


def test_a_projection_saved_without_lines_says_how_to_save_it(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["cost", "--json", "--project", folder]) == 0
    saved = tmp_path / "cost.json"
    saved.write_text(capsys.readouterr().out, encoding="utf-8")
    assert run(["cost", "diff", str(saved), folder, "--project", folder]) == 3
    assert "was saved without its lines" in capsys.readouterr().err


def test_a_what_if_shows_the_difference_and_writes_nothing(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = (Path(folder) / "maquette.yaml").read_bytes()
    tried = ["--if", "tokens.output_avg=120", "--if", "scale.requests_per_day=50000"]
    data = printed(["cost", *tried, "--project", folder], "cost-what-if", capsys)
    assert data["changes"] == {"tokens.output_avg": 120, "scale.requests_per_day": 50000}
    assert data["kept"] is False
    assert run(["cost", *tried, "--project", folder]) == 0
    said = capsys.readouterr()
    assert "total after" in said.out
    assert "Nothing was written; --keep writes it." in said.err
    assert (Path(folder) / "maquette.yaml").read_bytes() == before


def test_a_what_if_is_kept_only_when_that_is_agreed(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    tried = ["cost", "--if", "tokens.output_avg=120", "--keep", "--project", folder]
    assert run(tried) == 0
    assert "Nothing was written." in capsys.readouterr().err
    assert opened(Path(folder)).view.facts["tokens.output_avg"] == 60
    assert run([*tried, "--yes"]) == 0
    assert "Saved tokens.output_avg." in capsys.readouterr().err
    assert opened(Path(folder)).view.facts["tokens.output_avg"] == 120


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--keep"], 2),
        (["--if", "tokens.output_avg"], 3),
        (["--if", "tokens.outputs=5"], 3),
        (["--lines", "check"], 2),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(folder: str, arguments: list[str], status: int) -> None:
    where = [] if arguments[-1] == "check" else ["--project", folder]
    assert run(["cost", *arguments, *where]) == status


def test_flips_are_listed_with_their_values(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = printed(["cost", "flips", "--project", folder], "cost-flips", capsys)
    (prefix,) = [flip for flip in data["flips"] if flip["fact"] == "tokens.shared_prefix"]
    assert (prefix["value"], prefix["beside"], prefix["budget"]) == ("1104", "1105", "breaks")
    assert run(["cost", "flips", "--project", folder]) == 0
    assert "1,104 tokens of shared prefix" in capsys.readouterr().out


def test_without_a_choice_there_is_nothing_to_project(tmp_path: Path) -> None:
    project = scenario_project(tmp_path / "p", "b")
    for arguments in ([], ["check"], ["flips"], ["diff", LUNA, TERRA]):
        assert run(["cost", *arguments, "--project", str(project.folder)]) == 4


def test_without_another_currency_there_is_none(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(["cost", "--project", folder, "--draws", "200"], "cost", capsys)["currency"] is None
    assert run(["cost", "--project", folder, "--draws", "200"]) == 0
    assert "EUR" not in capsys.readouterr().out


def in_euros(folder: str) -> str:
    """The project with amounts in euros too, one of which is 1.25 dollars."""
    path = Path(folder) / "maquette.yaml"
    said = "\ncost:\n  currency: {code: EUR, usd_per_unit: 1.25, as_of: 2026-11-20}\n"
    path.write_text(path.read_text(encoding="utf-8") + said, encoding="utf-8")
    return folder


def test_another_currency_stands_beside_the_dollars(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = printed(["cost", "--project", in_euros(folder), "--draws", "200"], "cost", capsys)
    found = data["currency"]
    assert (found["code"], found["usd_per_unit"], found["as_of"]) == ("EUR", "1.25", "2026-11-20")
    pairs = list(zip(data["options"], found["options"], strict=True))
    assert [one["option"] for _, one in pairs] == [LUNA, TERRA]
    for dollars, euros in pairs:
        for case in ("low", "base", "high"):
            exact = Decimal(dollars["total_usd"][case]) * 4 / 5
            assert Decimal(euros["total"][case]) == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_the_table_in_another_currency_tells_its_rate_and_day(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = printed(["cost", "--project", in_euros(folder), "--draws", "200"], "cost", capsys)
    assert run(["cost", "--project", folder, "--draws", "200", "--plain"]) == 0
    out = capsys.readouterr().out
    assert "In EUR, 1 EUR = 1.25 USD on 2026-11-20:\n" in out
    base = Decimal(data["currency"]["options"][0]["first_month"]["base"])
    assert f" - {base:,f} - " in out


def test_without_traffic_a_request_has_no_price_and_is_not_called_unpriced(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["set", "scale.requests_per_day=0", "--project", folder]) == 0
    capsys.readouterr()
    assert run(["cost", "--project", folder, "--draws", "200", "--plain"]) == 0
    out = capsys.readouterr().out
    assert f"option: {LUNA}; $/request: no traffic; month 1: $" in out
    assert "unpriced" not in out
