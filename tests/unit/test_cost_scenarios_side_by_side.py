"""Named sets of changes beside today: exact figures, differences, files and command lines, and what is refused."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from maquette.cli.contracts import contract_schema
from maquette.cli.cost.scenarios_command import _scenarios
from maquette.cli.main import run
from maquette.foundation.problems import ExitStatus, InvalidInput, NotFound
from maquette.project.cost_scenarios import Drawing, scenarios_of, side_by_side
from tests.cost_world import model
from tests.lever_world import lever_project
from tests.project_world import scenario_project

Capture = pytest.CaptureFixture[str]
FEW = Drawing(count=1000)


def test_each_scenario_stands_beside_today_with_its_difference(tmp_path: Path) -> None:
    project = lever_project(tmp_path / "p", answers={"budget.monthly_usd": 1000})
    scenarios: dict[str, dict[str, object]] = {
        "peak": {"scale.requests_per_day": "2000"},
        "short": {"tokens.output_avg": 50, "lifecycle.horizon_months": 6},
    }
    found = side_by_side(project.view, project.questions, scenarios, option="large", drawing=FEW)
    today, peak, short = found.rows
    assert [row.scenario for row in found.rows] == ["today", "peak", "short"]
    assert today.cost.total_usd is not None
    assert today.cost.total_usd.base == 12 * Decimal("729.6") + Decimal("0.0264")
    less = found.difference(peak)
    assert (less.first_month_usd, less.last_month_usd, less.total_usd) == (
        Decimal("729.6"), Decimal("729.6"), 12 * Decimal("729.6"),
    )  # fmt: skip
    assert (today.cost.over_budget_from, peak.cost.over_budget_from) == (None, 1)
    # Twelve months of $729.60 against six of $668.80; one example is shorter by 50 tokens on both models.
    less_usd = Decimal("4012.8") - Decimal("8755.2") - Decimal("0.0022")
    assert (short.horizon_months, found.difference(short).total_usd) == (6, less_usd)
    assert peak.p90_usd is not None
    assert today.p90_usd is not None
    assert less.p90_usd == peak.p90_usd - today.p90_usd
    assert project.view.projection.options[0].option == "small"
    assert project.view.facts["scale.requests_per_day"] == 1000


def test_an_answer_that_is_taken_back_leaves_it_unpriced_and_says_why(tmp_path: Path) -> None:
    project = lever_project(tmp_path / "p")
    found = side_by_side(
        project.view, project.questions, {"x": {"tokens.input_avg": None}}, option="large", drawing=FEW
    )
    row = found.rows[1]
    assert row.cost.unpriced == ("tokens.input_avg is not answered",)
    assert (row.drawn, found.difference(row).total_usd) == (None, None)


@pytest.mark.parametrize(
    ("scenarios", "says"),
    [
        ({"today": {"tokens.input_avg": 1}}, "a scenario cannot be called 'today'"),
        ({" ": {"tokens.input_avg": 1}}, "a scenario cannot be called"),
        ({"a": {}}, "the scenario 'a' changes nothing"),
        ({"a": {"tokens.input": 1}}, "scenario 'a': 'tokens.input' is no question"),
        ({"a": {"tokens.input_avg": "many"}}, "scenario 'a': "),
        ({str(n): {"tokens.input_avg": 1} for n in range(21)}, "21 scenarios"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    tmp_path: Path, scenarios: dict[str, dict[str, object]], says: str
) -> None:
    project = lever_project(tmp_path / "p")
    with pytest.raises(InvalidInput, match=says):
        side_by_side(project.view, project.questions, scenarios, drawing=FEW)


def test_without_a_price_there_is_nothing_to_compare(tmp_path: Path) -> None:
    project = lever_project(tmp_path / "p", model("dark", None))
    with pytest.raises(NotFound, match="no option has a price"):
        side_by_side(project.view, project.questions, {"a": {"tokens.input_avg": 1}}, drawing=FEW)


def test_a_line_names_several_changes_and_values_may_have_commas() -> None:
    text = "peak=scale.requests_per_day=9000000, tokens.output_avg=300,io.input_modalities=text,image"
    assert _scenarios((text,), None) == {
        "peak": {
            "scale.requests_per_day": "9000000",
            "tokens.output_avg": "300",
            "io.input_modalities": "text,image",
        }
    }
    for wrong in ("peak", "peak=", "peak=9", "peak=tokens.output_avg"):
        with pytest.raises(InvalidInput, match="is not NAME=FACT=VALUE"):
            _scenarios((wrong,), None)
    with pytest.raises(InvalidInput, match="'a' is there twice"):
        _scenarios(("a=tokens.output_avg=1", "a=tokens.output_avg=2"), None)
    with pytest.raises(InvalidInput, match="there is no scenario"):
        _scenarios((), None)


def test_a_file_has_names_and_answers_with_or_without_sections() -> None:
    data = {
        "scenarios": {"a": {"tokens.output_avg": Decimal("1.5")}, "b": {"scale": {"requests_per_day": 5}, "x.y": None}}
    }
    assert scenarios_of(data, "s.yaml") == {
        "a": {"tokens.output_avg": "1.5"},
        "b": {"scale.requests_per_day": 5, "x.y": None},
    }
    nothing: tuple[object, ...] = ([], {}, "text", {"scenarios": []})
    for wrong in nothing:
        with pytest.raises(InvalidInput, match="it names no scenarios"):
            scenarios_of(wrong, "s.yaml")
    with pytest.raises(InvalidInput, match="a scenario is answers"):
        scenarios_of({"a": 5}, "s.yaml")


def test_the_command_takes_a_file_and_lines_and_prints_a_table_and_data(tmp_path: Path, capsys: Capture) -> None:
    scenario_project(tmp_path / "p", "g_").choose(["gpt-6-luna"])
    path = tmp_path / "s.yaml"
    path.write_text("scenarios:\n  double: {scale.requests_per_day: 800}\n", "utf-8")
    asked = [
        "cost",
        "scenarios",
        "--file",
        str(path),
        "--scenario",
        "\x1b[31mlong=tokens.output_avg=800",
        "--draws",
        "1000",
    ]
    asked += ["--project", str(tmp_path / "p")]
    assert run(asked) == ExitStatus.OK
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "double: scale.requests_per_day = 800; 12 months\n" in out
    assert run([*asked, "--json"]) == ExitStatus.OK
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(contract_schema("cost-scenarios")).validate(data)
    assert [one["scenario"] for one in data["scenarios"]] == ["today", "double", "\x1b[31mlong"]
    today, double = (Decimal(one["first_month_usd"]["base"]) for one in data["scenarios"][:2])
    assert Decimal(data["scenarios"][1]["difference"]["first_month_usd"]) == double - today
    assert run(["cost", "scenarios", "--file", str(tmp_path / "no.yaml"), "--project", str(tmp_path / "p")]) == 3
    assert "there is no such file" in capsys.readouterr().err
