"""How the answers are wrong, counted again from them: which label was taken for which, which field is missing."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from maquette.evals.dataset import Example
from maquette.evals.metrics.json_answers import FieldCount, JsonFields
from maquette.evals.metrics.labels import Label, LabelReport, aggregate
from maquette.evals.metrics.protocol import AnyMetric, CallingMetric, EmbeddingMetric
from maquette.evals.trials import Trial

CountedMetric = AnyMetric | CallingMetric | EmbeddingMetric


@dataclass(frozen=True, kw_only=True, slots=True)
class Breakdown:
    """Counts a target over its answers; a failed call has none.

    Attributes:
        labels: Target to its confusion matrix, for a metric of labels.
        fields: Target to field to how often it is right, for a metric of JSON fields.
        unknown: Why there are no counts although the metric would have some, in words; else empty.
    """

    labels: Mapping[str, LabelReport] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, FieldCount]] = field(default_factory=dict)
    unknown: str = ""


class BreakdownCount:
    """Counts trials as they come; memory grows with labels and fields, not with trials."""

    def __init__(self, metric: CountedMetric | None, examples: Mapping[str, Example], *, unknown: str = "") -> None:
        self._metric = metric
        self._examples = examples
        self._unknown = unknown
        self._labels: dict[str, Counter[tuple[str, str | None]]] = defaultdict(Counter)
        self._fields: dict[str, dict[str, FieldCount]] = defaultdict(dict)

    def add(self, trial: Trial) -> None:
        """Count one answer."""
        example = self._examples.get(trial.example_id)
        if trial.output is None or example is None:
            return
        if isinstance(self._metric, Label):
            wanted = self._metric.parsed(example.expected) if isinstance(example.expected, str) else None
            if wanted is not None:
                self._labels[trial.target_id][wanted, self._metric.parsed(trial.output)] += 1
        elif isinstance(self._metric, JsonFields):
            known = self._fields[trial.target_id]
            for name, count in self._metric.report([(example, trial.output)]).items():
                known[name] = _sum(known.get(name, FieldCount()), count)

    def found(self) -> Breakdown:
        """The counts so far."""
        names = self._metric.labels if isinstance(self._metric, Label) else ()
        return Breakdown(
            labels={target: aggregate(pairs.elements(), labels=names) for target, pairs in self._labels.items()},
            fields={target: dict(counts) for target, counts in self._fields.items()},
            unknown=self._unknown,
        )


def _sum(one: FieldCount, other: FieldCount) -> FieldCount:
    return FieldCount(right=one.right + other.right, wrong=one.wrong + other.wrong, missing=one.missing + other.missing)
