"""What `maquette eval check --json` prints, as a type."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from maquette.cli.contract_parts import FORMAT, exact_or_none

if TYPE_CHECKING:
    from maquette.evals.run import RunPlan
    from maquette.project.eval_check import ModelCheck


class ModelCheckData(TypedDict):
    """What one call to a model showed; ``problem`` is empty when it answered."""

    model: str
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
    """The look before a run."""
    return {
        "format": FORMAT,
        "examples": len(plan.dataset.examples),
        "metrics": [spec.name for spec in plan.metrics],
        "models": [_model(check) for check in checks],
    }


def _model(check: "ModelCheck") -> ModelCheckData:
    trial = check.trial
    return {
        "model": check.target_id,
        "adapter": check.adapter,
        "priced": check.priced,
        "works": check.works,
        "latency_s": trial.latency_s if trial else None,
        "ttft_s": trial.ttft_s if trial else None,
        "cost_usd": exact_or_none(trial.cost_usd) if trial else None,
        "problem": check.problem,
    }
