"""What `maquette eval report --json` prints, as a type, and a report as that data."""

from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from maquette.cli.contract_parts import FORMAT, IntervalData, exact_or_none, interval_data, percentiles_data

if TYPE_CHECKING:
    from maquette.evals.comparison import Pair
    from maquette.evals.reporting.breakdown import Breakdown
    from maquette.evals.reporting.report import Against, Report
    from maquette.evals.run import TargetResult


class ReportVerdictData(TypedDict):
    """The first line: ``outcome`` is null where nothing was asked for; ``unfinished`` is empty for a complete run."""

    outcome: str | None
    title: str
    why: str
    model: str | None
    more_examples: int | None
    unfinished: str


class ReportModelData(TypedDict):
    """One model. Shares are of one; money is exact decimals as text, null where it is unpriced."""

    target: str
    planned: int
    done: int
    scored: int
    correct: int
    score: float | None
    interval: IntervalData | None
    verdict: str
    mean_scores: dict[str, float]
    usd_per_answer: str | None
    usd_per_1k_requests: str | None
    output_tok_per_correct: float | None
    latency_s: dict[str, float] | None
    ttft_s: dict[str, float] | None
    tpot_s: dict[str, float] | None
    errors: dict[str, int]
    retries: int
    from_record: int
    must_pass: int
    must_pass_missed: list[str]
    spent_usd: str | None
    warning: str
    by_stratum: dict[str, dict[str, int]]


class ReportSliceData(TypedDict):
    """One stratum of a pair; ``q`` is adjusted for all of them."""

    stratum: str
    difference: float
    q: float
    items: int
    finding: str


class ReportPairData(TypedDict):
    """Two models on the same examples; ``p`` is adjusted for all pairs."""

    baseline: str
    candidate: str
    difference: float | None
    interval: IntervalData | None
    p: float | None
    items: int
    finding: str
    more_examples: int | None
    sentence: str
    slices: list[ReportSliceData]


class ReportAgainstData(TypedDict):
    """Another run; ``differs`` is null where it is not on record, ``refused`` says why nothing is compared."""

    run: str
    differs: list[str] | None
    refused: str
    pairs: list[ReportPairData]


class ReportConfusionData(TypedDict):
    """Rows of expected labels; columns as ``labels``, then the answers without one."""

    labels: list[str]
    matrix: list[list[int]]


class ReportBreakdownData(TypedDict):
    """How answers are wrong, a target each; ``unknown`` says why that cannot be told."""

    labels: dict[str, ReportConfusionData]
    fields: dict[str, dict[str, dict[str, int]]]
    unknown: str


class ReportFileData(TypedDict):
    """A file that was written."""

    path: str
    form: str
    size_bytes: int


class ReportData(TypedDict):
    """`maquette eval report --json`. ``changed`` names what a run would be made of differently today."""

    format: int
    name: str
    run: str
    state: str
    started_at: str
    dataset: str
    prompt: str
    metric: str
    threshold: float | None
    examples: int
    spent_usd: str
    made_of: dict[str, str]
    changed: list[str]
    verdict: ReportVerdictData
    models: list[ReportModelData]
    smallest_passing: str | None
    pairs: list[ReportPairData]
    methods: list[str]
    breakdown: ReportBreakdownData
    against: list[ReportAgainstData]
    files: list[ReportFileData]


def report_data(report: "Report", files: list[ReportFileData]) -> ReportData:
    """The report as data, without its examples: those are in the CSV and Parquet files."""
    run, verdict, comparison = report.run, report.verdict, report.comparison
    return {
        "format": FORMAT,
        "name": report.title,
        "run": run.id,
        "state": run.state.value,
        "started_at": run.started_at.isoformat(),
        "dataset": run.dataset,
        "prompt": run.prompt,
        "metric": run.primary_metric,
        "threshold": run.threshold,
        "examples": report.examples,
        "spent_usd": f"{run.spent_usd:f}",
        "made_of": dict(report.manifest.made_of),
        "changed": list(report.changed),
        "verdict": {
            "outcome": verdict.outcome.value if verdict.outcome else None,
            "title": verdict.title,
            "why": verdict.why,
            "model": verdict.model,
            "more_examples": verdict.more_examples,
            "unfinished": verdict.unfinished,
        },
        "models": [_model(report, result) for result in run.results],
        "smallest_passing": comparison.smallest_passing if comparison else None,
        "pairs": [_pair(pair) for pair in comparison.pairs] if comparison else [],
        "methods": list(comparison.methods) if comparison else [],
        "breakdown": _breakdown(report.breakdown),
        "against": [_against(other) for other in report.against],
        "files": files,
    }


def _model(report: "Report", result: "TargetResult") -> ReportModelData:
    usd = report.scores.usd_per_answer.get(result.target_id)
    return {
        "target": result.target_id,
        "planned": result.planned,
        "done": result.done,
        "scored": result.scored,
        "correct": result.correct,
        "score": result.score,
        "interval": interval_data(result.interval) if result.interval else None,
        "verdict": result.verdict.value,
        "mean_scores": dict(result.mean_scores),
        "usd_per_answer": exact_or_none(usd),
        "usd_per_1k_requests": exact_or_none(None if usd is None else 1000 * usd),
        "output_tok_per_correct": result.tokens_per_correct,
        "latency_s": percentiles_data(result.latency),
        "ttft_s": percentiles_data(result.ttft),
        "tpot_s": percentiles_data(result.tpot),
        "errors": {kind.value: count for kind, count in sorted(result.failures.items())},
        "retries": result.retries,
        "from_record": result.from_cache,
        "must_pass": result.must_pass,
        "must_pass_missed": list(result.must_pass_missed),
        "spent_usd": exact_or_none(result.spent_usd),
        "warning": result.warning,
        "by_stratum": {name: {"scored": n, "correct": right} for name, (n, right) in result.by_stratum.items()},
    }


def _pair(pair: "Pair") -> ReportPairData:
    seen = pair.difference
    return {
        "baseline": pair.baseline,
        "candidate": pair.candidate,
        "difference": seen.estimate if seen else None,
        "interval": interval_data(seen.interval) if seen else None,
        "p": pair.adjusted_p,
        "items": seen.items if seen else 0,
        "finding": pair.finding.value,
        "more_examples": pair.more_examples,
        "sentence": pair.sentence,
        "slices": [
            {
                "stratum": part.stratum,
                "difference": part.difference.estimate,
                "q": part.q,
                "items": part.difference.items,
                "finding": part.finding.value,
            }
            for part in pair.slices
        ],
    }


def _against(other: "Against") -> ReportAgainstData:
    return {
        "run": other.other.id,
        "differs": None if other.differs is None else list(other.differs),
        "refused": other.refused,
        "pairs": [_pair(pair) for pair in other.pairs],
    }


def _breakdown(found: "Breakdown") -> ReportBreakdownData:
    fields: dict[str, Any] = {
        target: {name: {"right": c.right, "wrong": c.wrong, "missing": c.missing} for name, c in counts.items()}
        for target, counts in found.fields.items()
    }
    labels: dict[str, ReportConfusionData] = {
        target: {"labels": list(one.labels), "matrix": [list(row) for row in one.matrix]}
        for target, one in found.labels.items()
    }
    return {"labels": labels, "fields": fields, "unknown": found.unknown}
