"""The models that metrics ask, such as judges: which they are, how they are opened, and what speaks against them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature

from maquette.evals.calls import Target, TargetSpec
from maquette.evals.metrics.protocol import AnyMetric, Embedder
from maquette.evals.run import MetricSpec, RunPlan, asked_identity, without_pace
from maquette.evals.scorer_versions import later_version
from maquette.evals.scoring import AskingMetric, Helpers, model_of

OpenMetric = Callable[[MetricSpec], AnyMetric]


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedModel:
    """A model by the name that a metric's setting ``model`` has; ``metric`` is the metric's kind.

    Attributes:
        embeds: Whether vectors are asked of it, and not words.
    """

    model: str
    metric: str
    embeds: bool

    @property
    def field(self) -> str:
        """The setting that names it."""
        return f"evaluation.metrics.{self.metric}.model"


@dataclass(frozen=True, kw_only=True, slots=True)
class HelperSpec:
    """A model that a metric asks, and how it is reached; the spec's id is the metric's name for it."""

    asked: AskedModel
    spec: TargetSpec


def helper_models(metrics: Sequence[MetricSpec], open_metric: OpenMetric) -> tuple[AskedModel, ...]:
    """The models that metrics ask. One that asks a model names it in its setting ``model``; others are not opened.

    Raises:
        InvalidInput: No such metric, or a setting of it is wrong.
    """
    found = []
    for spec in metrics:
        if "model" in spec.settings:
            metric = open_metric(spec)
            if model := model_of(metric):
                found.append(AskedModel(model=model, metric=spec.kind, embeds=asks_for_vectors(metric)))
    return tuple(found)


def asks_for_vectors(metric: AnyMetric) -> bool:
    """Whether the metric asks an embedding model: the last parameter of its ``score`` is then called ``embed``."""
    return "embed" in signature(metric.score).parameters


def with_identities(metrics: Sequence[MetricSpec], helpers: Sequence[HelperSpec]) -> tuple[MetricSpec, ...]:
    """The metrics, each that asks a model with that model's identity, which is then part of a plan's fingerprint."""
    known = {(helper.asked.metric, helper.asked.model): helper.spec for helper in helpers}
    return tuple(_identified(metric, known) for metric in metrics)


def _identified(metric: MetricSpec, known: Mapping[tuple[str, str], TargetSpec]) -> MetricSpec:
    spec = known.get((metric.kind, str(metric.settings.get("model"))))
    if spec is None:
        return metric
    return AskingMetric(
        kind=metric.kind, settings=metric.settings, asked_as=(*asked_identity(spec), *later_version(metric.kind))
    )


def open_helpers(
    helpers: Sequence[HelperSpec],
    *,
    open_target: Callable[[TargetSpec], Target],
    open_embedder: Callable[[TargetSpec], Embedder],
) -> Helpers:
    """The models, opened once each; nothing is loaded or connected yet."""
    judges = {one.spec.id: one.spec for one in helpers if not one.asked.embeds}
    embedders = {one.spec.id: one.spec for one in helpers if one.asked.embeds}
    return Helpers(
        judges=tuple(open_target(without_pace(spec)) for spec in judges.values()),
        embedders=tuple(open_embedder(without_pace(spec)) for spec in embedders.values()),
        specs=tuple({**judges, **embedders}.values()),
    )


def self_preference(plan: RunPlan, helpers: Sequence[HelperSpec]) -> tuple[str, ...]:
    """What to say of judges that judge their own answers, a sentence each; empty when none does."""
    own = {spec.card: spec.id for spec in plan.targets}
    judges = {helper.spec.id: helper.spec.card for helper in helpers if not helper.asked.embeds}
    return tuple(
        f"Judge and candidate are the same model, {card}: models tend to prefer their own answers (self-preference)."
        for card in judges.values()
        if card in own
    )
