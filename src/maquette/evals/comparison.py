"""What a comparison found, as values. `comparing` makes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from maquette.evals.model_size import ModelSize
from maquette.evals.run import Verdict
from maquette.evals.statistics.gates import Gate, GateVerdict
from maquette.evals.statistics.proportions import ClusteredRate
from maquette.evals.statistics.ranking import RankInterval
from maquette.evals.statistics.values import Difference
from maquette.foundation.units import Usd


class Finding(StrEnum):
    """What the items say of a candidate beside a baseline."""

    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE_SHOWN = "no_difference_shown"
    NOT_ENOUGH_DATA = "not_enough_data"


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """One stratum of a pair; exploratory.

    Attributes:
        q: Adjusted over all slices of all pairs (Benjamini and Hochberg).
        more_examples: As for a pair.
    """

    stratum: str
    difference: Difference
    q: float
    finding: Finding
    more_examples: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Two targets over the items that have a score of both.

    Attributes:
        difference: Candidate minus baseline; None without a common item.
        adjusted_p: Over all pairs (Holm); it decides the finding, together with the interval.
        more_examples: How many more would show a difference of the margin; None when that cannot be told.
        dropped: Why items were left out, to their ids.
        gained: Items on which the candidate alone scores higher.
        lost: Items on which the baseline alone scores higher.
        sentence: The finding in words.
    """

    baseline: str
    candidate: str
    difference: Difference | None
    adjusted_p: float | None
    finding: Finding
    more_examples: int | None
    dropped: Mapping[str, tuple[str, ...]]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    slices: tuple[Slice, ...]
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """One target by itself, and beside the reference.

    Attributes:
        rate: Its mean score over its own scored items; None without one.
        cost_usd: Of one item; None when unknown.
        size: None when unknown.
        threshold: Its interval against the threshold.
        gate: Whether it is at most the margin worse than the reference; None for the reference itself and without a
            common item.
        passing: Threshold and gate together.
        more_examples: How many more would settle both if the rates stay; 0 when settled, None when that cannot be told.
        rank: Among the targets with a score, over items that all of them answered; None with fewer than three.
    """

    target_id: str
    rate: ClusteredRate | None
    cost_usd: Usd | None
    threshold: Verdict
    gate: Gate | None
    passing: GateVerdict
    more_examples: int | None
    rank: RankInterval | None
    size: ModelSize | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What a comparison found.

    Attributes:
        smallest_passing: The cheapest target that passes, of equal ones the smallest; one of unknown cost only when no
            other passes; or None.
        headline: That in words.
        reference: What gates are held against: the baseline, or the target with the highest mean. The highest of many
            is flattered by chance, which makes its gate harder, never easier. Gates are not adjusted for their number.
        items: Examples with an entry for at least one target.
        standings: Passing, undecided and failing targets in this order, each group by cost, unknown costs
            last, and equal costs by size.
        pairs: Every other target against the baseline, or all pairs in the order of the targets.
        methods: How the figures were made, each once.
    """

    smallest_passing: str | None
    headline: str
    reference: str
    margin: float
    items: int
    standings: tuple[Standing, ...]
    pairs: tuple[Pair, ...]
    methods: tuple[str, ...]
