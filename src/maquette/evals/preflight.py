"""What is tried before a run spends anything: the metrics on the first example, and one call to each model."""

from collections.abc import Sequence

from maquette.evals.calls import FailureKind
from maquette.evals.dataset import Example
from maquette.evals.metrics.protocol import AnyMetric, Metric
from maquette.evals.metrics.response import Response
from maquette.evals.run import RunPlan
from maquette.evals.scoring import model_of
from maquette.evals.trials import Trial
from maquette.foundation.problems import InvalidInput, Place, Unavailable

AT_ONCE = frozenset({FailureKind.AUTHENTICATION, FailureKind.CONNECTION})
"""No other example would fare better."""

IF_TWICE = frozenset({FailureKind.SERVER, FailureKind.REFUSED_REQUEST, FailureKind.CRASH})
"""The first example may be the reason; when the second meets the same, it is not."""

PROBES = 2


def try_metrics(plan: RunPlan, metrics: Sequence[AnyMetric]) -> None:
    """Score the expected answer of the first example, which no metric may break on.

    Metrics that ask a model are left out: their call is money.

    Raises:
        InvalidInput: A metric breaks.
    """
    for example in plan.dataset.examples[:1]:
        for spec, metric in zip(plan.metrics, metrics, strict=True):
            if model_of(metric) is None:
                _try_metric(spec.name, metric, example)  # type: ignore[arg-type]  # it asks no model: a plain metric


def _try_metric(name: str, metric: Metric, example: Example) -> None:
    text = example.expected if isinstance(example.expected, str) else ""
    try:
        metric.score(example, Response(text=text))
    except Exception as error:  # a metric may be a stranger's code
        raise InvalidInput(
            f"the metric {name!r} breaks on example {example.id!r}: {type(error).__name__}: {error}",
            place=Place(field=f"evaluation.metrics.{name}"),
            fix="Correct its settings, or take it out.",
        ) from error


def hopeless(failed: Sequence[Trial]) -> Unavailable | None:
    """What to say when the first calls to a target failed so that no other would do better; None where one might."""
    kinds = [trial.failure.kind for trial in failed if trial.failure is not None]
    if not kinds or not (kinds[-1] in AT_ONCE or (len(kinds) == PROBES and all(kind in IF_TWICE for kind in kinds))):
        return None
    last = failed[-1]
    assert last.failure is not None
    return Unavailable(
        f"{last.target_id!r} cannot be asked: {last.failure.kind}: {last.failure.detail}",
        place=Place(field=f"models.targets.{last.target_id}"),
        fix="Correct the target, or wait until its server works. Nothing else was sent.",
    )
