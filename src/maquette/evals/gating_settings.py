"""What a gate demands of a run beside the blessed baseline."""

from dataclasses import dataclass
from typing import Literal

from maquette.foundation.units import Usd

MARGIN = 0.05
"""The difference that matters, unless the caller knows better."""

ALERT = 0.02
"""A drop of the score above which somebody is told, as a fraction."""

MOST_FAILED = 0.02
"""The share of calls without a score above which a run is not fit to judge a model by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GateSettings:
    """What a gate demands.

    Attributes:
        margin: How much worse than the baseline is still accepted, as a fraction.
        alert: The drop of the score above which the alert speaks; ``alert_fails`` says whether that fails the gate.
        must_pass: Whether examples marked so must be right.
        hard_breaks: Examples that must not break: right in the baseline, wrong now.
        max_usd_per_answer: The most that an answer may cost; None demands nothing.
        max_p95_s: The highest 95th percentile of the latency; None demands nothing.
        max_failed: The share of calls that may stay without a score.
        not_enough_data: What too few examples count as; None keeps them apart.
    """

    margin: float = MARGIN
    alert: float = ALERT
    alert_fails: bool = True
    must_pass: bool = True
    hard_breaks: tuple[str, ...] = ()
    max_usd_per_answer: Usd | None = None
    max_p95_s: float | None = None
    max_failed: float = MOST_FAILED
    not_enough_data: Literal["fail", "pass"] | None = None
