"""How long prompts are: which share of them passes a price step, and which share of the tokens is theirs.

A prompt is the shared prefix and a part of its own, and that part is taken to be lognormal: a length that is a product
of many factors, never negative, with a long tail. Two figures settle it, the average and the 99th percentile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import lru_cache

_DIGITS = Context(prec=34, rounding=ROUND_HALF_UP)
_QUANTUM = Decimal("1e-12")
_Z99 = Decimal("2.326347874040841100885606163346912")
"""The 99th percentile of the standard normal distribution."""
_ROOT_OF_TWO_PI = Decimal("2.506628274631000502415765284811045")
_FARTHEST = Decimal(9)
"""Beyond so many standard deviations the share is below 1e-18, which no bill shows."""
_SMALLEST_SHARE = Decimal("1e-6")
"""A part with fewer prompts than one in a million counts to its neighbour."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The prompts between two steps.

    Attributes:
        share: Of all prompts.
        mean_tok: Their average length, shared prefix included.
    """

    share: Decimal
    mean_tok: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptLengths:
    """The lengths of prompts in tokens.

    Attributes:
        average: Shared prefix included.
        floor: The shared prefix, which every prompt has.
        p99: The length that 1 of 100 prompts passes.
    """

    average: Decimal
    floor: Decimal
    p99: Decimal

    def parts(self, steps: Sequence[int]) -> tuple[Part, ...]:
        """The prompts up to the first step, between each two and above the last; a part may have nobody.

        The own part X = length - floor is lognormal with ln X ~ N(mu, s^2). From E[X] = exp(mu + s^2/2) = m and
        the 99th percentile exp(mu + z s) = q follows s = z - sqrt(z^2 - 2 ln(q/m)); where q is more than
        exp(z^2/2) times m, which no lognormal has, s = z. Above k there are Phi((mu - ln k)/s) of the prompts, and
        they have m Phi((mu + s^2 - ln k)/s) of X (Johnson, Kotz and Balakrishnan, Continuous Univariate
        Distributions, vol. 1, 2nd ed. 1994, ch. 14; the partial expectation).

        Args:
            steps: Lengths in tokens, ascending.
        """
        return _parts(self.average, self.floor, self.p99, tuple(steps))


@lru_cache(maxsize=4096)
def _parts(average: Decimal, floor: Decimal, p99: Decimal, steps: tuple[int, ...]) -> tuple[Part, ...]:
    with localcontext(_DIGITS):
        mean = average - floor
        tails = [_tail(mean, p99 - floor, Decimal(step) - floor) for step in steps]
        shares, own = _rid_of_crumbs([share for share, _ in tails]), [part for _, part in tails]
        bounds = [Decimal(1), *shares, Decimal(0)]
        tokens = [mean, *(part if share else Decimal(0) for share, part in zip(shares, own, strict=True)), Decimal(0)]
        tokens = [mean if share == 1 else part for share, part in zip(bounds, tokens, strict=True)]
        found = []
        for (share, part), (next_share, next_part) in zip(
            zip(bounds, tokens, strict=True), list(zip(bounds, tokens, strict=True))[1:], strict=False
        ):
            within = share - next_share
            of_it = floor + (part - next_part) / within if within else average
            found.append(Part(share=within, mean_tok=of_it))
    return tuple(found)


def _rid_of_crumbs(shares: list[Decimal]) -> list[Decimal]:
    """The shares above each step, so that no part between two has fewer prompts than matter."""
    found: list[Decimal] = []
    before = Decimal(1)
    for share in shares:
        rounded = share.quantize(_QUANTUM, ROUND_HALF_UP)
        if before - rounded < _SMALLEST_SHARE:
            rounded = before
        if rounded < _SMALLEST_SHARE:
            rounded = Decimal(0)
        found.append(rounded)
        before = rounded
    return found


def _tail(mean: Decimal, p99: Decimal, step: Decimal) -> tuple[Decimal, Decimal]:
    """The share of prompts above ``step``, and what all of them together bring to the mean; own parts only."""
    if step < 0 or mean <= 0:
        above = Decimal(int(mean > step))
        return above, mean * above
    if step == 0:
        return Decimal(1), mean
    if p99 <= mean:
        above = Decimal(int(mean > step))
        return above, mean * above
    ratio = 2 * (p99 / mean).ln()
    spread = _Z99 - (max(Decimal(0), _Z99 * _Z99 - ratio)).sqrt()
    centre = mean.ln() - spread * spread / 2
    away = (centre - step.ln()) / spread
    return _phi(away), mean * _phi(away + spread)


def _phi(x: Decimal) -> Decimal:
    """The standard normal distribution function, by its series x + x^3/3 + x^5/(3*5) + ..."""
    if abs(x) > _FARTHEST:
        return Decimal(int(x > 0))
    term = total = x
    square, odd = x * x, 1
    while abs(term) > Decimal("1e-33"):
        odd += 2
        term *= square / odd
        total += term
    return Decimal("0.5") + total * (-square / 2).exp() / _ROOT_OF_TWO_PI
