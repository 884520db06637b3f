"""What the machines of all sized models would cost at rent, where they are there already and cost no bill."""

from decimal import Decimal

from maquette.bundle.documents.seen import Seen


def month_at_rent(seen: Seen) -> tuple[Decimal, str] | None:
    """Dollars of a month and the machines in words; None where nothing is sized or a price is not known."""
    found = [one.rented or one.sized for one in seen.served]
    prices = [one.usd_per_month for one in found if one.usd_per_month is not None]
    if not found or len(prices) < len(found):
        return None
    words = " + ".join(f"{one.gpus} x {one.setup.accelerator.name}" for one in found)
    return sum(prices, Decimal(0)), f"{words}, rented for 730 hours"
