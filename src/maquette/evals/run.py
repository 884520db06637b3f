"""A run as values: its plan, its estimate, its progress and its results. Running it is in `runner`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from maquette.evals.calls import CallParameters, FailureKind, TargetSpec
from maquette.evals.dataset import Dataset, Example, Prompt
from maquette.evals.scorer_versions import later_version, scorer_version
from maquette.evals.steps import Step
from maquette.evals.trials import RunManifest, RunState
from maquette.foundation.lineage import fingerprint
from maquette.foundation.units import Range, Usd


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricSpec:
    """A metric by the name of its entry point, with its settings; the first of a plan is the primary one."""

    kind: str
    settings: Mapping[str, object]

    @property
    def name(self) -> str:
        """The name that its scores are stored under: a ``name`` among the settings, or the kind."""
        return str(self.settings.get("name", self.kind))


@dataclass(frozen=True, kw_only=True, slots=True)
class RunPlan:
    """What a run is to do. ``cap_usd`` None means no money may be spent at all on priced models.

    Attributes:
        threshold: The score that a model must reach, as a fraction; None when the requirement is unknown.
        most_s: How long the run may take; what is finished by then is kept.
        fail_fast: Whether the first call that fails for good ends the run.
        step: The step of an adaptation that it is a run of.
    """

    dataset: Dataset
    prompt: Prompt
    targets: tuple[TargetSpec, ...]
    metrics: tuple[MetricSpec, ...]
    parameters: CallParameters
    concurrency: int
    attempts: int
    cap_usd: Usd | None
    threshold: float | None
    most_s: float | None = None
    fail_fast: bool = False
    step: Step = Step.PROMPT

    @property
    def fingerprint(self) -> str:
        """Changes with whatever changes the answers or the scores, not with concurrency, retries, cap or threshold."""
        return fingerprint(
            self.dataset.fingerprint,
            self.prompt.fingerprint,
            [asked_identity(target) for target in self.targets],
            self.metrics,
            self.parameters.asked,
            *(later for metric in self.metrics for later in later_version(metric.kind)),
        )


PACE_OPTIONS = ("requests_per_minute", "tokens_per_minute")
"""Options of a target that say how fast it is asked: they are the run's, and no adapter sees them."""


def without_pace(spec: TargetSpec) -> TargetSpec:
    """The spec as its adapter gets it."""
    if not any(option in spec.options for option in PACE_OPTIONS):
        return spec
    return replace(spec, options={key: value for key, value in spec.options.items() if key not in PACE_OPTIONS})


def asked_identity(spec: TargetSpec) -> tuple[object, ...]:
    """What tells the target's answers from another's: not how fast it is asked."""
    return without_pace(spec).identity


def trial_keys(plan: RunPlan, spec: TargetSpec) -> Callable[[Example], str]:
    """The function from an example to its trial's key: prompt with version, model, parameters and example, hashed."""
    question = fingerprint(plan.prompt.fingerprint, asked_identity(spec), plan.parameters.asked)
    return lambda example: fingerprint(question, example.fingerprint)


def manifest_of(plan: RunPlan, *, started_at: datetime) -> RunManifest:
    """The manifest of a run of ``plan``; the store gives it its id."""
    return RunManifest(
        run_id="",
        computed_from=plan.fingerprint,
        dataset=plan.dataset.name,
        prompt=f"{plan.prompt.name} version {plan.prompt.version}",
        primary_metric=plan.metrics[0].name,
        targets=tuple(target.id for target in plan.targets),
        examples=len(plan.dataset.examples),
        threshold=plan.threshold,
        cap_usd=plan.cap_usd,
        started_at=started_at,
        made_of=parts_of(plan),
        step=plan.step.value,
        shown=len(plan.prompt.few_shot),
    )


def parts_of(plan: RunPlan) -> dict[str, str]:
    """Fingerprints of a run's parts: dataset, prompt, metrics, parameters and each target; and the scorers' version."""
    return {
        "dataset": plan.dataset.fingerprint,
        "prompt": plan.prompt.fingerprint,
        "metrics": fingerprint(plan.metrics),
        "parameters": fingerprint(plan.parameters.asked),
        **{f"target {spec.id}": fingerprint(asked_identity(spec)) for spec in plan.targets},
        **{f"scorer {one.name}": f"{one.kind}, version {scorer_version(one.kind)}" for one in plan.metrics},
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """What a run will take, before anything is spent.

    Attributes:
        calls: Calls to make, without those that the log already answers.
        cached: Calls that the log already answers.
        usd: What all calls will cost, those of metrics included; None when nothing of it is priced. High assumes every
            answer at its maximum length.
        unpriced: Ids of the models without a price, which the cap cannot cover.
        needed_for_margin: Examples for a 95 % interval of at most 5 points either way at the threshold.
        scoring_calls: Calls of the metrics' own, such as a judge's; ``scoring_tok`` are their tokens, in and out.
        scoring_usd: Their share of ``usd``; None when there are none, or no model of theirs is priced.
        minutes: How long it takes; None where the latency of a model that is asked is not on record.
    """

    calls: int
    cached: int
    input_tok: int
    output_tok: Range[int]
    usd: Range[Usd] | None
    unpriced: tuple[str, ...]
    examples: int
    needed_for_margin: int
    scoring_calls: int = 0
    scoring_tok: Range[int] | None = None
    scoring_usd: Range[Usd] | None = None
    minutes: Range[float] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A two-sided 95 % interval of a proportion, with its method."""

    low: float
    high: float
    method: str = "Wilson"


@dataclass(frozen=True, kw_only=True, slots=True)
class Percentiles:
    """Latency of the successful calls, in seconds; failures are counted apart."""

    p50_s: float
    p95_s: float
    p99_s: float


class Verdict(StrEnum):
    """A target against the threshold: the whole interval decides, not the point."""

    PASSES = "passes"
    FAILS = "fails"
    NOT_ENOUGH_DATA = "not_enough_data"
    NO_THRESHOLD = "no_threshold"


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetResult:
    """One target's results so far.

    Attributes:
        planned: Examples to ask; ``done`` of them have a trial.
        scored: Trials with a primary score; ``correct`` of them are fully right.
        score: correct / scored; None when nothing is scored.
        mean_scores: Metric name to the mean of its scores.
        by_stratum: Stratum to (scored, correct).
        failures: Failure kind to how many trials ended with it.
        calls_made: Attempts in this run; answers from the cache make none.
        latency: Of all answers, those on record with the time of their own call; failures stay out.
        throughput_per_s: Answers a second while this target was running in this run; None when all came from the cache.
        answered_at_once: Answers of this run that took no retry.
        retries: Calls of this run beyond the first of each trial.
        first_latency: Latency of the answers of this run that took no retry.
        ttft: Time to first token, where the target streams.
        tpot: Time per output token after the first.
        itl_p50: Of each answer's median gap between chunks; ``itl_p95`` of each answer's 95th percentile.
        loop_lag: How late this process ran during the calls of this run.
        clients: What made the calls, sorted.
        mean_reasoning_tok: Tokens of thought an answer, among those that tell them.
        left_out: Parameters that the server made us leave out, sorted.
        reused_usd: What the answers from the record cost when they were made; no money of this run.
        input_tok: Tokens of all prompts that were answered and counted; ``output_tok`` of the answers.
        weighted_score: The right ones by their weights; None when all examples count alike.
        clusters: Independent groups among the scored, from which the interval is reckoned; None without clusters.
        must_pass: Examples that must be right, among those done; ``must_pass_missed`` are not, by id.
        scoring_usd: What the metrics' own calls cost in this run, such as a judge's; not in ``spent_usd``.
        warning: Why the latencies are not to be believed; empty when nothing speaks against them.
    """

    target_id: str
    planned: int
    done: int
    scored: int
    correct: int
    score: float | None
    interval: Interval | None
    verdict: Verdict
    mean_scores: Mapping[str, float]
    by_stratum: Mapping[str, tuple[int, int]]
    failures: Mapping[FailureKind, int]
    retried: int
    from_cache: int
    calls_made: int
    latency: Percentiles | None
    ttft_p50_s: float | None
    mean_input_tok: float | None
    mean_output_tok: float | None
    spent_usd: Usd | None
    throughput_per_s: float | None
    answered_at_once: int = 0
    retries: int = 0
    first_latency: Percentiles | None = None
    ttft: Percentiles | None = None
    tpot: Percentiles | None = None
    itl_p50: Percentiles | None = None
    itl_p95: Percentiles | None = None
    loop_lag: Percentiles | None = None
    clients: tuple[str, ...] = ()
    mean_reasoning_tok: float | None = None
    left_out: tuple[str, ...] = ()
    reused_usd: Usd | None = None
    warning: str = ""
    input_tok: int | None = None
    output_tok: int | None = None
    weighted_score: float | None = None
    clusters: int | None = None
    must_pass: int = 0
    must_pass_missed: tuple[str, ...] = ()
    scoring_usd: Usd | None = None

    @property
    def tokens_per_correct(self) -> float | None:
        """Output tokens of all answers for one that is fully right; None when none is, or tokens are unknown."""
        return None if self.output_tok is None or not self.correct else self.output_tok / self.correct


@dataclass(frozen=True, kw_only=True, slots=True)
class EvalRun:
    """A run: what it was computed from, how far it is, and each target's results in the order of the plan.

    Attributes:
        computed_from: The plan's fingerprint.
    """

    id: str
    computed_from: str
    state: RunState
    dataset: str
    prompt: str
    primary_metric: str
    threshold: float | None
    started_at: datetime
    finished_at: datetime | None
    results: tuple[TargetResult, ...]

    def result(self, target_id: str) -> TargetResult | None:
        """The results of that target, or None."""
        return next((result for result in self.results if result.target_id == target_id), None)

    @property
    def spent_usd(self) -> Usd:
        """What the run spent on priced targets and on priced models that metrics ask."""
        amounts = [usd for result in self.results for usd in (result.spent_usd, result.scoring_usd)]
        return sum((usd for usd in amounts if usd is not None), Usd(0))
