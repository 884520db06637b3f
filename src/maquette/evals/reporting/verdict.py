"""The first line of a report: which model to take, or what is missing before anyone can say."""

from dataclasses import dataclass, replace

from maquette.evals.comparison import Comparison, Standing
from maquette.evals.run import EvalRun, Interval, TargetResult, Verdict
from maquette.evals.statistics import more_to_decide
from maquette.evals.statistics.gates import GateVerdict
from maquette.evals.trials import RunState
from maquette.foundation.units import readable_count

_STATES = {
    RunState.RUNNING: "is still running",
    RunState.STOPPED: "was stopped",
    RunState.CAP_REACHED: "was ended by its cap in dollars",
    RunState.INTERRUPTED: "was interrupted",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportVerdict:
    """What a run settles.

    Attributes:
        outcome: None where nothing was asked for, so that nothing passes or fails.
        title: The answer in a few words.
        why: In a sentence.
        model: The model that the verdict is about: the cheapest that passes, else the best one; None without a score.
        more_examples: How many more would settle it, where that is open and can be told.
        unfinished: What is missing of the run, in a sentence; empty when it is complete.
    """

    outcome: GateVerdict | None
    title: str
    why: str
    model: str | None
    more_examples: int | None = None
    unfinished: str = ""


def verdict_of(run: EvalRun, comparison: Comparison | None) -> ReportVerdict:
    """The verdict of a run; one of a run that is not complete is of what it has."""
    scored = [result for result in run.results if result.scored]
    unfinished = _unfinished(run)
    if not scored:
        why = "No answer has a score of the metric yet."
        return ReportVerdict(
            outcome=GateVerdict.NOT_ENOUGH_DATA, title="Not enough data", why=why, model=None, unfinished=unfinished
        )
    found = _among(run, comparison, unfinished) if comparison else _alone(scored[0], run.threshold, unfinished)
    return replace(found, title=f"So far: {found.title}") if unfinished else found


def _among(run: EvalRun, comparison: Comparison, unfinished: str) -> ReportVerdict:
    missed = {one.target_id for one in run.results if one.must_pass_missed}
    passing = [s for s in comparison.standings if s.passing is GateVerdict.PASS and s.target_id not in missed]
    refused = [s for s in comparison.standings if s.passing is GateVerdict.PASS and s.target_id in missed]
    beside = "".join(f" {one.target_id} would pass, but misses examples that must be right." for one in refused)
    if passing:
        headline = comparison.headline if not refused else _cheapest(passing[0], comparison, run.threshold)
        return ReportVerdict(
            outcome=GateVerdict.PASS,
            title=f"{passing[0].target_id} is the smallest model that passes",
            why=_sentence(headline) + beside,
            model=passing[0].target_id,
            unfinished=unfinished,
        )
    open_ones = [s for s in comparison.standings if s.passing is GateVerdict.NOT_ENOUGH_DATA]
    open_ones = [standing for standing in open_ones if standing.target_id not in missed]
    more = min((one.more_examples for one in open_ones if one.more_examples), default=None)
    headline = "" if refused and not open_ones else _sentence(comparison.headline)
    return ReportVerdict(
        outcome=GateVerdict.NOT_ENOUGH_DATA if open_ones else GateVerdict.FAIL,
        title=_open_title(more) if open_ones else "No model passes",
        why=(headline + beside).strip(),
        model=comparison.reference,
        more_examples=more if open_ones else None,
        unfinished=unfinished,
    )


def _cheapest(standing: Standing, comparison: Comparison, threshold: float | None) -> str:
    need = "" if threshold is None else f"a mean score of at least {100 * threshold:.1f} % and "
    return f"{standing.target_id}: {need}at most {100 * comparison.margin:.1f} points worse than {comparison.reference}"


def _alone(result: TargetResult, threshold: float | None, unfinished: str) -> ReportVerdict:
    name, interval = result.target_id, result.interval
    rate = f"{result.correct} of {result.scored} right ({_percent(interval)})"
    need = "" if threshold is None else f"; asked for is {100 * threshold:.1f} %"
    more = None
    outcome: GateVerdict | None = None
    title = f"{name}: nothing was asked for, so nothing passes or fails"
    if result.must_pass_missed:
        outcome, title = GateVerdict.FAIL, f"{name} fails: it misses examples that must be right"
    elif result.verdict is Verdict.PASSES:
        outcome, title = GateVerdict.PASS, f"{name} passes"
    elif result.verdict is Verdict.FAILS:
        outcome, title = GateVerdict.FAIL, f"{name} does not pass"
    elif result.verdict is Verdict.NOT_ENOUGH_DATA and threshold is not None:
        more = more_to_decide(result.correct, result.scored, threshold) or None
        outcome, title = GateVerdict.NOT_ENOUGH_DATA, _open_title(more)
    return ReportVerdict(
        outcome=outcome, title=title, why=f"{rate}{need}.", model=name, more_examples=more, unfinished=unfinished
    )


def _percent(interval: Interval | None) -> str:
    return f"95 % interval {100 * interval.low:.1f} to {100 * interval.high:.1f} %" if interval else "no interval"


def _open_title(more: int | None) -> str:
    return f"Not enough data: about {readable_count(more)} more examples are needed" if more else "Not enough data"


def _sentence(text: str) -> str:
    """With its full stop; a capital would change a model's name, which often comes first."""
    return f"{text.replace('no target', 'No target', 1) if text.startswith('no target') else text}."


def _unfinished(run: EvalRun) -> str:
    planned = sum(result.planned for result in run.results)
    done = sum(result.done for result in run.results)
    if run.state is RunState.FINISHED and done >= planned:
        return ""
    how = _STATES.get(run.state, "says that it finished")
    missing = f"{readable_count(done)} of {readable_count(planned)} answers are on record"
    return f"Run {run.id} {how}: {missing}, and every figure is of these."
