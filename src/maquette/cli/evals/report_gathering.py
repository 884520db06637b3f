"""What a report needs of a project: the run, its trials, and the examples and the metric where they still are those."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maquette.evals.comparing_runs import RunRecord, record_of
from maquette.evals.data_origins import origins_of
from maquette.evals.dataset import Example
from maquette.evals.reporting.breakdown import BreakdownCount, CountedMetric
from maquette.evals.reporting.drill import Drill, answer_rows, choose, example_rows
from maquette.evals.reporting.report import Report, RunOnRecord, make_report, parts_that_differ
from maquette.evals.run import RunPlan, parts_of
from maquette.evals.trials import RunManifest, Trial
from maquette.foundation.problems import InvalidInput, NotFound, Problem
from maquette.project.comparing_runs import record as record_beside
from maquette.project.view import View

if TYPE_CHECKING:
    from maquette.wiring import Project


EARLIER = "an earlier version wrote the run, which does not say of which examples and settings"


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """A report with what its examples are read from.

    Attributes:
        examples: Example id to the example, where the dataset is still that of the run; else empty.
        no_examples: Why they are not known, in words; empty when they are.
    """

    report: Report
    view: View
    examples: Mapping[str, Example]
    no_examples: str

    def drill(self, which: str | int | None) -> Drill:
        """The examples to show."""
        return choose(self.report.scores, self.examples, which=which, unknown=self.no_examples)

    def pieces(self, drill: Drill) -> Iterator[str]:
        """The HTML page, piece by piece."""
        from maquette.adapters.report_html import page

        targets = [result.target_id for result in self.report.run.results]
        trials = self.view.trials_of(self.report.run.id)
        return page(
            self.report,
            drill,
            examples=example_rows(drill, self.report.scores, self.examples),
            answers=answer_rows(trials, drill, targets, self.report.run.primary_metric),
        )


def gather(project: "Project", run_id: str | None, beside: Sequence[str]) -> Gathered:
    """The report of a run, the newest one without a name.

    Raises:
        NotFound: There is no such run, or none at all, or it has no answers yet.
        InvalidInput: It is to be compared with itself.
    """
    view = project.view
    manifest = view.manifest if run_id is None else view.manifest_named(run_id)
    if manifest is None:
        raise NotFound("this project has no evaluation run", fix="Start one: maquette eval run.")
    if manifest.run_id in beside:
        raise InvalidInput(f"{manifest.run_id} is compared with itself", fix="Name another run: --compare RUN.")
    plan, why_no_plan = _plan(view)
    examples, no_examples = _examples(project, manifest, plan, why_no_plan)
    metric, no_metric = _metric(manifest, plan, why_no_plan)
    counting = BreakdownCount(metric, examples, unknown=no_metric or (no_examples if metric is not None else ""))
    trials = _counted(view.trials_of(manifest.run_id), counting)
    prints = {name: example.fingerprint for name, example in examples.items()} if beside else None
    record = record_of(manifest, trials, metric=manifest.primary_metric, fingerprints=prints)
    others = [
        _on_record(view, other, record_beside(view, other, metric=other.primary_metric))
        for other in map(view.manifest_named, dict.fromkeys(beside))
    ]
    changed = () if plan is None else parts_that_differ(manifest.made_of, parts_of(plan)) or ()
    stale = None if plan is None else manifest.computed_from != plan.fingerprint
    report = make_report(
        _on_record(view, manifest, record),
        title=view.name,
        breakdown=counting.found(),
        others=others,
        changed=changed if stale else (),
        stale=stale,
        sizes=view.sizes,
        origins=origins_of(examples.values()),
    )
    return Gathered(report=report, view=view, examples=examples, no_examples=no_examples)


def _on_record(view: View, manifest: RunManifest, record: RunRecord) -> RunOnRecord:
    if not any(record.scores.scores.values()):
        raise NotFound(
            f"run {manifest.run_id} ({manifest.state.value}) has no answers on record",
            fix="Go on with it: maquette eval run.",
        )
    return RunOnRecord(run=view.run_named(manifest.run_id), manifest=manifest, record=record)


def _counted(trials: Iterable[Trial], counting: BreakdownCount) -> Iterator[Trial]:
    for trial in trials:
        counting.add(trial)
        yield trial


def _plan(view: View) -> tuple[RunPlan | None, str]:
    """Today's plan, or why there is none."""
    try:
        return view.plan, ""
    except Problem as problem:
        return None, problem.what


def _examples(
    project: "Project", manifest: RunManifest, plan: RunPlan | None, why_no_plan: str
) -> tuple[Mapping[str, Example], str]:
    """The examples, when they are still those of the run; else why they are not known."""
    dataset = plan.dataset if plan is not None else None
    name = project.view.document.evaluation.dataset
    if dataset is None and name is not None:
        from maquette.wiring import ports_for

        try:
            dataset = ports_for(project.folder).read_dataset(name)
        except Problem as problem:
            return {}, problem.what
    if dataset is None:
        return {}, why_no_plan
    same = manifest.made_of.get("dataset") == dataset.fingerprint
    if same or (plan is not None and manifest.computed_from == plan.fingerprint):
        return {example.id: example for example in dataset.examples}, ""
    if not manifest.made_of:
        return {}, EARLIER
    return {}, f"{dataset.name} changed since the run"


def _metric(manifest: RunManifest, plan: RunPlan | None, why_no_plan: str) -> tuple[CountedMetric | None, str]:
    """The run's primary metric as it was, or why it cannot be had; neither where it counts nothing anyway."""
    from maquette.evals.metrics.json_answers import JsonFields
    from maquette.evals.metrics.labels import Label
    from maquette.evals.registry import open_metric

    if plan is None:
        return None, f"the metric {manifest.primary_metric} cannot be asked: {why_no_plan}"
    spec = next((one for one in plan.metrics if one.name == manifest.primary_metric), None)
    if spec is None:
        return None, f"the metric {manifest.primary_metric} is no longer among the project's metrics"
    try:
        metric = open_metric(spec)
    except Problem as problem:
        return None, f"the metric {manifest.primary_metric} cannot be had: {problem.what}"
    if not isinstance(metric, Label | JsonFields):
        return None, ""
    same = manifest.made_of.get("metrics") == parts_of(plan)["metrics"]
    if same or manifest.computed_from == plan.fingerprint:
        return metric, ""
    if not manifest.made_of:
        return None, EARLIER
    return None, f"the settings of the metric {manifest.primary_metric} are not those of the run"
