"""Why a month cost something else than projected: more requests, other tokens in each, other prices. Exact parts.

With Cp projected dollars for Vp requests, q tokens a request and p projected dollars a token of each kind:
volume = (Va - Vp) * Cp / Vp; token mix = Va * sum(qa * p) - Va * Cp / Vp; price = Ca - Va * sum(qa * p). The three add
up to Ca - Cp. Reckoned in fractions; the first two are rounded to a millionth of a dollar, the third takes the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from maquette.cost.actuals import EXACT, Total
from maquette.foundation.units import Usd

MILLIONTH = Decimal("0.000001")
FRESH, CACHED, OUTPUT = "fresh input", "cached input", "output"


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What was projected for a month, or for a part of it.

    Attributes:
        usd_low, usd, usd_high: The cheap, the expected and the dear case.
        p10_usd, p50_usd, p90_usd: Of the drawn costs, where they were drawn.
        requests: Of the expected case; None when it has none.
        tokens, token_usd: Of each kind of token, in the expected case: how many, and what they cost.
    """

    usd_low: Usd
    usd: Usd
    usd_high: Usd
    p10_usd: Usd | None = None
    p50_usd: Usd | None = None
    p90_usd: Usd | None = None
    requests: Decimal | None = None
    tokens: Mapping[str, Decimal] | None = None
    token_usd: Mapping[str, Usd] | None = None

    def share(self, part: Fraction) -> "Expected":
        """That part of it, such as the days of a month that are over."""
        return Expected(
            usd_low=_times(self.usd_low, part),
            usd=_times(self.usd, part),
            usd_high=_times(self.usd_high, part),
            p10_usd=_times_or_none(self.p10_usd, part),
            p50_usd=_times_or_none(self.p50_usd, part),
            p90_usd=_times_or_none(self.p90_usd, part),
            requests=_times_or_none(self.requests, part),
            tokens={kind: _times(count, part) for kind, count in (self.tokens or {}).items()},
            token_usd={kind: _times(usd, part) for kind, usd in (self.token_usd or {}).items()},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """Actual minus projected dollars, and its parts; ``why_no_parts`` says why there are none.

    Attributes:
        share: The difference as a share of what was projected; None when nothing was.
    """

    usd: Usd
    share: Decimal | None
    volume_usd: Usd | None
    token_mix_usd: Usd | None
    price_usd: Usd | None
    why_no_parts: str = ""


def drift(expected: Expected, actual: Total) -> Drift | None:
    """The drift of ``actual``; None when nobody knows what was spent."""
    if actual.usd is None:
        return None
    with localcontext(EXACT):
        return _drift(expected, actual, actual.usd)


def _drift(expected: Expected, actual: Total, usd: Usd) -> Drift:
    difference = usd - expected.usd
    share = (difference / expected.usd).quantize(MILLIONTH) if expected.usd else None
    why = _missing(expected, actual)
    if why:
        return Drift(usd=difference, share=share, volume_usd=None, token_mix_usd=None, price_usd=None, why_no_parts=why)
    requests = Fraction(actual.requests or 0)
    per_request = Fraction(expected.usd) / Fraction(expected.requests or 1)
    at_projected_prices = _at_projected_prices(expected, actual)
    volume = _usd((requests - Fraction(expected.requests or 0)) * per_request)
    mix = _usd(at_projected_prices - requests * per_request)
    return Drift(usd=difference, share=share, volume_usd=volume, token_mix_usd=mix, price_usd=difference - volume - mix)


def _missing(expected: Expected, actual: Total) -> str:
    prices = _prices(expected)
    if not expected.requests or not expected.usd:
        return "the projection has no requests"
    if not prices.keys() & {FRESH, CACHED} or OUTPUT not in prices:
        return "the projection is not by tokens"
    if actual.requests is None:
        return "the source does not count requests"
    if actual.input_tok is None or actual.output_tok is None:
        return "the source does not count tokens"
    return ""


def _at_projected_prices(expected: Expected, actual: Total) -> Fraction:
    """What the actual tokens would have cost at the projected prices; cached as projected where nobody says."""
    prices = _prices(expected)
    whole, output = Fraction(actual.input_tok or 0), Fraction(actual.output_tok or 0)
    if actual.cached_tok is None:
        tokens, usd = expected.tokens or {}, expected.token_usd or {}
        kinds = (FRESH, CACHED)
        counted = sum((Fraction(tokens.get(kind, Decimal(0))) for kind in kinds), Fraction(0))
        paid = sum((Fraction(usd.get(kind, Decimal(0))) for kind in kinds), Fraction(0))
        return whole * paid / counted + output * prices[OUTPUT]
    cached = Fraction(actual.cached_tok)
    fresh_price = prices.get(FRESH, prices.get(CACHED, Fraction(0)))
    return (whole - cached) * fresh_price + cached * prices.get(CACHED, fresh_price) + output * prices[OUTPUT]


def _prices(expected: Expected) -> dict[str, Fraction]:
    tokens, usd = expected.tokens or {}, expected.token_usd or {}
    return {kind: Fraction(usd[kind]) / Fraction(count) for kind, count in tokens.items() if count and kind in usd}


def _times(amount: Decimal, part: Fraction) -> Decimal:
    return _usd(Fraction(amount) * part)


def _times_or_none(amount: Decimal | None, part: Fraction) -> Decimal | None:
    return None if amount is None else _times(amount, part)


def _usd(exact: Fraction) -> Usd:
    """The nearest millionth, half to even."""
    return EXACT.scaleb(Decimal(round(exact * 10**6)), -6)
