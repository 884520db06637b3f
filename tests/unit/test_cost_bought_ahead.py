"""What ``cost.commitments`` and ``cost.provisioned`` of maquette.yaml do to a project's projection."""

import json
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from maquette import wiring
from maquette.cli.main import run
from maquette.cost.projection import CostProjection, LineGroup
from tests.project_world import opened

API, OPEN = "gpt-4.1-mini", "open/gemma-3-27b-it"
HALF = [{"share": 0.5, "discount": 0.2, "months": 12}]
UNITS = {
    "model": API,
    "usd_per_unit_hour": 1.5,
    "requests_per_s_per_unit": 0.01,
    "min_units": 2,
    "step_units": 2,
}


Hours: TypeAlias = tuple[Decimal, Decimal, Decimal]


def project(folder: Path, chosen: list[str], cost: Mapping[str, Any] | None = None, **scale: Any) -> wiring.Project:
    """1,000 requests a day, four times the mean at the peak, without growth."""
    answers = {
        "scale": {"requests_per_day": 1000, "growth_pct_month": 0, "peak_factor": 4, **scale},
        "tokens": {"input_avg": 2000, "output_avg": 100, "output_max": 100, "input_p99": 2000},
        "lifecycle": {"horizon_months": 12},
    }
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "answers.yaml"
    source.write_text(json.dumps({"requirements": answers}), encoding="utf-8")
    extra = {"shortlist": {"chosen": chosen}, **({"cost": dict(cost)} if cost else {})}
    wiring.new_project(folder / "p", source=source, extra=extra)
    return opened(folder / "p")


def hours(projection: CostProjection, option: str) -> dict[str, Hours]:
    """The hours of month 1: how many machines or units, dollars an hour, dollars."""
    return {
        line.name: (line.quantity.base / 730, line.usd_per_unit, line.amount_usd.base)
        for line in projection.lines
        if line.option == option and line.month == 1 and line.group is LineGroup.HOSTING
    }


def test_a_trend_of_prices_moves_the_later_months(tmp_path: Path) -> None:
    # A fall by 20 % a year: month 12 is at 0.8 ^ (11 / 12) of month 1, which has the same requests.
    trend = {"low": -40, "expected": -20, "high": 0}
    lines = project(tmp_path, [API], {"price_trend": trend}).view.projection.lines
    output = [line for line in lines if line.option == API and line.name == "output"]
    first, last = (sum(line.amount_usd.base for line in output if line.month == month) for month in (1, 12))
    assert float(last / first) == pytest.approx(0.8 ** (11 / 12), abs=1e-6)
    assert sum(line.amount_usd.high for line in output if line.month == 12) == first


def test_the_named_model_is_paid_by_the_unit_and_the_other_by_the_token(tmp_path: Path) -> None:
    # 4 * 1,000 / 86,400 requests a second over 0.01 is 4.6: 2 units and two steps of 2 more, 6 * 730 h * 1.5 dollars.
    found = project(tmp_path, [API, "gpt-4.1"], {"provisioned": UNITS}).view.projection
    assert hours(found, API) == {"provisioned throughput": (Decimal(6), Decimal("1.5"), Decimal(6570))}
    assert hours(found, "gpt-4.1") == {}
    assert not [line for line in found.lines if line.option == API and line.group is LineGroup.API]
    assert not [one for one in found.left_out if "provisioned" in one or "reserved" in one]


def test_half_of_the_units_are_reserved_at_a_fifth_less(tmp_path: Path) -> None:
    found = project(tmp_path, [API], {"provisioned": UNITS, "commitments": HALF}).view.projection
    assert hours(found, API) == {
        "provisioned throughput, on demand": (Decimal(3), Decimal("1.5"), Decimal(3285)),
        "provisioned throughput, reserved (1 year)": (Decimal(3), Decimal("1.2"), Decimal(2628)),
    }


def test_half_of_an_open_models_machines_are_reserved(tmp_path: Path) -> None:
    busy: dict[str, Any] = {"requests_per_day": 2_000_000}
    ((count, price, _),) = hours(project(tmp_path / "a", [OPEN], None, **busy).view.projection, OPEN).values()
    assert count > 2
    kept = (count / 2).to_integral_value(ROUND_HALF_UP)
    found = hours(project(tmp_path / "b", [OPEN], {"commitments": HALF}, **busy).view.projection, OPEN)
    assert found == {
        "machines, on demand": (count - kept, price, (count - kept) * 730 * price),
        "machines, reserved (1 year)": (kept, price * Decimal("0.8"), kept * 730 * price * Decimal("0.8")),
    }


def test_machines_that_are_there_already_are_not_reserved(tmp_path: Path) -> None:
    made = project(tmp_path, [OPEN], {"commitments": [{"share": 1, "usd_per_hour": 9, "months": 12}]})
    made.set_answers({"infra.gpu_available": 8, "infra.gpu_vram_gb": 80, "infra.gpu_arch": "hopper"})
    assert {usd for _, _, usd in hours(made.view.projection, OPEN).values()} == {Decimal(0)}


def test_what_is_bought_ahead_and_never_used_is_told(tmp_path: Path) -> None:
    found = project(tmp_path, [API], {"provisioned": {**UNITS, "model": "gpt-9"}, "commitments": HALF}).view
    told = [one for one in found.projection.left_out if "provisioned" in one or "reserved" in one]
    assert told == [
        "provisioned throughput of gpt-9: it is not among the options (cost.provisioned)",
        "reserved machines: no option pays for machines by the hour (cost.commitments)",
    ]


def test_the_command_shows_them_from_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = project(tmp_path, [API], {"provisioned": UNITS, "commitments": HALF})
    assert run(["cost", "--project", str(made.folder), "--draws", "200", "--lines", "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)["lines"]
    lines = [one for one in lines if one["month"] == 12 and one["group"] == "hosting"]
    assert [(one["name"], Decimal(one["amount_usd"]["base"]), one["source"]) for one in lines] == [
        ("provisioned throughput, on demand", Decimal(3285), "required: cost.provisioned in maquette.yaml"),
        ("provisioned throughput, reserved (1 year)", Decimal(2628), "required: cost.commitments in maquette.yaml"),
    ]


def test_an_open_model_is_sized_anew_for_answers_that_are_tried(tmp_path: Path) -> None:
    made = project(tmp_path, [OPEN])
    found = made.what_if({"scale.requests_per_day": "5000000"})
    ((before, _, _),), ((tried, _, _),) = hours(found.before, OPEN).values(), hours(found.projection, OPEN).values()
    assert tried > before
    made.set_answers({"scale.requests_per_day": 5_000_000})
    written = made.view.projection
    assert hours(found.projection, OPEN) == hours(written, OPEN)
    assert found.projection == written


def test_machines_of_ones_own_that_are_tried_cost_nothing(tmp_path: Path) -> None:
    made = project(tmp_path, [OPEN])
    own = {"infra.gpu_available": "8", "infra.gpu_vram_gb": "80", "infra.gpu_arch": "hopper"}
    found = made.what_if(own)
    assert all(usd > 0 for _, _, usd in hours(found.before, OPEN).values())
    assert [usd for _, _, usd in hours(found.projection, OPEN).values()] == [Decimal(0)]


@pytest.mark.parametrize(
    "changes",
    [
        {"lifecycle.horizon_months": 24, "latency.p95_ms": 3000},
        {"tokens.output_avg": 400, "tokens.output_max": 800},
        {"data.residency": "on_prem_only", "infra.gpu_available": 4, "infra.gpu_arch": "ada", "infra.gpu_vram_gb": 48},
        {"scale.requests_per_day": "unknown"},
    ],
)
def test_what_is_tried_costs_what_it_costs_once_it_is_written(tmp_path: Path, changes: Mapping[str, Any]) -> None:
    made = project(tmp_path, [OPEN, API], {"commitments": HALF})
    tried = made.what_if({name: str(value) for name, value in changes.items()}).projection
    made.set_answers(changes)
    assert tried == made.view.projection
