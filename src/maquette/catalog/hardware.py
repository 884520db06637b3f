"""What models run on: accelerators and machines without one, what renting them costs, and who says so.

Figures are those of data sheets. A figure that nobody states is None, never zero; a price without a date counts as old.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from maquette.foundation.sources import Source, SourceKind
from maquette.foundation.units import Usd
from maquette.foundation.wording import shown

HOURS_PER_MONTH = Decimal(730)
"""Hours in a month of renting: 365 days of 24 hours over 12, the figure of the clouds' own price lists."""

PRICE_IS_OLD_AFTER = timedelta(days=90)

_PER_GPU = Decimal("0.000001")
_MOST_GB = 4096
_MOST_USD_PER_HOUR = 10_000


class Commitment(StrEnum):
    """For how long one binds oneself, which is what decides the price most."""

    ON_DEMAND = "on demand"
    SPOT = "spot"
    ONE_YEAR = "1 year"
    THREE_YEARS = "3 years"


@dataclass(frozen=True, kw_only=True, slots=True)
class RentalPrice:
    """What one cloud asks for one instance.

    Attributes:
        gpus_per_instance: Accelerators in the smallest unit that the price buys.
        max_gpus: The most that the provider puts into one machine at the same price each.
        usd_per_hour: Of the whole instance, its processors and memory included.
        region: In the provider's words; None when the list names none.
    """

    provider: str
    instance: str
    gpus_per_instance: int
    max_gpus: int
    usd_per_hour: Usd
    commitment: Commitment
    region: str | None
    source: Source

    @property
    def usd_per_gpu_hour(self) -> Usd:
        """The instance's price over its accelerators, to a millionth of a dollar."""
        each = self.usd_per_hour / self.gpus_per_instance
        return each if each == each.quantize(_PER_GPU) else each.quantize(_PER_GPU, ROUND_HALF_EVEN)

    def is_old(self, today: date) -> bool:
        """Whether it was read more than ninety days ago, or nobody says when."""
        return price_is_old(self.source, today)


def price_is_old(source: Source, today: date) -> bool:
    """Whether a price was read more than ninety days ago, or nobody says when."""
    return source.as_of is None or today - source.as_of > PRICE_IS_OLD_AFTER


@dataclass(frozen=True, kw_only=True, slots=True)
class Accelerator:
    """One kind of accelerator; None where the data sheet's figure is not known.

    Attributes:
        aliases: Other names that people and drivers give it.
        memory_gb: As sold; what a driver reports is some percent less.
        bf16_tflops: Dense, as are the two after it; figures with sparsity are twice as high.
        unified_memory: Whether it shares the machine's memory, as Apple's chips do.
    """

    name: str
    source: Source
    aliases: tuple[str, ...] = ()
    memory_gb: Decimal | None = None
    bandwidth_gb_per_s: Decimal | None = None
    bf16_tflops: Decimal | None = None
    fp8_tflops: Decimal | None = None
    fp4_tflops: Decimal | None = None
    tdp_w: Decimal | None = None
    interconnect: str | None = None
    unified_memory: bool = False
    prices: tuple[RentalPrice, ...] = ()

    def cheapest(self, count: int = 1, commitment: Commitment = Commitment.ON_DEMAND) -> "Rental | None":
        """The cheapest way to rent ``count`` of them; None when no list has a price for it.

        One machine with all of them goes before several, and a price with a date before one without.
        """
        rentals = [Rental.of(price, count) for price in self.prices if price.commitment is commitment]
        return min(rentals, key=_preferred, default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rental:
    """Whole instances of one offer that together have at least the accelerators that are wanted."""

    price: RentalPrice
    instances: int
    one_machine: bool

    @classmethod
    def of(cls, price: RentalPrice, count: int) -> Self:
        """As many instances as ``count`` accelerators need: half an instance is not for rent."""
        instances = -(-count // price.gpus_per_instance)
        return cls(price=price, instances=instances, one_machine=count <= price.max_gpus)

    @property
    def usd_per_hour(self) -> Usd:
        """Of all instances together."""
        return self.price.usd_per_hour * self.instances

    @property
    def usd_per_month(self) -> Usd:
        """For 730 hours."""
        return self.usd_per_hour * HOURS_PER_MONTH


def _preferred(rental: Rental) -> tuple[bool, bool, Usd, str]:
    return (not rental.one_machine, rental.price.source.as_of is None, rental.usd_per_hour, rental.price.provider)


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """A machine without a GPU, rented by the hour."""

    name: str
    vcpus: int
    memory_gib: Decimal
    usd_per_hour: Usd
    source: Source


def _exact(value: object) -> object:
    """A number of a file as a Decimal; YAML's own numbers pass by way of their shortest text."""
    if isinstance(value, bool):
        raise ValueError("a number is needed, true or false was found")  # noqa: TRY004  # pydantic reports no other
    return Decimal(str(value)) if isinstance(value, int | float) else value


def _money(value: object) -> object:
    if isinstance(value, float):
        raise ValueError(f'a price is text: write "{value}" with the quotation marks')  # noqa: TRY004  # as above
    return _exact(value)


def _megabytes(value: Decimal) -> str | None:
    if value > _MOST_GB:
        gb = (value / 1000 if value % 1024 else value / 1024).quantize(Decimal(1))
        return f"{value} GB is no size of memory; if it is in MB, write {gb}"
    return None


Positive = Annotated[Decimal, BeforeValidator(_exact), Field(gt=0, allow_inf_nan=False)]
Price = Annotated[Decimal, BeforeValidator(_money), Field(gt=0, le=_MOST_USD_PER_HOUR, allow_inf_nan=False)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_STRICT = ConfigDict(extra="forbid", frozen=True)


class PriceEntry(BaseModel):
    """One price as a catalog file has it: for the instance, for one GPU of it, or both when they agree."""

    model_config = _STRICT

    provider: Words
    instance: Words
    gpus_per_instance: int = Field(default=1, ge=1, le=1024, strict=True)
    max_gpus: int | None = Field(default=None, ge=1, le=1024, strict=True)
    usd_per_hour: Price | None = None
    usd_per_gpu_hour: Price | None = None
    commitment: Commitment = Commitment.ON_DEMAND
    region: Words | None = None
    source: Words | None = None
    as_of: date | None = None

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        if self.usd_per_hour is None and self.usd_per_gpu_hour is None:
            raise ValueError("a price needs usd_per_hour (of the instance) or usd_per_gpu_hour")
        if self.max_gpus is not None and self.max_gpus < self.gpus_per_instance:
            raise ValueError("max_gpus is below gpus_per_instance")
        if self.usd_per_hour is not None and self.usd_per_gpu_hour is not None:
            whole = self.usd_per_gpu_hour * self.gpus_per_instance
            if abs(whole - self.usd_per_hour) > self.usd_per_hour / 1000:
                raise ValueError(f"usd_per_gpu_hour times {self.gpus_per_instance} is {whole}, not {self.usd_per_hour}")
        return self

    def price(self, source: str, as_of: date | None) -> RentalPrice:
        """The price, from ``source`` where it names none of its own."""
        each = self.usd_per_gpu_hour or Decimal(0)
        return RentalPrice(
            provider=self.provider,
            instance=self.instance,
            gpus_per_instance=self.gpus_per_instance,
            max_gpus=self.max_gpus or self.gpus_per_instance,
            usd_per_hour=Usd(self.usd_per_hour or each * self.gpus_per_instance),
            commitment=self.commitment,
            region=self.region,
            source=_claimed(self.source or source, self.as_of if self.source or self.as_of else as_of),
        )


class AcceleratorEntry(BaseModel):
    """One accelerator as a catalog file has it. Memory in GB, bandwidth in GB a second, TFLOPS dense."""

    model_config = _STRICT

    name: Words
    aliases: tuple[Words, ...] = ()
    memory_gb: Positive | None = None
    bandwidth_gb_per_s: Positive | None = None
    bf16_tflops: Positive | None = None
    fp8_tflops: Positive | None = None
    fp4_tflops: Positive | None = None
    tdp_w: Positive | None = None
    interconnect: Words | None = None
    unified_memory: bool = False
    source: Words | None = None
    as_of: date | None = None
    prices: tuple[PriceEntry, ...] = ()

    @model_validator(mode="after")
    def _sane_units(self) -> Self:
        wrong = None if self.memory_gb is None else _megabytes(self.memory_gb)
        bandwidth, power = self.bandwidth_gb_per_s, self.tdp_w
        if bandwidth is not None and not 10 <= bandwidth <= 100_000:
            better = bandwidth * 1000 if bandwidth < 10 else bandwidth / 1000
            wrong = f"bandwidth of {bandwidth} GB a second is no accelerator's; did you mean {better.normalize():f}?"
        for name in ("bf16_tflops", "fp8_tflops", "fp4_tflops"):
            figure = getattr(self, name)
            if figure is not None and figure > 100_000:
                wrong = f"{name} of {shown(str(figure))} is no accelerator's; it is in TFLOPS, dense"
        if power is not None and power > 20_000:
            wrong = f"tdp_w of {power} is no accelerator's; it is in watts"
        if wrong:
            raise ValueError(wrong)
        return self


class HostEntry(BaseModel):
    """One machine without a GPU as a catalog file has it."""

    model_config = _STRICT

    name: Words
    vcpus: int = Field(ge=1, le=4096, strict=True)
    memory_gib: Positive
    usd_per_hour: Price
    price_kind: Words | None = None
    source: Words | None = None
    as_of: date | None = None

    @model_validator(mode="after")
    def _sane_units(self) -> Self:
        if self.memory_gib > 65_536:
            raise ValueError(f"memory_gib of {self.memory_gib} is no machine's; it is in GiB, not in MiB")
        return self


def accelerators_from_entries(
    entries: Sequence[AcceleratorEntry], source: str, as_of: date | None
) -> tuple[Accelerator, ...]:
    """The accelerators of one catalog file, in its order.

    Args:
        entries: As the file has them.
        source: Who says so, where an entry or a price does not name its own source.
        as_of: When that was read; None when nobody says.
    """
    return tuple(_accelerator(entry, source, as_of) for entry in entries)


def hosts_from_entries(entries: Sequence[HostEntry], source: str, as_of: date | None) -> tuple[Host, ...]:
    """The machines without a GPU of one catalog file, in its order; see `accelerators_from_entries`."""
    return tuple(_host(entry, source, as_of) for entry in entries)


def _accelerator(entry: AcceleratorEntry, source: str, as_of: date | None) -> Accelerator:
    own = entry.source or source
    when = entry.as_of if entry.source or entry.as_of else as_of
    figures = entry.model_dump(exclude={"source", "as_of", "prices"})
    prices = tuple(price.price(source, as_of) for price in entry.prices)
    return Accelerator(**figures, source=_claimed(own, when), prices=prices)


def _host(entry: HostEntry, source: str, as_of: date | None) -> Host:
    ref = entry.source or source
    return Host(
        name=entry.name,
        vcpus=entry.vcpus,
        memory_gib=entry.memory_gib,
        usd_per_hour=Usd(entry.usd_per_hour),
        source=_claimed(
            f"{ref}, {entry.price_kind}" if entry.price_kind else ref,
            entry.as_of if entry.source or entry.as_of else as_of,
        ),
    )


def _claimed(ref: str, as_of: date | None) -> Source:
    return Source(kind=SourceKind.CLAIMED, ref=ref, as_of=as_of)
