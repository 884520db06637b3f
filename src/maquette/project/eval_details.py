"""One model's answers in a run, looked into: slices, confusion, failures and the wrong answers.

Read from the trials, which may be many: nothing is kept but counts and the first wrong answers.
"""

import json
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from maquette.evals.calls import FailureKind
from maquette.evals.comparing_runs import RunComparison
from maquette.evals.dataset import STRATA_JOIN, Example
from maquette.evals.metrics.json_answers import FieldCount
from maquette.evals.metrics.labels import LabelReport
from maquette.evals.metrics.protocol import AnyMetric
from maquette.evals.registry import open_metric
from maquette.evals.run import EvalRun, Interval, TargetResult
from maquette.evals.statistics.proportions import score_interval
from maquette.evals.trials import RunManifest, RunState, Trial
from maquette.foundation.problems import NotFound, Problem, each_problem
from maquette.project.comparing_runs import compare_runs
from maquette.project.view import View

T = TypeVar("T")

WRONG_KEPT = 500
"""So many wrong answers of a model are kept to be read; the rest is counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SliceRate:
    """One stratum of one model: right of scored, with Wilson's interval."""

    stratum: str
    correct: int
    scored: int
    interval: Interval

    @property
    def rate(self) -> float:
        """Right ones over scored ones."""
        return self.correct / self.scored


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedCalls:
    """One kind of failure, how often it came, and the first example that met it."""

    kind: FailureKind
    count: int
    example_id: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WrongAnswer:
    """An answer that is not fully right, or could not be scored.

    Attributes:
        expected: As text; None where today's examples cannot tell.
        scores: Each metric with its score and what it says of the answer.
        scored: Whether the run's first metric could score it.
    """

    example_id: str
    stratum: str
    expected: str | None
    output: str
    scores: tuple[str, ...]
    scored: bool
    must_pass: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What today's plan knows of the examples that a run asked.

    Attributes:
        examples: By id; empty when they are not those of the run.
        metrics: Those that can report over many answers, by name.
        why_not: Why there are no examples, or what a metric could not do; empty when nothing is amiss.
    """

    examples: Mapping[str, Example] = field(default_factory=dict)
    metrics: tuple[tuple[str, AnyMetric], ...] = ()
    why_not: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelDetails:
    """One model in one run.

    Attributes:
        labels: Metric name to its confusion matrix.
        fields: Metric name to how often each JSON field is right.
        wrong: The first wrong answers, in the order in which they came; ``wrong_in_all`` counts all.
        why_not: Why there is no matrix, or no expected answer beside the output; empty when nothing is amiss.
    """

    run_id: str
    metric: str
    result: TargetResult
    slices: tuple[SliceRate, ...]
    labels: Mapping[str, LabelReport]
    fields: Mapping[str, Mapping[str, FieldCount]]
    failures: tuple[FailedCalls, ...]
    wrong: tuple[WrongAnswer, ...]
    wrong_in_all: int
    why_not: str


class Remembered:
    """What was computed of runs that are over, so that it is shown at once when it is asked for again."""

    def __init__(self) -> None:
        self._known: dict[Hashable, object] = {}

    def details(self, view: View, run: EvalRun, target_id: str) -> ModelDetails:
        """As `model_details`."""
        plan = view.plan_fingerprint
        return self._once(run, ("details", target_id, plan), lambda: model_details(view, run, target_id))

    def comparison(self, view: View, run: EvalRun) -> RunComparison:
        """All models of a run in pairs, as `compare_runs`."""
        plan = view.plan_fingerprint
        return self._once(run, ("comparison", plan), lambda: compare_runs(view, [run.id]))

    def _once(self, run: EvalRun, what: tuple[Hashable, ...], compute: Callable[[], T]) -> T:
        if run.state is RunState.RUNNING:
            return compute()
        key = (run.id, run.finished_at, run.threshold, *what)
        if key not in self._known:
            self._known[key] = compute()
        return self._known[key]  # type: ignore[return-value]  # a key is only ever used with one function


def model_details(view: View, run: EvalRun, target_id: str) -> ModelDetails:
    """Look into one model's answers.

    Raises:
        NotFound: The run has no such model.
        Problem: The log cannot be read.
    """
    result = run.result(target_id)
    if result is None:
        raise NotFound(f"run {run.id} did not ask {target_id!r}", fix="Choose one of its models.")
    asked = asked_in(view, view.manifest_named(run.id))

    def trials() -> Iterator[Trial]:
        return (trial for trial in view.trials_of(run.id) if trial.target_id == target_id)

    return look_into(trials, result, run_id=run.id, metric=run.primary_metric, asked=asked)


def look_into(
    trials: Callable[[], Iterable[Trial]], result: TargetResult, *, run_id: str, metric: str, asked: Asked
) -> ModelDetails:
    """The details of one model from its trials, which are read once, and once more for each metric that reports."""
    failures: dict[FailureKind, Trial] = {}
    counts: Counter[FailureKind] = Counter()
    wrong: list[WrongAnswer] = []
    wrong_in_all = 0
    for trial in trials():
        if trial.failure is not None:
            failures.setdefault(trial.failure.kind, trial)
            counts[trial.failure.kind] += 1
        elif not any(score.metric == metric and score.passed for score in trial.scores):
            wrong_in_all += 1
            if len(wrong) < WRONG_KEPT:
                wrong.append(_wrong(trial, metric, asked.examples.get(trial.example_id)))
    labels, fields, troubles = _reports(trials, asked)
    return ModelDetails(
        run_id=run_id,
        metric=metric,
        result=result,
        slices=slices_of(result),
        labels=labels,
        fields=fields,
        failures=tuple(_failed(trial, counts[kind]) for kind, trial in failures.items()),
        wrong=tuple(wrong),
        wrong_in_all=wrong_in_all,
        why_not="; ".join(part for part in (asked.why_not, *troubles) if part),
    )


def slices_of(result: TargetResult) -> tuple[SliceRate, ...]:
    """Each stratum with its interval."""
    return tuple(
        SliceRate(
            stratum=stratum,
            correct=correct,
            scored=scored,
            interval=score_interval(correct / scored, float(scored), method="Wilson"),
        )
        for stratum, (scored, correct) in result.by_stratum.items()
        if scored
    )


def asked_in(view: View, manifest: RunManifest) -> Asked:
    """The examples and the reporting metrics of today's plan, when the examples are still those of the run."""
    try:
        plan = view.plan
    except Problem as problem:
        return Asked(why_not=f"the examples cannot be read: {each_problem(problem)[0].what}")
    made_of = manifest.made_of.get("dataset")
    if made_of is None:
        return Asked(why_not="this run does not say which examples it asked")
    if made_of != plan.dataset.fingerprint:
        return Asked(why_not="the examples changed since")
    examples = {example.id: example for example in plan.dataset.examples}
    try:
        metrics = [(spec.name, open_metric(spec)) for spec in plan.metrics]
    except Problem as problem:
        return Asked(examples=examples, why_not=f"a metric cannot be opened: {each_problem(problem)[0].what}")
    return Asked(
        examples=examples, metrics=tuple((name, metric) for name, metric in metrics if hasattr(metric, "report"))
    )


def as_text(expected: object) -> str:
    """An expected answer as a person reads it."""
    return expected if isinstance(expected, str) else json.dumps(expected, ensure_ascii=False, default=str)


def _reports(
    trials: Callable[[], Iterable[Trial]], asked: Asked
) -> tuple[dict[str, LabelReport], dict[str, Mapping[str, FieldCount]], Sequence[str]]:
    labels: dict[str, LabelReport] = {}
    fields: dict[str, Mapping[str, FieldCount]] = {}
    troubles = []
    for name, metric in asked.metrics:
        try:
            report = metric.report(_answers(trials(), asked.examples))  # type: ignore[union-attr]  # it has one
        except Exception as error:  # a metric may be a stranger's code
            troubles.append(f"{name} could not report: {type(error).__name__}")
            continue
        if isinstance(report, LabelReport):
            labels[name] = report
        elif isinstance(report, Mapping) and all(isinstance(count, FieldCount) for count in report.values()):
            fields[name] = report
    return labels, fields, troubles


def _answers(trials: Iterable[Trial], examples: Mapping[str, Example]) -> Iterator[tuple[Example, str]]:
    for trial in trials:
        example = examples.get(trial.example_id)
        if example is not None and trial.output is not None:
            yield example, trial.output


def _failed(trial: Trial, count: int) -> FailedCalls:
    assert trial.failure is not None
    return FailedCalls(kind=trial.failure.kind, count=count, example_id=trial.example_id, detail=trial.failure.detail)


def _wrong(trial: Trial, metric: str, example: Example | None) -> WrongAnswer:
    value = next((score.value for score in trial.scores if score.metric == metric), None)
    return WrongAnswer(
        example_id=trial.example_id,
        stratum=", ".join(trial.stratum.split(STRATA_JOIN)),
        expected=None if example is None else as_text(example.expected),
        output=trial.output or "",
        scores=tuple(
            f"{score.metric} {'unscored' if score.value is None else f'{score.value:g}'}"
            + (f": {score.detail}" if score.detail else "")
            for score in trial.scores
        ),
        scored=value is not None,
        must_pass=trial.must_pass,
    )
