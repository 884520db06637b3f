"""Accelerators, offers and machines as data for --json and as rows for tables."""

from collections.abc import Iterable, Sequence
from datetime import date

from maquette.adapters.machine import Found
from maquette.catalog.hardware import HOURS_PER_MONTH, Accelerator, Commitment, RentalPrice, price_is_old
from maquette.catalog.machines import Fitted, Machine, MachinePrice
from maquette.cli.catalog.contracts import (
    AcceleratorData,
    FittedData,
    HardwareData,
    MachineData,
    NamedAcceleratorData,
    OfferData,
)
from maquette.cli.contract_parts import FORMAT, exact, exact_or_none
from maquette.foundation.sources import Source
from maquette.foundation.units import readable_count, readable_usd

HEADINGS = (
    "accelerator",
    "memory GB",
    "GB/s",
    "bf16 TFLOPS",
    "fp8",
    "fp4",
    "cheapest $/GPU-h on demand",
    "cloud",
    "read on",
    "offers",
)
OFFER_HEADINGS = ("cloud", "instance", "GPUs", "$/GPU-h", "$/h", "commitment", "region", "read on", "source")

_FIGURES = (
    ("memory_gb", "memory", "GB"),
    ("bandwidth_gb_per_s", "bandwidth", "GB/s"),
    ("bf16_tflops", "bf16, dense", "TFLOPS"),
    ("fp8_tflops", "fp8, dense", "TFLOPS"),
    ("fp4_tflops", "fp4, dense", "TFLOPS"),
    ("tdp_w", "power", "W"),
    ("interconnect", "interconnect", ""),
)


def sorted_accelerators(accelerators: Iterable[Accelerator], by: str | None) -> list[Accelerator]:
    """The cheapest, the largest or the fastest first; what has no such figure last; None keeps the catalog's order."""
    known = list(accelerators)
    if by == "price":
        rentals = {one.name: one.cheapest() for one in known}
        prices = {name: rental.price.usd_per_gpu_hour for name, rental in rentals.items() if rental}
        return sorted(known, key=lambda one: (one.name not in prices, prices.get(one.name, 0)))
    if by is not None:
        figure = "memory_gb" if by == "memory" else "bandwidth_gb_per_s"
        return sorted(known, key=lambda one: (getattr(one, figure) is None, -(getattr(one, figure) or 0)))
    return known


def sorted_offers(accelerator: Accelerator) -> list[RentalPrice]:
    """By commitment, the cheapest first."""
    order = list(Commitment)
    return sorted(accelerator.prices, key=lambda price: (order.index(price.commitment), price.usd_per_gpu_hour))


def accelerator_rows(accelerators: Iterable[Accelerator], today: date) -> list[tuple[str, ...]]:
    """One row for each accelerator, under `HEADINGS`."""
    return [_accelerator_row(one, today) for one in accelerators]


def offer_rows(accelerator: Accelerator, today: date) -> list[tuple[str, ...]]:
    """One row for each offer, under `OFFER_HEADINGS`."""
    return [
        (
            price.provider,
            price.instance,
            str(price.gpus_per_instance),
            readable_usd(price.usd_per_gpu_hour),
            readable_usd(price.usd_per_hour),
            price.commitment.value,
            price.region or "",
            read_on(price.source, today),
            price.source.ref,
        )
        for price in sorted_offers(accelerator)
    ]


def figure_lines(accelerator: Accelerator) -> list[str]:
    """What is known of one accelerator, a line each; what is not known is said."""
    lines = [accelerator.name]
    for field, label, unit in _FIGURES:
        value = getattr(accelerator, field)
        text = "unknown" if value is None else f"{value} {unit}".strip()
        lines.append(f"  {label}: {text}")
    if accelerator.unified_memory:
        lines.append("  It shares the machine's memory.")
    return [*lines, f"  source: {accelerator.source.ref}"]


def machine_lines(machine: Machine, price: MachinePrice | None, today: date) -> list[str]:
    """One machine with its totals; the price when it is asked for."""
    cores = "unknown" if machine.cores is None else str(machine.cores)
    memory = "unknown" if machine.memory_gib is None else f"{readable_count(machine.memory_gib)} GiB"
    lines = [f"{machine} ({'imagined' if machine.simulated else 'this one'})", f"  cores: {cores}, memory: {memory}"]
    lines += [f"  {_fitted_line(fitted)}" for fitted in machine.accelerators]
    if machine.accelerator_count > 1:
        total = machine.accelerator_memory_gib
        size = "memory unknown" if total is None else f"{readable_count(total)} GB of memory"
        lines.append(f"  together: {machine.accelerator_count} accelerators, {size}")
    if not machine.accelerators:
        lines.append("  no accelerator")
    if price is not None:
        lines += _price_lines(price, today)
    return lines


def read_on(source: Source, today: date) -> str:
    """When a price was read; "old" after ninety days and where nobody says when."""
    day = "no date" if source.as_of is None else source.as_of.isoformat()
    return f"{day}, old" if price_is_old(source, today) else day


def listing_data(accelerators: Iterable[Accelerator], today: date) -> HardwareData:
    """The whole catalog of accelerators with all offers."""
    return {"format": FORMAT, "accelerators": [accelerator_data(one, today) for one in accelerators]}


def accelerator_data(accelerator: Accelerator, today: date) -> AcceleratorData:
    """One accelerator with all offers."""
    cheapest = accelerator.cheapest()
    return {
        "name": accelerator.name,
        "aliases": list(accelerator.aliases),
        "memory_gb": exact_or_none(accelerator.memory_gb),
        "bandwidth_gb_per_s": exact_or_none(accelerator.bandwidth_gb_per_s),
        "bf16_tflops": exact_or_none(accelerator.bf16_tflops),
        "fp8_tflops": exact_or_none(accelerator.fp8_tflops),
        "fp4_tflops": exact_or_none(accelerator.fp4_tflops),
        "tdp_w": exact_or_none(accelerator.tdp_w),
        "interconnect": accelerator.interconnect,
        "unified_memory": accelerator.unified_memory,
        "source": str(accelerator.source),
        "cheapest_on_demand": None if cheapest is None else _offer(cheapest.price, today),
        "offers": [_offer(price, today) for price in sorted_offers(accelerator)],
    }


def named_data(accelerator: Accelerator, today: date) -> NamedAcceleratorData:
    """One accelerator by itself."""
    return {"format": FORMAT, **accelerator_data(accelerator, today)}


def machine_data(machine: Machine, price: MachinePrice | None, findings: Sequence[Found], today: date) -> MachineData:
    """One machine, its price when it is asked for, and what was looked for to find it."""
    usd = None if price is None else price.usd_per_hour
    return {
        "format": FORMAT,
        "machine": {
            "name": str(machine),
            "simulated": machine.simulated,
            "cores": machine.cores,
            "memory_gib": exact_or_none(machine.memory_gib),
            "accelerators": [_fitted(fitted) for fitted in machine.accelerators],
            "accelerator_memory_gib": exact_or_none(machine.accelerator_memory_gib),
            "source": str(machine.source),
        },
        "usd_per_hour": exact_or_none(usd),
        "usd_per_month": None if usd is None else exact(usd * HOURS_PER_MONTH),
        "hours_per_month": exact(HOURS_PER_MONTH),
        "priced_by": [
            {"what": what, "source": str(source), "old": price_is_old(source, today)}
            for what, source in (price.parts if price else ())
        ],
        "unpriced": list(price.missing) if price else [],
        "findings": [{"what": one.what, "found": one.found, "detail": one.detail, "fix": one.fix} for one in findings],
    }


def _accelerator_row(accelerator: Accelerator, today: date) -> tuple[str, ...]:
    rental = accelerator.cheapest()
    price = None if rental is None else rental.price
    return (
        accelerator.name,
        *("" if value is None else f"{value}" for value in _columns(accelerator)),
        "" if price is None else readable_usd(price.usd_per_gpu_hour),
        "" if price is None else price.provider,
        "" if price is None else read_on(price.source, today),
        str(len(accelerator.prices)),
    )


def _columns(accelerator: Accelerator) -> tuple[object, ...]:
    return tuple(getattr(accelerator, field) for field, _, _ in _FIGURES[:5])


def _fitted_line(fitted: Fitted) -> str:
    one = fitted.accelerator
    memory = "memory unknown" if fitted.memory_gib is None else f"{readable_count(fitted.memory_gib)} GB of memory each"
    bandwidth = "" if one.bandwidth_gb_per_s is None else f", {one.bandwidth_gb_per_s} GB/s"
    estimate = " (75 % of the machine's, an estimate)" if fitted.estimated else ""
    return f"{fitted.count}x {one.name}: {memory}{estimate}{bandwidth}"


def _price_lines(price: MachinePrice, today: date) -> list[str]:
    if price.missing:
        return [f"  no list has a price for {', '.join(price.missing)}"]
    usd = price.usd_per_hour or 0
    month = readable_usd(price.usd_per_hour and usd * HOURS_PER_MONTH)
    lines = [f"  cheapest on demand: {readable_usd(price.usd_per_hour)} an hour, {month} a month of 730 hours"]
    return [*lines, *(f"    {what}, {read_on(source, today)}; {source.ref}" for what, source in price.parts)]


def _offer(price: RentalPrice, today: date) -> OfferData:
    return {
        "provider": price.provider,
        "instance": price.instance,
        "gpus_per_instance": price.gpus_per_instance,
        "usd_per_gpu_hour": exact(price.usd_per_gpu_hour),
        "usd_per_hour": exact(price.usd_per_hour),
        "commitment": price.commitment.value,
        "region": price.region,
        "as_of": price.source.as_of.isoformat() if price.source.as_of else None,
        "old": price.is_old(today),
        "source": price.source.ref,
    }


def _fitted(fitted: Fitted) -> FittedData:
    return {
        "name": fitted.accelerator.name,
        "count": fitted.count,
        "memory_gib": exact_or_none(fitted.memory_gib),
        "memory_is_estimated": fitted.estimated,
        "bandwidth_gb_per_s": exact_or_none(fitted.accelerator.bandwidth_gb_per_s),
    }
