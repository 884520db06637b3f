"""Hours of machines that are bought ahead: reserved ones are paid whether busy or not, the others on demand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from maquette.cost.calendar import MONTHS_A_YEAR
from maquette.foundation.problems import InvalidInput, Place
from maquette.foundation.sources import Source
from maquette.foundation.units import Usd, readable_count

_WHOLE = Decimal(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Commitment:
    """A share of the machines that is reserved for a time and then again; a price an hour or a discount is given.

    Attributes:
        share: Of the machines that the plan's expected case needs in the month in which the term begins.
        months: The length of a term. The first begins in month 1.
        usd_per_hour: What a reserved machine costs.
        discount: Off the price on demand, from 0 to 1.
    """

    share: Decimal
    months: int
    source: Source
    usd_per_hour: Usd | None = None
    discount: Decimal | None = None

    def __post_init__(self) -> None:
        _refuse(not self.share.is_finite() or not 0 <= self.share <= 1, f"a share of {self.share} reserved", "0 to 1")
        _refuse(self.months < 1, f"a reservation for {self.months} months", "1 month or more")
        both = (self.usd_per_hour is None) == (self.discount is None)
        _refuse(both, "a reservation needs either a price an hour or a discount", "one of the two")
        price, discount = self.usd_per_hour, self.discount
        _refuse(price is not None and (not price.is_finite() or price < 0), f"{price} dollars an hour", "0 or more")
        off = discount is not None and (not discount.is_finite() or not 0 <= discount <= 1)
        _refuse(off, f"a discount of {discount}", "0 to 1")

    def price(self, on_demand: Usd) -> Usd:
        """Dollars an hour of a reserved machine, where one on demand costs ``on_demand``."""
        if self.usd_per_hour is not None:
            return self.usd_per_hour
        return on_demand * (1 - (self.discount or Decimal(0)))

    @property
    def term(self) -> str:
        """The term in words."""
        years, rest = divmod(self.months, MONTHS_A_YEAR)
        count, unit = (self.months, "month") if rest else (years, "year")
        return f"{count} {unit}{'' if count == 1 else 's'}"

    def begins(self, month: int) -> int:
        """The month in which the term that ``month`` (from 1) lies in began."""
        return month - (month - 1) % self.months


def reserved(commitments: Sequence[Commitment], planned: Callable[[int], Decimal], month: int) -> tuple[Decimal, ...]:
    """Whole machines of each commitment in ``month`` (from 1), paid in every case whatever the traffic.

    Shares are rounded half up as they add up, so that three thirds of four machines are four.

    Args:
        commitments: Their shares add up to 1 at most.
        planned: Machines that the expected case needs in a month.
        month: From 1.

    Raises:
        InvalidInput: The shares add up to more than all machines.
    """
    found, before = [], Decimal(0)
    for one in commitments:
        after = before + one.share
        _refuse(
            after > 1,
            f"{readable_count(after * 100)} % of the machines are reserved",
            "shares that add up to 1 at most",
        )
        count = planned(one.begins(month))
        found.append(_whole(after * count) - _whole(before * count))
        before = after
    return tuple(found)


def _whole(machines: Decimal) -> Decimal:
    return machines.quantize(_WHOLE, ROUND_HALF_UP)


def _refuse(wrong: bool, what: str, wanted: str) -> None:
    if wrong:
        raise InvalidInput(what, place=Place(field="commitments"), fix=f"Give {wanted}.")
