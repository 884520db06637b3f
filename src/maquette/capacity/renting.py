"""What replicas cost to rent: each on one machine, as many on an instance as it has room for."""

from dataclasses import dataclass
from decimal import Decimal

from maquette.catalog.hardware import HOURS_PER_MONTH, Accelerator, Commitment, RentalPrice


@dataclass(frozen=True, kw_only=True, slots=True)
class Rented:
    """Whole instances of one offer that hold all replicas."""

    price: RentalPrice
    instances: int

    @property
    def usd_per_hour(self) -> Decimal:
        """Of all instances."""
        return self.price.usd_per_hour * self.instances

    @property
    def usd_per_month(self) -> Decimal:
        """For 730 hours."""
        return self.usd_per_hour * HOURS_PER_MONTH


def cheapest_rental(
    accelerator: Accelerator, *, replicas: int, width: int, commitment: Commitment = Commitment.ON_DEMAND
) -> Rented | None:
    """The cheapest offer for ``replicas`` of ``width`` accelerators each, none of them across machines.

    A price with a date goes before one without. None when no list has one.
    """
    offers = [
        Rented(price=price, instances=instances)
        for price in accelerator.prices
        if price.commitment is commitment and (instances := _instances(price, replicas, width)) is not None
    ]
    return min(offers, key=lambda one: (one.price.source.as_of is None, one.usd_per_hour), default=None)


def _instances(price: RentalPrice, replicas: int, width: int) -> int | None:
    """Instances of the offer; None when a replica would have to span machines."""
    if price.gpus_per_instance >= width:
        return -(-replicas // (price.gpus_per_instance // width))
    if price.max_gpus >= width:
        return replicas * -(-width // price.gpus_per_instance)
    return None
