"""What a project's runs say of a shorter prompt: the same examples asked of the same model with two prompts."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from maquette.evals.trials import RunManifest, RunState
from maquette.foundation.problems import Problem

if TYPE_CHECKING:
    from maquette.project.view import View

LEAST_SHARE = Decimal("0.01")
"""Prompts that differ by less are the same prompt in other words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShorterPrompt:
    """Two finished runs of one model on the same examples, one with a shorter prompt.

    Attributes:
        long_run, short_run: Their ids.
        share: Of the input tokens that the shorter prompt leaves out, as both runs counted them.
        low, points, high: The score with the shorter prompt minus the score with the longer one, in points, with its
            95 % interval, on the examples that both answered.
        tolerance: How many points worse the project's gate accepts.
        is_today: Whether the shorter prompt is the newer run's, which is the one in use.
    """

    long_run: str
    short_run: str
    share: Decimal
    low: float
    points: float
    high: float
    tolerance: float
    is_today: bool

    @property
    def within(self) -> bool | None:
        """Whether the loss is surely within the tolerance; None while too few examples leave it open."""
        if self.low >= -self.tolerance:
            return True
        return False if self.high < -self.tolerance else None

    @property
    def words(self) -> str:
        """The measurement in one sentence."""
        verdict = {True: "within", False: "beyond", None: "not surely within"}[self.within]
        return (
            f"{self.short_run} against {self.long_run}: {self.share * 100:.1f} % fewer input tokens,"
            f" {self.points:+.1f} points (95 % interval {self.low:+.1f} to {self.high:+.1f}),"
            f" {verdict} the tolerance of {self.tolerance:g} points"
        )


def shorter_prompt(view: "View", target: str) -> ShorterPrompt | None:
    """The newest two runs in a row of that target with prompts of different lengths; None where there are none."""
    runs = [one for one in view.manifests if one.state is RunState.FINISHED and target in one.targets]
    for earlier, later in reversed(list(pairwise(runs))):
        found = _compared(view, earlier, later, target)
        if found is not None:
            return found
    return None


def _compared(view: "View", earlier: RunManifest, later: RunManifest, target: str) -> ShorterPrompt | None:
    from maquette.project.comparing_runs import compare_runs

    made, again = earlier.made_of, later.made_of
    if made.get("dataset") != again.get("dataset") or made.get("prompt") == again.get("prompt"):
        return None
    before, after = _mean_input(view, earlier, target), _mean_input(view, later, target)
    if not before or not after:
        return None
    long, short = (earlier, later) if after < before else (later, earlier)
    share = 1 - min(before, after) / max(before, after)
    if share < LEAST_SHARE:
        return None
    margin = view.document.evaluation.gate.margin
    try:
        names = (f"{long.run_id}:{target}", f"{short.run_id}:{target}")
        pairs = compare_runs(view, names, margin=margin).comparison.pairs
    except Problem:
        return None
    difference = pairs[0].difference if pairs else None
    if difference is None:
        return None
    return ShorterPrompt(
        long_run=long.run_id,
        short_run=short.run_id,
        share=share.quantize(Decimal("0.0001")),
        low=100 * difference.interval.low,
        points=100 * difference.estimate,
        high=100 * difference.interval.high,
        tolerance=100 * margin,
        is_today=short is later,
    )


def _mean_input(view: "View", run: RunManifest, target: str) -> Decimal | None:
    counts = [one.input_tok for one in view.trials_of(run.run_id) if one.target_id == target and one.input_tok]
    return Decimal(sum(counts)) / len(counts) if counts else None
