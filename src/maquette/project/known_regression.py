"""Whether the model in question got worse since the run before: paired over the examples that both runs asked."""

from decimal import Decimal
from typing import TYPE_CHECKING

from maquette.evals.comparison import Finding
from maquette.evals.trials import RunManifest, RunState
from maquette.foundation.expression import FactValue
from maquette.foundation.problems import Problem

if TYPE_CHECKING:
    from maquette.project.view import View


def regression(view: "View", model: str | None) -> dict[str, FactValue]:
    """``eval.regression_points`` and ``eval.regression_significant``; empty where no earlier run can be held beside.

    The earlier run finished, asked the same examples with the same metric, and had the model; it differs in its prompt,
    its parameters or what answered, else nothing has changed that could have made anything worse.
    """
    now = view.manifest
    if model is None or now is None or now.state is not RunState.FINISHED or model not in now.targets:
        return {}
    before = next((one for one in reversed(view.manifests[:-1]) if _is_before(one, now, model)), None)
    return {} if before is None else _fall(view, before, now, model)


def _is_before(one: RunManifest, now: RunManifest, model: str) -> bool:
    same = one.primary_metric == now.primary_metric and one.made_of.get("dataset") == now.made_of.get("dataset")
    known = one.state is RunState.FINISHED and model in one.targets and "dataset" in now.made_of
    return known and same and one.computed_from != now.computed_from


def _fall(view: "View", before: RunManifest, now: RunManifest, model: str) -> dict[str, FactValue]:
    from maquette.project.comparing_runs import compare_runs

    sides = (f"{before.run_id}:{model}", f"{now.run_id}:{model}")
    try:
        pairs = compare_runs(view, sides, baseline=sides[0]).comparison.pairs
    except Problem:
        return {}
    if not pairs or pairs[0].difference is None:
        return {}
    fall = -Decimal(str(pairs[0].difference.estimate)) * 100
    return {
        "eval.regression_points": max(Decimal(0), round(fall, 2)),
        "eval.regression_significant": pairs[0].finding is Finding.WORSE,
    }
