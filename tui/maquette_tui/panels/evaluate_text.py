"""What the evaluation's reading screens say: one model's details, and the models in pairs, as headed sections."""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap

from maquette.evals.comparing_runs import RunComparison
from maquette.evals.comparing_sections import compare_sections
from maquette.evals.metrics.json_answers import FieldCount
from maquette.evals.metrics.labels import LabelReport
from maquette.evals.reporting.tables import Section as Told
from maquette.evals.run import EvalRun
from maquette.evals.run_words import about, rate, verdict_words
from maquette.foundation.units import readable_count
from maquette.project.eval_details import FailedCalls, ModelDetails, SliceRate, WrongAnswer

Section = tuple[str, str]

DETAIL_LINES = 9
"""So many lines of text stand below the table."""

IDS_SHOWN = 20
LONGEST_TEXT = 600
LABEL_WIDE = 12
LABEL_NARROW = 4
ROW_LABEL = 16


def details_sections(details: ModelDetails, width: int) -> list[Section]:
    """One model: how it was counted, its slices, confusion, fields, failures and wrong answers."""
    result = details.result
    told = [f"{details.metric}: {rate(result)}, {verdict_words(result)}", *about(result)]
    if details.why_not:
        told.append(f"! {details.why_not}: no confusion matrix, and no expected answers beside the outputs")
    sections = [(f"{result.target_id} in {details.run_id}", "\n".join(told))]
    if details.slices:
        sections.append(("Slices", _slices(details.slices)))
    sections += [(f"Confusion, {name}", confusion(report, width)) for name, report in details.labels.items()]
    sections += [(f"Fields, {name}", _fields(counts)) for name, counts in details.fields.items()]
    if details.failures:
        sections.append(("Failed calls", "\n".join(map(_failed, details.failures))))
    sections.append((f"Wrong answers: {_wrong_count(details)}", "\n".join(map(_wrong, details.wrong)) or "none"))
    return sections


def comparison_sections(found: RunComparison, run: EvalRun, width: int) -> list[Section]:
    """The finding first, then standings, pairs, slices, what was left out, and how the figures were made."""
    count = readable_count(found.comparison.items)
    sections = [
        (part.title or f"Compared on {count} examples", told(part, width))
        for part in compare_sections(found, examples=IDS_SHOWN)
    ]
    strata = list(dict.fromkeys(stratum for result in run.results for stratum in result.by_stratum))
    if len(strata) > 1:
        rows = [(one.target_id, *(_share(one.by_stratum.get(stratum)) for stratum in strata)) for one in run.results]
        sections.insert(-1, ("Slices, right of scored", table_text(("model", *strata), rows, width)))
    return sections


def told(part: Told, width: int) -> str:
    """A section's sentences and tables."""
    return "\n".join([*part.says, *(table_text(table.headings, table.rows, width) for table in part.tables)])


def table_text(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Rows in columns where they fit the width, else each cell behind its heading."""
    table = columns([headings, *rows])
    if max(map(len, table.splitlines())) <= width:
        return table
    return "\n".join(
        "; ".join(f"{heading}: {cell}" for heading, cell in zip(headings, row, strict=True) if cell) for row in rows
    )


def fitting(first: Sequence[str], others: Sequence[str], width: int) -> str:
    """All of ``first``, then as many of ``others`` as the lines below the table have room for; the rest is counted."""
    lines = [part for text in first for part in wrap(text, width)]
    for at, text in enumerate(others):
        parts = wrap(text, width)
        if len(lines) + len(parts) > DETAIL_LINES - (at < len(others) - 1):
            return "\n".join([*lines, f"{len(others) - at} more warnings; maquette eval show has all"])
        lines += parts
    return "\n".join(lines)


def confusion(report: LabelReport, width: int) -> str:
    """The matrix where it fits the width, else the commonest mix-ups; then what follows from it."""
    told = [_rates(report)]
    table = _matrix(report, width)
    return "\n".join([*(table or _mix_ups(report)), *told])


def columns(rows: Iterable[Sequence[str]]) -> str:
    """Rows in columns, each as wide as its widest cell."""
    cells = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:{wide}}" for cell, wide in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _slices(slices: Sequence[SliceRate]) -> str:
    rows = [("stratum", "right", "rate", "95 % interval")]
    rows += [
        (
            one.stratum,
            f"{one.correct}/{one.scored}",
            f"{one.rate:.3f}",
            f"{one.interval.low:.3f} - {one.interval.high:.3f}",
        )
        for one in slices
    ]
    return columns(rows)


def _fields(counts: Mapping[str, FieldCount]) -> str:
    rows = [("field", "right", "wrong", "missing", "accuracy")]
    rows += [
        (name, str(one.right), str(one.wrong), str(one.missing), "" if one.accuracy is None else f"{one.accuracy:.3f}")
        for name, one in counts.items()
    ]
    return columns(rows)


def _matrix(report: LabelReport, width: int) -> list[str]:
    """Expected labels down, found labels across; empty when even short labels do not fit."""
    heads = (*report.labels, "none")
    row_label = min(ROW_LABEL, max(map(len, (*report.labels, "expected"))))
    room = (width - row_label) // len(heads) - 1
    if room < LABEL_NARROW:
        return []
    wide = min(LABEL_WIDE, room, max(map(len, heads)))
    lines = [" ".join((f"{'expected':{row_label}}", *(f"{_cut(head, wide):>{wide}}" for head in heads)))]
    for label, row in zip(report.labels, report.matrix, strict=True):
        lines.append(" ".join((f"{_cut(label, row_label):{row_label}}", *(f"{count or '.':>{wide}}" for count in row))))
    return lines


def _mix_ups(report: LabelReport) -> list[str]:
    found = (*report.labels, "no label")
    pairs = [
        (count, wanted, found[at])
        for wanted, row in zip(report.labels, report.matrix, strict=True)
        for at, count in enumerate(row)
        if count and found[at] != wanted
    ]
    commonest = sorted(pairs, key=lambda one: -one[0])[:IDS_SHOWN]
    return [f"{count} x {wanted} answered as {answered}" for count, wanted, answered in commonest] or ["no mix-up"]


def _rates(report: LabelReport) -> str:
    def shown(value: float | None) -> str:
        return "unknown" if value is None else f"{value:.3f}"

    return (
        f"accuracy {shown(report.accuracy)}, macro F1 {shown(report.macro.f1)}, "
        f"{report.unparsable} of {report.total} without a label"
    )


def _failed(one: FailedCalls) -> str:
    return f"{one.count} {one.kind}, such as {one.example_id}: {one_line(one.detail)}"


def _wrong_count(details: ModelDetails) -> str:
    shown, all_ = len(details.wrong), details.wrong_in_all
    return readable_count(all_) if shown == all_ else f"the first {shown} of {readable_count(all_)}"


def _wrong(one: WrongAnswer) -> str:
    marks = [one.stratum, *["must pass"] * one.must_pass, *["not scored"] * (not one.scored)]
    lines = [f"{one.example_id}  {', '.join(marks)}"]
    if one.expected is not None:
        lines.append(f"  expected  {one_line(one.expected)}")
    lines.append(f"  output    {one_line(one.output)}")
    return "\n".join([*lines, *(f"  score     {one_line(score)}" for score in one.scores)])


def _share(counts: tuple[int, int] | None) -> str:
    return f"{counts[1]}/{counts[0]}" if counts else "-"


def one_line(text: str) -> str:
    """A text of others on one line, so that it cannot pose as ours; a long one is cut."""
    joined = " ↵ ".join(text.splitlines())
    more = len(joined) - LONGEST_TEXT
    return joined if more <= 0 else f"{joined[:LONGEST_TEXT]}… {readable_count(more)} more characters"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
