"""Metrics of what an answer took, against a limit: latency, time to first token, cost and length.

Their raw value is the measure itself. Without a limit there is nothing to pass: they are unscored, with that value.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from maquette.evals.dataset import Example
from maquette.evals.metrics.protocol import unscored
from maquette.evals.metrics.response import Response
from maquette.evals.trials import Score


@dataclass(frozen=True, kw_only=True)
class Latency:
    """1 when the whole answer came within the limit; raw: seconds, of the attempt that succeeded.

    Attributes:
        at_most_s: The limit; None only measures.
    """

    at_most_s: float | None = None
    name: str = "latency"

    def score(self, example: Example, response: Response) -> Score:
        """1 or 0, with seconds as raw value; unscored when the latency is not known, or without a limit."""
        del example
        return _seconds(self.name, response.latency_s, self.at_most_s, "the latency is not on record")


@dataclass(frozen=True, kw_only=True)
class Ttft:
    """1 when the first token came within the limit; raw: seconds.

    Attributes:
        at_most_s: The limit; None only measures.
    """

    at_most_s: float | None = None
    name: str = "ttft"

    def score(self, example: Example, response: Response) -> Score:
        """1 or 0, with seconds as raw value; unscored when the target does not stream, or without a limit."""
        del example
        return _seconds(self.name, response.ttft_s, self.at_most_s, "the target does not stream")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """1 when the call cost at most the limit; raw: US dollars, rounded to a float. Exact in the detail and the trial.

    Attributes:
        at_most_usd: The limit; None only measures.
    """

    at_most_usd: Decimal | None = None
    name: str = "cost"

    def __post_init__(self) -> None:
        if self.at_most_usd is not None and not (self.at_most_usd.is_finite() and self.at_most_usd >= 0):
            raise ValueError("a limit is an amount from 0 on")

    def score(self, example: Example, response: Response) -> Score:
        """1 or 0, with dollars as raw value; unscored when the call is unpriced, or without a limit."""
        del example
        cost_usd = response.cost_usd
        if cost_usd is None or not cost_usd.is_finite():
            return unscored(self.name, "the call is unpriced")
        detail = f"{cost_usd} USD"
        value = None if self.at_most_usd is None else float(cost_usd <= self.at_most_usd)
        return Score(metric=self.name, value=value, raw=float(cost_usd), detail=detail)


@dataclass(frozen=True, kw_only=True)
class Length:
    """1 when the length of the answer lies within the limits; raw: the length.

    Attributes:
        unit: "tokens" by the target's own count, without those of thought; "words" between white space; "characters".
        at_least: The lower limit; None is none.
        at_most: The upper limit; None is none. Without either it only measures.
    """

    unit: Literal["tokens", "words", "characters"] = "words"
    at_least: int | None = None
    at_most: int | None = None
    name: str = "length"

    def __post_init__(self) -> None:
        low, high = self.at_least or 0, self.at_most
        if low < 0 or (high is not None and high < low):
            raise ValueError(f"no length lies between {low} and {high}")

    def score(self, example: Example, response: Response) -> Score:
        """1 or 0, with the length as raw value; unscored when the tokens are not known, or without a limit."""
        del example
        length = self._length(response)
        if length is None:
            return unscored(self.name, "the target did not count the answer's tokens")
        detail = f"{length} {self.unit}"
        if self.at_least is None and self.at_most is None:
            return Score(metric=self.name, value=None, raw=float(length), detail=detail)
        right = (self.at_least or 0) <= length and (self.at_most is None or length <= self.at_most)
        return Score(metric=self.name, value=float(right), raw=float(length), detail=detail)

    def _length(self, response: Response) -> int | None:
        if self.unit == "words":
            return len(response.text.split())
        if self.unit == "characters":
            return len(response.text)
        if response.output_tok is None:
            return None
        return max(0, response.output_tok - (response.reasoning_tok or 0))


def _seconds(name: str, took_s: float | None, at_most_s: float | None, unknown: str) -> Score:
    if took_s is None:
        return unscored(name, unknown)
    value = None if at_most_s is None else float(took_s <= at_most_s)
    return Score(metric=name, value=value, raw=took_s, detail=f"{took_s:.3f} s")
