"""The section on how answers are wrong: confusion matrices of labels, and JSON fields one by one."""

from collections.abc import Mapping

from maquette.evals.metrics.json_answers import FieldCount
from maquette.evals.metrics.labels import LabelReport, Rates
from maquette.evals.reporting.report import Report
from maquette.evals.reporting.tables import Part, Section, Table

UNPARSABLE = "unparsable"

MOST_LABELS = 30
"""A matrix with more columns than this is read by nobody; the rates of each label remain."""


def answers_section(report: Report) -> Section | None:
    """Confusion matrices and rates a label, or accuracy a field; why there is none; nothing for other metrics."""
    found = report.breakdown
    metric = report.run.primary_metric
    if found.labels:
        tables = [table for target, labels in found.labels.items() for table in _label_tables(target, labels)]
        source = (
            f"Counted again from the answers of run {report.run.id} by the metric {metric}. Rows are what was expected."
        )
        return Section(
            part=Part.ANSWERS,
            title="Which label is taken for which",
            source=source,
            says=tuple(_worst(target, labels) for target, labels in found.labels.items()),
            tables=tuple(tables),
            brief=False,
        )
    if found.fields:
        return Section(
            part=Part.ANSWERS,
            title="Field by field",
            source=f"Counted again from the answers of run {report.run.id} by the metric {metric}: right of all, in %.",
            tables=(_fields_table(found.fields),),
        )
    if found.unknown:
        return Section(part=Part.ANSWERS, title="How answers are wrong", source=f"Unknown: {found.unknown}.")
    return None


def confusions(labels: LabelReport) -> tuple[tuple[int, str, str], ...]:
    """How often which label was taken for which, the most frequent first; "unparsable" names no label."""
    names = (*labels.labels, UNPARSABLE)
    found = [
        (count, wanted, names[at])
        for wanted, row in zip(labels.labels, labels.matrix, strict=True)
        for at, count in enumerate(row)
        if count and names[at] != wanted
    ]
    return tuple(sorted(found, key=lambda one: (-one[0], one[1], one[2])))


def _worst(target: str, labels: LabelReport) -> str:
    found = confusions(labels)
    if not found:
        return f"{target}: every label is right."
    named = "; ".join(
        f"{wanted} {'' if taken == UNPARSABLE else 'taken for '}{taken} {count} times"
        for count, wanted, taken in found[:3]
    )
    return f"{target}: {named}."


def _label_tables(target: str, labels: LabelReport) -> list[Table]:
    rows = [
        (one.label, f"{one.support:,}", *_rates(one.rates), f"{one.false_positives:,}", f"{one.false_negatives:,}")
        for one in labels.by_label
    ]
    total = f"{labels.total:,}"
    rows += [
        ("macro mean", total, *_rates(labels.macro), "", ""),
        ("weighted mean", total, *_rates(labels.weighted), "", ""),
    ]
    headings = ("label", "n", "precision %", "recall %", "F1 %", "wrongly found", "not found")
    tables = [Table(headings=headings, rows=tuple(rows), caption=f"{target}: rates of each label")]
    if len(labels.labels) <= MOST_LABELS:
        matrix = tuple(
            (wanted, *(f"{count:,}" if count else "·" for count in row))
            for wanted, row in zip(labels.labels, labels.matrix, strict=True)
        )
        names = ("expected", *labels.labels, UNPARSABLE)
        tables.insert(0, Table(headings=names, rows=matrix, caption=f"{target}: confusion matrix"))
    return tables


def _rates(rates: Rates) -> tuple[str, str, str]:
    precision, recall, f1 = (
        "" if one is None else f"{100 * one:.1f}" for one in (rates.precision, rates.recall, rates.f1)
    )
    return precision, recall, f1


def _fields_table(fields: Mapping[str, Mapping[str, FieldCount]]) -> Table:
    names = list(dict.fromkeys(name for counts in fields.values() for name in counts))
    rows = tuple((name, *(_field(counts.get(name)) for counts in fields.values())) for name in names)
    return Table(headings=("field", *fields), rows=rows)


def _field(count: FieldCount | None) -> str:
    if count is None or count.accuracy is None:
        return ""
    missing = f", {count.missing:,} missing" if count.missing else ""
    return f"{100 * count.accuracy:.1f} of {count.right + count.wrong + count.missing:,}{missing}"
