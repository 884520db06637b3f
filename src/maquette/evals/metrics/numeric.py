"""A metric of numbers: found in the text, free of separators and units, equal within a tolerance."""

import math
import re
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from typing import Literal

from maquette.evals.dataset import Example
from maquette.evals.metrics.protocol import unscored, verdict
from maquette.evals.metrics.response import Response
from maquette.evals.trials import Score

_GROUPS = " _'\u2019\u00a0\u2009\u202f"
"""Between groups of three digits, besides the comma or the point that is not the decimal mark."""
_MOST_CHARS = 400
"""A float has at most 309 digits before its point; what is longer is no number that anyone expects."""
_CONTEXT = Context(prec=60, traps=[])
"""Sums that overflow become infinite, which is within no tolerance."""


@dataclass(frozen=True, kw_only=True)
class Numeric:
    """1 when the number in the answer is the expected one.

    A number may carry a sign, groups of three digits, an exponent, a currency before it and a percent sign or a unit
    after it; only the number counts.

    Attributes:
        absolute: The difference that does not count.
        relative: The same as a share of the expected number; the larger of the two applies.
        which: The "last" number of the answer, the "first", or the "only" one: then a second makes it wrong.
        decimal_mark: "." reads 1,234.5 and "," reads 1.234,5.
        percent: "ignore" the sign, or read 5 % as the "fraction" 0.05.
    """

    absolute: float = 0.0
    relative: float = 0.0
    which: Literal["last", "first", "only"] = "last"
    decimal_mark: Literal[".", ","] = "."
    percent: Literal["ignore", "fraction"] = "ignore"
    name: str = "numeric"

    def __post_init__(self) -> None:
        if not all(math.isfinite(tolerance) and tolerance >= 0 for tolerance in (self.absolute, self.relative)):
            raise ValueError("a tolerance is a number from 0 on")

    def score(self, example: Example, response: Response) -> Score:
        """1 or 0, with the number found in the detail; unscored when the expected answer holds no number."""
        wanted = self._wanted(example.expected)
        if wanted is None:
            return unscored(self.name, "the expected answer is not a number")
        found = self._numbers(response.text)
        if not found:
            return verdict(self.name, False, "no number in the answer")
        if self.which == "only" and len(found) > 1:
            return verdict(self.name, False, f"{len(found)} numbers in the answer")
        number = found[-1] if self.which == "last" else found[0]
        return verdict(self.name, self._close(number, wanted), f"found {number}")

    def _wanted(self, expected: object) -> Decimal | None:
        if isinstance(expected, str):
            numbers = self._numbers(expected)
            return numbers[0] if len(numbers) == 1 else None
        if isinstance(expected, bool) or not isinstance(expected, int | float | Decimal):
            return None
        try:
            number = Decimal(str(expected))
        except (InvalidOperation, ValueError):
            return None
        return number if number.is_finite() else None

    def _close(self, number: Decimal, wanted: Decimal) -> bool:
        difference = _CONTEXT.subtract(number, wanted).copy_abs()
        share = _CONTEXT.multiply(Decimal(str(self.relative)), wanted.copy_abs())
        return difference.is_finite() and difference <= max(Decimal(str(self.absolute)), share)

    def _numbers(self, text: str) -> list[Decimal]:
        mark = re.escape(self.decimal_mark)
        groups = _GROUPS + ("," if self.decimal_mark == "." else ".")
        grouped = rf"[0-9]{{1,3}}(?:[{groups}][0-9]{{3}})+(?![0-9])"
        pattern = (
            rf"(?<![\w{mark}])(?P<sign>[-+\u2212]?)[^\S\n]?[$\u20ac\u00a3\u00a5]?"
            rf"(?:(?P<whole>{grouped}|[0-9]+)(?:{mark}(?P<part>[0-9]+))?|{mark}(?P<only>[0-9]+))"
            rf"(?:[eE](?P<power>[-+]?[0-9]{{1,6}}))?(?P<percent>[^\S\n]?%)?"
        )
        return [number for match in re.finditer(pattern, text) if (number := self._number(match)) is not None]

    def _number(self, match: re.Match[str]) -> Decimal | None:
        if len(match.group()) > _MOST_CHARS:
            return None
        digits = "".join(character for character in match["whole"] or "0" if character.isdigit())
        part = match["part"] or match["only"]
        sign = "-" if match["sign"] in {"-", "\u2212"} else ""
        number = Decimal(f"{sign}{digits}{'.' + part if part else ''}{'e' + match['power'] if match['power'] else ''}")
        return _CONTEXT.divide(number, Decimal(100)) if match["percent"] and self.percent == "fraction" else number
