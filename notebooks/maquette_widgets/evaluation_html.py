"""The evaluation as HTML: the results, one model's details, and the models in pairs. All text is escaped."""

from html import escape

from maquette.evals.comparing_runs import RunComparison
from maquette.evals.comparing_sections import compare_sections
from maquette.evals.metrics.labels import LabelReport
from maquette.evals.run import EvalRun, TargetResult
from maquette.evals.run_words import about, headline, rate, seconds, usd_per_answer, verdict_words, warnings
from maquette.foundation.problems import Problem
from maquette.foundation.units import readable_count, readable_usd
from maquette.project import Project
from maquette.project.eval_details import ModelDetails, WrongAnswer
from maquette_widgets.twins import card_html, list_html, table_html

WRONG_SHOWN = 30
IDS_SHOWN = 20
LONGEST_TEXT = 600
HEADINGS = (
    "model",
    "done",
    "score",
    "95 % interval",
    "verdict",
    "p50",
    "p95",
    "failed",
    "retries",
    "record",
    "$/1,000",
)


def evaluation_twin(project: Project) -> str:
    """The newest run with its verdict in words, intervals and warnings, or what is missing."""
    view = project.view
    run = project.evaluation.run if project.evaluation and project.evaluation.running else view.run
    if run is None:
        return card_html("Evaluation", "", _missing_plan(project))
    stale = "" if view.run_is_current else " - stale: examples, prompt, metrics or models changed since"
    lead = f"{run.id} {run.state}, {run.primary_metric} on {run.dataset}{stale}. {headline(run, view.sizes)}"
    told = [*warnings(run), *(f"{one.target_id}: {'; '.join(about(one))}" for one in run.results if about(one))]
    return card_html("Evaluation", table_html(HEADINGS, map(_row, run.results)) + list_html(told), lead)


def details_html(details: ModelDetails) -> str:
    """One model: slices, confusion, fields, failures and the first wrong answers."""
    result = details.result
    parts = [list_html(about(result))]
    if details.why_not:
        parts.append(f"<p>{escape(details.why_not)}: no confusion matrix, and no expected answers</p>")
    if details.slices:
        rows = [
            (one.stratum, f"{one.correct}/{one.scored}", f"{one.rate:.3f}", _span(one.interval.low, one.interval.high))
            for one in details.slices
        ]
        parts.append(table_html(("stratum", "right", "rate", "95 % interval"), rows))
    parts += [confusion_html(name, report) for name, report in details.labels.items()]
    for name, counts in details.fields.items():
        shares = [
            (field, str(c.right), str(c.wrong), str(c.missing), _figure(c.accuracy)) for field, c in counts.items()
        ]
        parts.append(table_html((f"{name}: field", "right", "wrong", "missing", "accuracy"), shares))
    if details.failures:
        failed = [(one.kind.value, str(one.count), one.example_id, one.detail) for one in details.failures]
        parts.append(table_html(("failed", "calls", "such as", "what was said"), failed))
    parts.append(_wrong_html(details))
    return card_html(f"{result.target_id} in {details.run_id}", "".join(parts), f"{details.metric}: {rate(result)}")


def confusion_html(name: str, report: LabelReport) -> str:
    """The confusion matrix: expected labels down, found ones across, darker where a row's answers gather."""
    heads = (f"{name}: expected", *report.labels, "no label")
    head = "".join(f"<th style='text-align:left'>{escape(text)}</th>" for text in heads)
    body = "".join(
        f"<tr><th style='text-align:left'>{escape(label)}</th>"
        + "".join(_count_cell(count, sum(row), right=label_at == at) for at, count in enumerate(row))
        + "</tr>"
        for label_at, (label, row) in enumerate(zip(report.labels, report.matrix, strict=True))
    )
    told = f"accuracy {_figure(report.accuracy)}, macro F1 {_figure(report.macro.f1)}"
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"{table}<p>{told}, {report.unparsable} of {report.total} without a label</p>"


def comparison_html(found: RunComparison, run: EvalRun) -> str:
    """The finding first, then standings, pairs, slices, what was left out, and how the figures were made."""
    first, *others = compare_sections(found, examples=IDS_SHOWN)
    parts = [list_html(first.says[1:])]
    for part in others:
        parts.append(f"<p><b>{escape(part.title)}</b></p>")
        parts += [table_html(table.headings, table.rows) for table in part.tables]
        parts.append(list_html(part.says))
    strata = list(dict.fromkeys(stratum for result in run.results for stratum in result.by_stratum))
    if len(strata) > 1:
        rows = [(one.target_id, *(_share(one.by_stratum.get(stratum)) for stratum in strata)) for one in run.results]
        parts.append(table_html(("right of scored", *strata), rows))
    return card_html("Compared", "".join(parts), found.comparison.headline)


def _row(result: TargetResult) -> tuple[str, ...]:
    interval, latency, usd = result.interval, result.latency, usd_per_answer(result)
    return (
        result.target_id,
        f"{result.done}/{result.planned}",
        _figure(result.score),
        _span(interval.low, interval.high) if interval else "",
        verdict_words(result),
        seconds(latency.p50_s) if latency else "",
        seconds(latency.p95_s) if latency else "",
        str(sum(result.failures.values())),
        str(result.retries),
        str(result.from_cache),
        readable_usd(1000 * usd if usd is not None else None),
    )


def _missing_plan(project: Project) -> str:
    try:
        plan = project.view.plan
    except Problem as problem:
        return f"{problem.what}. {problem.fix}"
    return f"nothing evaluated yet: {len(plan.targets)} models, {len(plan.dataset.examples)} examples are ready"


def _wrong_html(details: ModelDetails) -> str:
    rows = [_wrong_row(one) for one in details.wrong[:WRONG_SHOWN]]
    told = f"{readable_count(details.wrong_in_all)} wrong answers"
    told += f"; the first {WRONG_SHOWN} are shown" if details.wrong_in_all > WRONG_SHOWN else ""
    return f"<p>{told}</p>" + table_html(("example", "stratum", "expected", "output", "scores"), rows)


def _wrong_row(one: WrongAnswer) -> tuple[str, ...]:
    marks = [one.stratum, *["must pass"] * one.must_pass, *["not scored"] * (not one.scored)]
    return (one.example_id, ", ".join(marks), _cut(one.expected or ""), _cut(one.output), "; ".join(one.scores))


def _count_cell(count: int, of: int, *, right: bool) -> str:
    share = count / of if of else 0.0
    weight = ";font-weight:bold" if right else ""
    return f"<td style='text-align:right;background:rgba(80,120,200,{share / 2:.2f}){weight}'>{count or ''}</td>"


def _span(low: float, high: float) -> str:
    return f"{low:.3f} to {high:.3f}"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _share(counts: tuple[int, int] | None) -> str:
    return f"{counts[1]}/{counts[0]}" if counts else ""


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}… {len(text) - LONGEST_TEXT} more characters"
