"""The services that a design pays beside its models, with their prices, and how a file of the catalog says them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd


class ServiceKind(StrEnum):
    """What a service does."""

    VECTOR_STORE = "vector_store"
    GUARDRAIL = "guardrail"
    LOGGING = "logging"
    TRAINING = "training"


@dataclass(frozen=True, kw_only=True, slots=True)
class Instance:
    """One size of machine that a service runs on, by the hour."""

    name: str
    memory_gib: Decimal
    usd_per_hour: Usd


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """One service. A price that it does not charge, or that nobody verified, is None.

    Attributes:
        cloud: The cloud that it belongs to, in the words of ``infra.cloud``; None for one of no cloud.
        storage_usd_gb_month: For 10^9 bytes of an index.
        query_usd_gb: For each 10^9 bytes that a query passes, ``query_least_gb`` at least.
        write_usd_gb: For each 10^9 bytes that are written.
        minimum_usd_month: What is charged at least.
        instances: Machines that it runs on, the smallest first.
        usd_per_unit: For each started ``unit_characters`` of text; or it stands in the price map, at ``price_key`` of
            the card ``card``.
        included_days: Days of storage that the ingestion pays for.
        usd_per_million_tok: For a million tokens of training, each epoch counted.
        price_kind: What the prices hold for.
        notes: What else a reader must know, a sentence each.
    """

    id: str
    kind: ServiceKind
    name: str
    source: Source
    price_kind: str = ""
    cloud: str | None = None
    storage_usd_gb_month: Usd | None = None
    query_usd_gb: Usd | None = None
    query_least_gb: Decimal = Decimal(0)
    write_usd_gb: Usd | None = None
    minimum_usd_month: Usd | None = None
    instances: tuple[Instance, ...] = ()
    usd_per_unit: Usd | None = None
    card: str | None = None
    price_key: str | None = None
    unit_characters: int | None = None
    ingestion_usd_gib: Usd | None = None
    storage_usd_gib_month: Usd | None = None
    included_days: int = 0
    usd_per_million_tok: Usd | None = None
    notes: tuple[str, ...] = ()


_Price = Annotated[Decimal, Field(ge=0, le=1_000_000)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InstanceEntry(_Entry):
    """A size of machine."""

    name: str = Field(min_length=1)
    memory_gib: Decimal = Field(gt=0)
    usd_per_hour: _Price


class ServiceEntry(_Entry):
    """A service of a file; of the prices those of its kind."""

    id: str = Field(min_length=1, pattern="^[a-z0-9-]+$", description="The name that a project calls it by.")
    kind: ServiceKind
    name: str = Field(min_length=1)
    cloud: Literal["aws", "azure", "gcp"] | None = None
    price_kind: str = Field(min_length=1, description="What the prices hold for: region, plan.")
    source: str = Field(min_length=1, description="The pages that the prices were read in.")
    as_of: date | None = Field(None, description="The day of the prices; absent when unknown.")
    storage_usd_gb_month: _Price | None = Field(None, description="Vector store: 10^9 bytes for a month.")
    query_usd_gb: _Price | None = Field(None, description="Vector store: 10^9 bytes that a query passes.")
    query_least_gb: Decimal | None = Field(None, ge=0, description="Vector store: GB counted for a query at least.")
    write_usd_gb: _Price | None = Field(None, description="Vector store: 10^9 bytes written.")
    minimum_usd_month: _Price | None = Field(None, description="What is charged a month at least.")
    instances: tuple[InstanceEntry, ...] = Field((), description="Vector store: machines, the smallest first.")
    usd_per_unit: _Price | None = Field(None, description="Guardrail: each started unit of text.")
    card: str | None = Field(None, description="Guardrail: the card in the price map that has the price.")
    price_key: str | None = Field(None, description="Guardrail: the price of that card.")
    unit_characters: int | None = Field(None, gt=0, description="Guardrail: characters of a unit.")
    ingestion_usd_gib: _Price | None = Field(None, description="Logging: a GiB that comes in.")
    storage_usd_gib_month: _Price | None = Field(None, description="Logging: a GiB kept for a month.")
    included_days: int | None = Field(None, ge=0, description="Logging: days that the ingestion pays for.")
    usd_per_million_tok: _Price | None = Field(None, description="Training: a million tokens, each epoch counted.")
    notes: tuple[str, ...] = Field((), description="What else a reader must know, a sentence each.")

    @model_validator(mode="after")
    def _has_its_prices(self) -> "ServiceEntry":
        """Whether the prices without which nothing can be reckoned are there."""
        mapped = self.card is not None and self.price_key is not None
        there = {
            ServiceKind.VECTOR_STORE: self.storage_usd_gb_month is not None,
            ServiceKind.GUARDRAIL: self.unit_characters is not None and mapped != (self.usd_per_unit is not None),
            ServiceKind.LOGGING: self.ingestion_usd_gib is not None and self.storage_usd_gib_month is not None,
            ServiceKind.TRAINING: self.usd_per_million_tok is not None,
        }
        if not there[self.kind]:
            raise ValueError(f"the prices of a {self.kind} are missing")
        return self


class ServiceFile(_Entry):
    """A file of services."""

    schema_: Literal[1] = Field(alias="schema")
    services: tuple[ServiceEntry, ...]


def services_from_file(data: object) -> tuple[Service, ...]:
    """The services of a file, in its order.

    Raises:
        pydantic.ValidationError: The data has another form.
        ValueError: A name stands twice.
    """
    found = tuple(_service(entry) for entry in ServiceFile.model_validate(data).services)
    names = [one.id for one in found]
    if len(set(names)) < len(names):
        raise ValueError(f"a service stands twice: {names}")
    return found


def _service(entry: ServiceEntry) -> Service:
    said = entry.model_dump(exclude_none=True, exclude={"source", "as_of", "instances"})
    source = Source(kind=SourceKind.CLAIMED, ref=entry.source, as_of=entry.as_of)
    instances = tuple(Instance(**one.model_dump()) for one in entry.instances)
    return Service(**said, source=source, instances=instances)


def service_named(services: Sequence[Service], kind: ServiceKind, name: str) -> Service | None:
    """The service of that kind and name; None where there is none."""
    return next((one for one in services if one.kind is kind and one.id == name), None)


def names_of(services: Sequence[Service], kind: ServiceKind) -> tuple[str, ...]:
    """The names of the services of a kind, in their order."""
    return tuple(one.id for one in services if one.kind is kind)


def usual_service(services: Sequence[Service], kind: ServiceKind, cloud: str | None) -> Service | None:
    """The one that stands in while nobody names one: the first on that cloud, or else the first of the kind."""
    of_kind = [one for one in services if one.kind is kind]
    return next((one for one in of_kind if cloud is not None and one.cloud == cloud), next(iter(of_kind), None))


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of a file of services, as the text of a file."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps({**dialect, **ServiceFile.model_json_schema()}, indent=2, ensure_ascii=False) + "\n"
