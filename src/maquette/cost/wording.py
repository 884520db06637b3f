"""A difference between two projections, and an odd place of the expected case, in sentences."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from maquette.cost.difference import Difference, LineDifference
from maquette.cost.drawn import Band, DrawnOption
from maquette.cost.projection import OptionCost
from maquette.foundation.units import Usd, readable_usd
from maquette.foundation.wording import listed

_CENT = Decimal("0.005")
_LINES = 4
_LOW_PERCENTILE, _HIGH_PERCENTILE = 10, 90
_DRIVERS = 3


def signed_usd(amount: Usd) -> str:
    """An amount with its sign; what is less than half a cent is nothing."""
    if abs(amount) < _CENT:
        return "$0.00"
    return f"{'+' if amount > 0 else '-'}{readable_usd(abs(amount))}"


def band_usd(band: Band) -> str:
    """The three quantiles of drawn costs in few characters."""
    return f"{readable_usd(band.p10)} - {readable_usd(band.p50)} - {readable_usd(band.p90)}"


def request_usd(option: OptionCost) -> str:
    """What a request costs at launch; nothing is known of it where the first month brings none."""
    if option.usd_per_request is None and option.total_usd is not None:
        return "no traffic"
    return readable_usd(option.usd_per_request)


def difference_sentences(found: Sequence[Difference]) -> Iterator[str]:
    """One sentence an option: both sums, the difference, and the lines behind most of it."""
    for one in found:
        names = one.a if one.a == one.b else f"{one.a} -> {one.b}"
        usd_a, usd_b = one.sum_of(lambda line: line.usd_a), one.sum_of(lambda line: line.usd_b)
        moved = [line for line in one.lines if abs(line.difference_usd) >= _CENT][:_LINES]
        why = ", ".join(f"{line.name} {signed_usd(line.difference_usd)}{_effects(line)}" for line in moved)
        text = f"{names}: {readable_usd(usd_a)} -> {readable_usd(usd_b)}, {signed_usd(one.difference_usd)}"
        yield f"{text}: {why}" if why else text


def base_sentence(option: DrawnOption) -> str | None:
    """Why the expected case lies below the 10th or above the 90th percentile of the draws; None where it does not.

    The expected case takes each input where it is likeliest. An input that can only cost more than that, as a cache
    that is hardly ever warmer than expected, moves every draw to one side of it.
    """
    at = option.base_percentile
    if at is None or _LOW_PERCENTILE <= at <= _HIGH_PERCENTILE:
        return None
    way, words = (1, "below") if at < _LOW_PERCENTILE else (-1, "above")
    text = f"{option.option}: the expected case lies {words} {_share_of(way, at)} of the draws"
    names = [driver.input for driver in option.drivers if driver.one_sided == way][:_DRIVERS]
    if not names:
        return f"{text}: together its inputs are {'dearer' if way > 0 else 'cheaper'} than each alone at its likeliest"
    does = "only make it dearer" if way > 0 else "only make it cheaper"
    return f"{text}, as what is uncertain about {listed(names)} can {does}"


def _share_of(way: int, at: Decimal) -> str:
    return f"{100 - at if way > 0 else at:.0f} %"


def _effects(line: LineDifference) -> str:
    """What did it, where more than one thing did."""
    parts = {
        "price": line.price_usd,
        "quantity": line.quantity_usd,
        "both": line.mix_usd,
        "line added or gone": line.line_usd,
    }
    told = [f"{name} {signed_usd(usd)}" for name, usd in parts.items() if abs(usd) >= _CENT]
    return f" ({', '.join(told)})" if len(told) > 1 else ""
