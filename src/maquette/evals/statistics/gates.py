"""Gates: is the candidate at most a margin worse than the baseline? A missing difference is no evidence of that."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING

from maquette.evals.run import Interval
from maquette.evals.statistics.clusters import Units, half_width_at, t_interval, units_of
from maquette.evals.statistics.graded import checked, differences, is_binary
from maquette.evals.statistics.paired import PairedCounts, paired_counts, tango_lower, tango_upper
from maquette.evals.statistics.planning import more_until
from maquette.evals.statistics.values import CONFIDENCE

if TYPE_CHECKING:
    from maquette.evals.statistics.clusters import Numbers

TWO_SIDED = 2 * CONFIDENCE - 1
"""The two-sided interval whose ends are one-sided bounds at 95 %."""


class GateVerdict(StrEnum):
    """A candidate against a margin; only evidence passes or fails it."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    NOT_ENOUGH_DATA = "not_enough_data"


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """The answer of a gate.

    Attributes:
        margin: How much worse is still accepted, as a fraction above 0.
        lower: One-sided 95 % lower bound of candidate minus baseline; it passes above ``-margin``.
        upper: One-sided 95 % upper bound; it fails below ``-margin``.
        more_examples: How many more would decide if the rates stay; 0 when decided, None when not even a million would.
    """

    verdict: GateVerdict
    margin: float
    lower: float
    upper: float
    more_examples: int | None
    method: str


def gate(counts: PairedCounts, margin: float) -> Gate:
    """Non-inferiority of a candidate with right and wrong answers, by one-sided bounds of Tango at 95 %.

    Raises:
        ValueError: The margin is not between 0 and 1.
    """
    _checked_margin(margin)
    lower, upper = tango_lower(counts), tango_upper(counts)

    def settled(items: float) -> bool:
        scaled = counts.scaled(items)
        return tango_lower(scaled) > -margin or tango_upper(scaled) < -margin

    more = None if counts.difference == -margin else more_until(settled, round(counts.items))
    return _gate(lower, upper, margin=margin, more=more, method="Tango, one-sided")


def graded_gate(
    values: "Sequence[float] | Numbers", margin: float, *, clusters: Sequence[Hashable] | None = None
) -> Gate:
    """Non-inferiority from paired differences, graded or in clusters, by one-sided bounds of t at 95 %.

    Raises:
        ValueError: The margin is not between 0 and 1.
        NotComparable: No values, or not as many clusters.
    """
    _checked_margin(margin)
    units = units_of(values, clusters=clusters)
    bounds = t_interval(units, confidence=TWO_SIDED)
    more = _more_clusters(units, margin, bounds)
    if more is not None:
        more = ceil(more * len(values) / units.count)
    return _gate(bounds.low, bounds.high, margin=margin, more=more, method=f"{bounds.method}, one-sided")


def gate_of(
    baseline: Sequence[float],
    candidate: Sequence[float],
    margin: float,
    *,
    clusters: Sequence[Hashable] | None = None,
) -> Gate:
    """The gate that fits the scores, chosen as `graded.difference` chooses.

    Raises:
        ValueError: As for `gate` and `graded.difference`.
    """
    checked(baseline, candidate)
    alone = clusters is None or len(set(clusters)) == len(baseline)
    if alone and is_binary(baseline) and is_binary(candidate):
        return gate(paired_counts(baseline, candidate), margin)
    return graded_gate(differences(baseline, candidate), margin, clusters=None if alone else clusters)


def _gate(lower: float, upper: float, *, margin: float, more: int | None, method: str) -> Gate:
    decided = GateVerdict.PASS if lower > -margin else GateVerdict.FAIL if upper < -margin else None
    return Gate(
        verdict=decided or GateVerdict.NOT_ENOUGH_DATA,
        margin=margin,
        lower=lower,
        upper=upper,
        more_examples=0 if decided else more,
        method=method,
    )


def _more_clusters(units: Units, margin: float, bounds: Interval) -> int | None:
    """More clusters at the same mean and spread until a bound clears the margin."""
    distance = abs(units.mean + margin)
    if bounds.low > -margin or bounds.high < -margin:
        return 0
    if units.count < 2 or distance == 0:
        return None
    return more_until(lambda count: half_width_at(units, count, confidence=TWO_SIDED) < distance, units.count)


def _checked_margin(margin: float) -> None:
    if not 0 < margin < 1:
        raise ValueError(f"a margin lies between 0 and 1, not at {margin}")
