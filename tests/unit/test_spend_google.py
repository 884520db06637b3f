"""Google's billing export: nested as JSON or Parquet, flattened as CSV; credits count, one service counts."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from maquette.adapters.spend_files import HowToRead, read_spend
from maquette.foundation.problems import InvalidInput
from tests.spend_world import write_csv

HOW = HowToRead(service="vertex")


def row(cost: str, *taken_off: str, service: str = "Vertex AI", day: int = 3) -> dict[str, object]:
    return {
        "billing_account_id": "01AB-2345",
        "service": {"id": "C7E2-9256-1C43", "description": service},
        "sku": {"id": "ABCD-0001", "description": "Gemini 3 Flash Text Output"},
        "usage_start_time": f"2026-10-{day:02} 23:00:00 UTC",
        "project": {"id": "shop-1", "name": "shop"},
        "cost": cost,
        "currency": "USD",
        "usage": {"amount": 5000, "unit": "count"},
        "credits": [{"name": "promotion", "amount": amount, "type": "PROMOTION"} for amount in taken_off],
        "cost_type": "regular",
    }


ROWS = [row("2.50", "-0.5", "-0.25"), row("1"), row("9", service="Cloud Storage"), row("0.000001", day=4)]


def lines(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), "utf-8")
    return path


def parquet(path: Path, rows: list[dict[str, object]]) -> Path:
    source = lines(path.with_suffix(".jsonl"), rows)
    shape = (
        "{billing_account_id: 'VARCHAR', service: 'STRUCT(id VARCHAR, description VARCHAR)',"
        " sku: 'STRUCT(id VARCHAR, description VARCHAR)', usage_start_time: 'TIMESTAMPTZ',"
        " project: 'STRUCT(id VARCHAR, name VARCHAR)', cost: 'DOUBLE', currency: 'VARCHAR',"
        " credits: 'STRUCT(name VARCHAR, amount DOUBLE, \"type\" VARCHAR)[]'}"
    )
    duckdb.sql(f"copy (from read_json('{source}', columns = {shape})) to '{path}' (format parquet)")
    return path


def flattened(path: Path, rows: list[dict[str, object]], point: str) -> Path:
    def flat(one: dict[str, object]) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, value in one.items():
            if isinstance(value, dict):
                found.update({f"{name}{point}{field}": text for field, text in value.items()})
            else:
                found[name] = json.dumps(value) if isinstance(value, list) else value
        return found

    return write_csv(path, [flat(one) for one in rows])


@pytest.mark.parametrize("form", ["lines", "parquet", "points", "underscores"])
def test_the_export_reads_the_same_nested_and_flattened(tmp_path: Path, form: str) -> None:
    path = {
        "lines": lambda: lines(tmp_path / "bill.jsonl", ROWS),
        "parquet": lambda: parquet(tmp_path / "bill.parquet", ROWS),
        "points": lambda: flattened(tmp_path / "bill.csv", ROWS, "."),
        "underscores": lambda: flattened(tmp_path / "bill.csv", ROWS, "_"),
    }[form]()
    found = read_spend(path, HOW)
    assert found.kind == "google"
    # 2.50 - 0.50 - 0.25 + 1.00 on the third, and a millionth on the fourth; storage does not count.
    assert [(one.day, one.model, one.provider, one.team, one.usd) for one in found.rows] == [
        (date(2026, 10, 3), "Gemini 3 Flash Text Output", "google", "shop", Decimal("2.75")),
        (date(2026, 10, 4), "Gemini 3 Flash Text Output", "google", "shop", Decimal("0.000001")),
    ]


def test_credits_that_were_summed_up_already_count_as_they_stand(tmp_path: Path) -> None:
    rows = [{"usage_start_time": "2026-10-03", "sku_description": "x", "cost": "2", "credits": "-0.75"}]
    (one,) = read_spend(write_csv(tmp_path / "bill.csv", rows), HowToRead()).rows
    assert one.usd == Decimal("1.25")


@pytest.mark.parametrize("cell", ["{broken", '[{"amount": "much"}]', "some"])
def test_credits_that_cannot_be_read_break_their_row(tmp_path: Path, cell: str) -> None:
    rows = [{"usage_start_time": "2026-10-03", "sku_description": "x", "cost": "2", "credits": cell}]
    with pytest.raises(InvalidInput, match="the cell of credits cannot be read"):
        read_spend(write_csv(tmp_path / "bill.csv", rows), HowToRead())


def test_the_services_of_the_bill_are_told_when_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"its services are 'Vertex AI', 'Cloud Storage'"):
        read_spend(lines(tmp_path / "bill.jsonl", ROWS), HowToRead())


def test_another_currency_needs_a_rate(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="amounts are in 'EUR', not in USD"):
        read_spend(lines(tmp_path / "bill.jsonl", [{**row("1"), "currency": "EUR"}]), HOW)
