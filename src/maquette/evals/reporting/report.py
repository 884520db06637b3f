"""`Report`: one run as values, with its verdict first, and beside the runs that it is held against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from maquette.evals.comparing import MARGIN
from maquette.evals.comparing_runs import RunComparison, RunRecord, compare_sides, differing_parts, sides_of
from maquette.evals.comparison import Comparison, Pair
from maquette.evals.model_size import ModelSize
from maquette.evals.reporting.breakdown import Breakdown
from maquette.evals.reporting.verdict import ReportVerdict, verdict_of
from maquette.evals.run import EvalRun
from maquette.evals.run_scores import RunScores
from maquette.evals.trials import RunManifest


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOnRecord:
    """A run with its results and its answers one by one."""

    run: EvalRun
    manifest: RunManifest
    record: RunRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class Against:
    """The run beside another one.

    Attributes:
        differs: What the two are made of differently, by the names of their parts; None where that is not on record.
        pairs: Each target that both have: the other run is the baseline.
        warnings: What speaks against the comparison, in words.
        refused: Why nothing is compared; empty when something is.
    """

    other: EvalRun
    differs: tuple[str, ...] | None
    pairs: tuple[Pair, ...]
    warnings: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Everything that a report shows, but for the examples one by one.

    Attributes:
        title: The system's name.
        comparison: The run's targets among each other; None with fewer than two.
        changed: What a run would be made of differently today; empty when this one is current.
        stale: Whether it answers an earlier plan; None where there is no plan to hold it against.
        origins: Where the examples say that they come from, to how many; empty where they are not known.
    """

    title: str
    run: EvalRun
    manifest: RunManifest
    scores: RunScores
    comparison: Comparison | None
    verdict: ReportVerdict
    breakdown: Breakdown
    against: tuple[Against, ...] = ()
    changed: tuple[str, ...] = ()
    stale: bool | None = None
    origins: Mapping[str, int] = field(default_factory=dict)

    @property
    def doubt(self) -> str:
        """Why the run does not answer today's question, in a sentence; empty when it does, or nobody can tell."""
        if not self.stale:
            return ""
        if not self.changed:
            return "This run is not of today's plan; what changed since is not on record."
        return f"This run is not of today's plan: {', '.join(self.changed)} changed since."

    @property
    def examples(self) -> int:
        """Examples that were asked of at least one target."""
        return len(set().union(*self.scores.scores.values()))


def make_report(  # noqa: PLR0913  # the parts of a report, by name
    record: RunOnRecord,
    *,
    title: str,
    breakdown: Breakdown,
    others: Sequence[RunOnRecord] = (),
    changed: Sequence[str] = (),
    stale: bool | None = None,
    sizes: Mapping[str, ModelSize] | None = None,
    origins: Mapping[str, int] | None = None,
    margin: float = MARGIN,
) -> Report:
    """The report of a run; ``sizes`` are those of its targets, by id, ``origins`` those of its examples.

    Raises:
        InvalidInput: The log holds a score outside 0 to 1.
    """
    comparison = _among(record, sizes, margin)
    return Report(
        title=title,
        run=record.run,
        manifest=record.manifest,
        scores=record.record.scores,
        comparison=comparison,
        verdict=verdict_of(record.run, comparison),
        breakdown=breakdown,
        against=tuple(_against(record, other, margin) for other in others),
        changed=tuple(changed),
        stale=stale,
        origins=origins or {},
    )


def parts_that_differ(made_of: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...] | None:
    """The parts of which two runs were made differently; None where one does not say what it was made of."""
    if not made_of or not other:
        return None
    # Runs of earlier versions say nothing of their scorers.
    both = made_of.keys() & other.keys()
    names = [name for name in {**made_of, **other} if name in both or not name.startswith("scorer ")]
    return tuple(name for name in names if made_of.get(name) != other.get(name))


def _among(record: RunOnRecord, sizes: Mapping[str, ModelSize] | None, margin: float) -> Comparison | None:
    sides = sides_of([(record.record, target) for target in record.record.targets])
    if len(sides) < 2:
        return None
    return compare_sides(sides, margin=margin, threshold=record.run.threshold, sizes=sizes).comparison


def _against(record: RunOnRecord, other: RunOnRecord, margin: float) -> Against:
    differs = differing_parts(other.record, record.record)
    common = [name for name in record.record.targets if name in other.record.targets]
    refused = ""
    if record.run.primary_metric != other.run.primary_metric:
        refused = f"its metric is {other.run.primary_metric}, and scores of two metrics are not compared"
    elif not common:
        refused = "the two runs have no model in common"
    found = () if refused else tuple(_between(record, other, name, margin) for name in common)
    return Against(
        other=other.run,
        differs=differs,
        pairs=tuple(pair for one in found for pair in one.comparison.pairs),
        warnings=tuple(dict.fromkeys(warning for one in found for warning in one.warnings)),
        refused=refused,
    )


def _between(record: RunOnRecord, other: RunOnRecord, target: str, margin: float) -> RunComparison:
    sides = sides_of([(other.record, target), (record.record, target)])
    return compare_sides(sides, baseline=sides[0].label, margin=margin)
