"""The JSON Schema of catalog files is made from the code, and accepts and refuses what the checks do."""

import json
import os
from datetime import date
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from maquette.catalog.entries import schema_text
from maquette.catalog.entry_problems import check
from maquette.foundation.shipped import shipped
from maquette.yaml_reading import read_yaml

TODAY = date(2026, 11, 21)


def accepts(data: object) -> bool:
    return Draft202012Validator(json.loads(schema_text())).is_valid(data)


def file_with(entry: Any) -> dict[str, Any]:
    return {"schema": 1, "source": "a contract", "as_of": "2026-10-01", "models": {"acme/x": entry}}


def test_the_shipped_schema_is_what_the_code_makes() -> None:
    path = shipped("catalog", "schema", "catalog.schema.json")
    if os.environ.get("MAQUETTE_REWRITE_GOLDEN"):
        path.write_text(schema_text(), encoding="utf-8")
    same = path.read_text(encoding="utf-8") == schema_text()
    assert same, "run this test again with MAQUETTE_REWRITE_GOLDEN=1 and review the difference"


def test_it_is_a_valid_schema_of_its_dialect() -> None:
    Draft202012Validator.check_schema(json.loads(schema_text()))


@pytest.mark.parametrize("path", sorted(shipped("catalog", "models").glob("*.yaml")), ids=lambda path: path.stem)
def test_it_accepts_every_shipped_file(path: Any) -> None:
    assert accepts(read_yaml(path))


@pytest.mark.parametrize(
    "entry",
    [
        {"provider": "acme"},
        {"usd_per_mtok": {"input": "0.08", "output": 0.4}},
        {"prices": {"input_cost_per_token": "0.00000008"}},
        {"capabilities": {"vision": False}},
        {"capabilities": {"visoin": True}},
        {"capabilities": {"vision": "yes"}},
        {"provder": "acme"},
        {"mode": "chatt"},
        {"context_tok": "128k"},
        {"regions": "eu"},
        {"hosting": "cloud"},
        {"claims": [{"benchmark": "x"}]},
        {"retires_on": "2027-01-31"},
        None,
        3,
    ],
)
def test_it_accepts_the_form_that_the_check_accepts_and_no_other(entry: Any) -> None:
    right = not check(file_with(entry), today=TODAY).mistakes
    assert accepts(file_with(entry)) is right
