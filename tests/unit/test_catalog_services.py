"""The services that ship: each with its prices, their page and their day; and the schema of their file."""

import json
import os
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from maquette.adapters.price_files import load_prices
from maquette.adapters.service_files import load_services
from maquette.catalog.services import (
    Service,
    ServiceKind,
    schema_text,
    service_named,
    services_from_file,
    usual_service,
)
from maquette.foundation.shipped import shipped
from maquette.foundation.sources import SourceKind
from maquette.yaml_reading import read_yaml


def file_with(**changes: Any) -> dict[str, Any]:
    entry = {
        "id": "x",
        "kind": "logging",
        "name": "X",
        "ingestion_usd_gib": "0.5",
        "storage_usd_gib_month": "0.03",
        "price_kind": "everywhere",
        "source": "a page",
    }
    return {"schema": 1, "services": [{**entry, **changes}]}


def test_the_shipped_schema_is_what_the_code_makes() -> None:
    path = shipped("catalog", "schema", "services.schema.json")
    if os.environ.get("MAQUETTE_REWRITE_GOLDEN"):
        path.write_text(schema_text(), encoding="utf-8")
    same = path.read_text(encoding="utf-8") == schema_text()
    assert same, "run this test again with MAQUETTE_REWRITE_GOLDEN=1 and review the difference"


def test_the_schema_is_valid_and_accepts_the_shipped_file_and_no_other_key() -> None:
    schema = json.loads(schema_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid(read_yaml(shipped("catalog", "services", "services.yaml")))
    assert not validator.is_valid(file_with(ingestion_usd="0.5"))


def test_every_shipped_service_names_its_page_and_what_its_prices_hold_for() -> None:
    services = load_services()
    assert {one.kind for one in services} == set(ServiceKind)
    for one in services:
        assert one.source.kind is SourceKind.CLAIMED
        assert one.source.ref
        assert one.price_kind
        assert one.source.as_of is None or date(2025, 1, 1) <= one.source.as_of <= date(2026, 11, 21)


def test_the_prices_are_those_of_the_pages() -> None:
    by_id = {one.id: one for one in load_services()}
    pinecone, guard = by_id["pinecone-standard"], by_id["azure-content-safety"]
    assert (pinecone.storage_usd_gb_month, pinecone.minimum_usd_month) == (Decimal("0.33"), Decimal(50))
    # 16 USD a million read units, each for a GB.
    assert pinecone.query_usd_gb == Decimal(16) / 1_000_000
    # 0.38 USD a thousand records of 1,000 characters.
    assert (guard.usd_per_unit, guard.unit_characters) == (Decimal("0.38") / 1000, 1000)
    assert by_id["google-cloud-logging"].included_days == 30


def test_a_price_that_a_service_takes_from_the_price_map_is_there() -> None:
    cards = load_prices().cards
    mapped = [one for one in load_services() if one.card is not None]
    assert mapped
    for one in mapped:
        price = cards[one.card or ""].price
        assert price is not None
        assert price.usd_per_unit[one.price_key or ""] > 0


def test_machines_stand_from_small_to_large() -> None:
    for one in load_services():
        sizes = [each.memory_gib for each in one.instances]
        assert sizes == sorted(sizes)


@pytest.mark.parametrize(
    "changes",
    [
        {"ingestion_usd_gib": None},
        {"kind": "guardrail"},
        {"kind": "bank"},
        {"ingestion_usd_gib": "-1"},
        {"colour": "blue"},
        {"source": ""},
        {"id": "With Blanks"},
    ],
)
def test_a_file_that_lacks_a_price_or_says_something_else_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        services_from_file(file_with(**changes))


def test_a_service_stands_once() -> None:
    twice = file_with()
    with pytest.raises(ValueError, match="stands twice"):
        services_from_file({**twice, "services": twice["services"] * 2})


def test_the_usual_service_is_the_first_on_the_cloud_or_the_first_of_all() -> None:
    services = load_services()

    def usual(cloud: str | None) -> str:
        found = usual_service(services, ServiceKind.LOGGING, cloud)
        assert isinstance(found, Service)
        return found.id

    assert (usual(None), usual("gcp"), usual("aws"), usual("azure")) == (
        "cloudwatch-logs",
        "google-cloud-logging",
        "cloudwatch-logs",
        "cloudwatch-logs",
    )
    assert usual_service((), ServiceKind.LOGGING, None) is None
    assert service_named(services, ServiceKind.LOGGING, "pinecone-standard") is None
