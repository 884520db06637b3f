"""The evaluated models of a project in pairs, the best one against the next, on the examples of the current run."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from maquette.bundle.inputs import PairedModels
from maquette.evals.run import EvalRun, TargetResult
from maquette.evals.trials import RunState
from maquette.foundation.problems import Problem

if TYPE_CHECKING:
    from maquette.project.view import View


def paired_models(view: "View") -> tuple[PairedModels, ...]:
    """Each scored model against the next best one; empty without a finished run, or where nothing can be paired."""
    run = view.current_run
    if run is None or run.state is not RunState.FINISHED:
        return ()
    ranked = sorted((one for one in run.results if one.score is not None), key=lambda one: -(one.score or 0))
    return tuple(pair for first, second in pairwise(ranked) for pair in _compared(view, run, first, second))


def _compared(view: "View", run: EvalRun, first: TargetResult, second: TargetResult) -> Iterator[PairedModels]:
    from maquette.project.comparing_runs import compare_runs

    try:
        pairs = compare_runs(view, (f"{run.id}:{second.target_id}", f"{run.id}:{first.target_id}")).comparison.pairs
    except Problem:
        return
    for pair in pairs[:1]:
        found = pair.difference
        if found is not None:
            yield PairedModels(
                run=run.id,
                first=first.target_id,
                second=second.target_id,
                points=100 * found.estimate,
                low=100 * found.interval.low,
                high=100 * found.interval.high,
                p=found.test.p,
                gained=len(pair.gained),
                lost=len(pair.lost),
            )
