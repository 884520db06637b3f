"""What `maquette eval check --json` prints, as a type."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from maquette.cli.contract_parts import FORMAT, exact_or_none

if TYPE_CHECKING:
    from maquette.evals.run import RunPlan
    from maquette.project.eval_check import ModelCheck


class ModelCheckData(TypedDict):
    """What one call to a model showed; ``problem`` is empty when it answered.

    ``asked_by`` is the metric that asks it, empty for a model that is evaluated.
    """

    model: str
    asked_by: str
    adapter: str
    priced: bool
    works: bool
    latency_s: float | None
    ttft_s: float | None
    cost_usd: str | None
    problem: str


class EvalCheckData(TypedDict):
    """`maquette eval check --json`."""

    format: int
    examples: int
    metrics: list[str]
    models: list[ModelCheckData]


def check_data(plan: "RunPlan", checks: "Sequence[ModelCheck]") -> EvalCheckData:
    """The look before a run; a metric whose model fails is not among those that work."""
    failing = {check.asked_by for check in checks if not check.works}
    return {
        "format": FORMAT,
        "examples": len(plan.dataset.examples),
        "metrics": [spec.name for spec in plan.metrics if spec.kind not in failing],
        "models": [_model(check) for check in checks],
    }


def _model(check: "ModelCheck") -> ModelCheckData:
    trial = check.trial
    return {
        "model": check.target_id,
        "asked_by": check.asked_by,
        "adapter": check.adapter,
        "priced": check.priced,
        "works": check.works,
        "latency_s": trial.latency_s if trial else None,
        "ttft_s": trial.ttft_s if trial else None,
        "cost_usd": exact_or_none(check.cost_usd),
        "problem": check.problem,
    }
