"""A report as sections: the models at a glance, then quality, cost, latency and calls, with units and sources."""

from collections.abc import Iterable

from maquette.evals.reporting.comparisons import against_section, pairs_section, strata_section
from maquette.evals.reporting.mistakes import answers_section
from maquette.evals.reporting.provenance import made_of_section, trouble_section
from maquette.evals.reporting.report import Report
from maquette.evals.reporting.tables import Part, Section, Table
from maquette.evals.run import Percentiles, TargetResult, Verdict
from maquette.evals.run_words import SHORT_VERDICTS, missed, scoring_cost
from maquette.foundation.units import Usd, readable_count, readable_usd


def sections_of(report: Report) -> tuple[Section, ...]:
    """The sections in the order of a reader's questions; those without anything to say are left out."""
    made: Iterable[Section | None] = (
        _models(report),
        pairs_section(report),
        _quality(report),
        _cost(report),
        _latency(report),
        _calls(report),
        strata_section(report),
        answers_section(report),
        against_section(report),
        trouble_section(report),
        made_of_section(report),
    )
    return tuple(section for section in made if section is not None)


def percent(share: float | None) -> str:
    """A share of one in percent, to a tenth; empty when unknown."""
    return "" if share is None else f"{100 * share:.1f}"


def milliseconds(seconds: float | None) -> str:
    """Seconds in milliseconds: whole ones from ten on; empty when unknown."""
    if seconds is None:
        return ""
    return f"{1000 * seconds:,.0f}" if seconds >= 0.01 else f"{1000 * seconds:.2f}"


def usd_per_thousand(report: Report, target: str) -> Usd | None:
    """What a thousand requests cost, from the mean of the answers; None when nothing is priced."""
    each = report.scores.usd_per_answer.get(target)
    return None if each is None else 1000 * each


def answered(result: TargetResult) -> int:
    """Trials with an answer."""
    return result.done - sum(result.failures.values())


def _source(report: Report, what: str) -> str:
    return f"Measured in run {report.run.id}: {what}."


def _models(report: Report) -> Section:
    headings = ("model", "accuracy % (95 %)", "right", "verdict", "P95 ms", "per 1K req")
    rows = []
    for result in report.run.results:
        interval = f" ({percent(result.interval.low)}-{percent(result.interval.high)})" if result.interval else ""
        rows.append(
            (
                result.target_id,
                f"{percent(result.score)}{interval}" if result.scored else "unknown",
                f"{result.correct}/{result.scored}",
                _verdict(result),
                milliseconds(result.latency.p95_s if result.latency else None),
                readable_usd(usd_per_thousand(report, result.target_id)),
            )
        )
    methods = sorted({result.interval.method for result in report.run.results if result.interval})
    need = "" if report.run.threshold is None else f"; asked for is {percent(report.run.threshold)} % (today's answer)"
    counted = f"accuracy is the share that {report.run.primary_metric} finds fully right, of those it could score"
    return Section(
        part=Part.MODELS,
        title="Models",
        source=_source(report, f"{counted}, with {' and '.join(methods) or 'no'} intervals{need}"),
        tables=(Table(headings=headings, rows=tuple(rows)),),
    )


def _verdict(result: TargetResult) -> str:
    """Against the threshold; one that misses what must be right does not pass, whatever its rate."""
    misses = result.must_pass_missed and result.verdict is not Verdict.FAILS
    return "must missed" if misses else SHORT_VERDICTS[result.verdict]


def _quality(report: Report) -> Section | None:
    results = report.run.results
    names = sorted({name for result in results for name in result.mean_scores})
    weighted = any(result.weighted_score is not None for result in results)
    required = any(result.must_pass for result in results)
    if len(names) < 2 and not weighted and not required and names == [report.run.primary_metric]:
        return None
    headings = ["model", *(f"mean {name} %" for name in names), "scored"]
    headings += ["by weight %"] * weighted + ["must be right, missed"] * required
    rows = []
    for result in results:
        row = [result.target_id, *(percent(result.mean_scores.get(name)) for name in names), f"{result.scored:,}"]
        row += [percent(result.weighted_score)] * weighted
        row += [f"{len(result.must_pass_missed)} of {result.must_pass}"] * required
        rows.append(tuple(row))
    says = [f"{one.target_id}: {words}." for one in results for words in missed(one)]
    return Section(
        part=Part.QUALITY,
        title="Quality by metric",
        source=_source(report, "the mean score of each metric; a graded answer counts in part"),
        says=tuple(says),
        tables=(Table(headings=tuple(headings), rows=tuple(rows)),),
    )


def _cost(report: Report) -> Section:
    headings = ("model", "per answer", "per 1K req", "tok in", "tok out", "tok out/right", "spent")
    rows = [
        (
            result.target_id,
            readable_usd(report.scores.usd_per_answer.get(result.target_id)),
            readable_usd(usd_per_thousand(report, result.target_id)),
            _count(result.mean_input_tok),
            _count(result.mean_output_tok),
            _count(result.tokens_per_correct),
            readable_usd(result.spent_usd),
        )
        for result in report.run.results
    ]
    says = [f"{one.target_id}: {words}." for one in report.run.results for words in scoring_cost(one)]
    says += [
        f"{one.target_id}: {one.from_cache:,} answers came from the record; they had cost "
        f"{readable_usd(one.reused_usd)}."
        for one in report.run.results
        if one.reused_usd
    ]
    return Section(
        part=Part.COST,
        title="Cost",
        source=_source(
            report,
            "dollars and tokens of each call as they were recorded, means over the answers; "
            f"together {readable_usd(report.run.spent_usd)} spent, answers on record cost nothing again",
        ),
        says=tuple(says),
        tables=(Table(headings=headings, rows=tuple(rows)),),
    )


def _latency(report: Report) -> Section | None:
    results = [result for result in report.run.results if result.latency]
    if not results:
        return None
    streams = any(result.ttft for result in results)
    headings = ["model", "n", "P50 ms", "P95 ms", "P99 ms"]
    headings += ["TTFT P50", "P95", "P99", "TPOT P50", "P95"] if streams else []
    rows = []
    for result in results:
        row = [result.target_id, f"{answered(result):,}", *_times(result.latency)]
        row += [*_times(result.ttft), *_times(result.tpot)[:2]] if streams else []
        rows.append(tuple(row))
    unknown = "" if streams else "; no target streamed, so TTFT and TPOT are unknown"
    return Section(
        part=Part.LATENCY,
        title="Latency",
        source=_source(
            report,
            "milliseconds over the answers, those on record with the time of their own call; failed calls stay "
            "out. "
            f"TTFT is the time to the first token, TPOT the time per token after it{unknown}",
        ),
        tables=(Table(headings=tuple(headings), rows=tuple(rows)),),
    )


def _calls(report: Report) -> Section:
    headings = ("model", "asked", "answered", "errors", "retries", "cache hits", "unscored")
    rows = [
        (
            result.target_id,
            f"{result.done:,}/{result.planned:,}",
            f"{answered(result):,}",
            ", ".join(f"{kind.value} {count:,}" for kind, count in sorted(result.failures.items())) or "0",
            f"{result.retries:,}",
            f"{result.from_cache:,} = {percent(result.from_cache / result.done)} %" if result.done else "",
            f"{answered(result) - result.scored:,}",
        )
        for result in report.run.results
    ]
    return Section(
        part=Part.CALLS,
        title="Calls, errors and retries",
        source=_source(
            report, "errors are calls without an answer after all attempts, by kind; a cache hit is an answer on record"
        ),
        tables=(Table(headings=headings, rows=tuple(rows)),),
    )


def _times(found: Percentiles | None) -> tuple[str, str, str]:
    if found is None:
        return "", "", ""
    return milliseconds(found.p50_s), milliseconds(found.p95_s), milliseconds(found.p99_s)


def _count(number: float | None) -> str:
    return "" if number is None else readable_count(round(number, 1 if number < 100 else 0))
