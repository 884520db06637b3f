"""Sections on differences: the models in pairs, group by group of examples, and beside other runs."""

from collections.abc import Iterable

from maquette.evals.comparing_sections import PAIR_HEADINGS, pair_row
from maquette.evals.comparing_words import FINDINGS, p_cell, points, signed_points
from maquette.evals.comparison import Finding, Pair
from maquette.evals.reporting.report import Against, Report
from maquette.evals.reporting.tables import Part, Section, Table
from maquette.evals.statistics import wilson
from maquette.foundation.units import readable_count

_REASONS = 3
"""Reasons why examples are left out that are named for each pair."""


def pairs_section(report: Report) -> Section | None:
    """Every two models on the examples that both have scores of."""
    comparison = report.comparison
    if comparison is None or not comparison.pairs:
        return None
    margin = f"a difference of {points(comparison.margin)} points matters"
    return Section(
        part=Part.PAIRS,
        title="Which is better",
        source=f"Run {report.run.id}, mean scores on the examples that both answered; {margin}. "
        f"p is adjusted for {len(comparison.pairs)} pairs (Holm)."
        if len(comparison.pairs) > 1
        else f"Run {report.run.id}, mean scores on the examples that both answered; {margin}.",
        says=tuple(f"{pair.sentence}." for pair in comparison.pairs) if len(comparison.pairs) <= 6 else (),
        tables=(Table(headings=PAIR_HEADINGS, rows=tuple(map(pair_row, comparison.pairs))),),
    )


def strata_section(report: Report) -> Section | None:
    """Right answers by stratum, and where two models differ in one; nothing when there is one stratum."""
    results = report.run.results
    names = sorted({name for result in results for name in result.by_stratum})
    if len(names) < 2:
        return None
    rows = []
    for name in names:
        counts = [result.by_stratum.get(name, (0, 0)) for result in results]
        most = max(scored for scored, _ in counts)
        rows.append((name, f"{most:,}", *(_rate(correct, scored) for scored, correct in counts)))
    tables = [Table(headings=("stratum", "n", *(result.target_id for result in results)), rows=tuple(rows))]
    found = _slice_rows(report)
    if found:
        headings = ("stratum", "model", "beside", "points", "q", "n", "finding")
        tables.append(Table(headings=headings, rows=found, caption="Differences within a stratum"))
    tested = sum(len(pair.slices) for pair in report.comparison.pairs) if report.comparison else 0
    shown = "" if found or not tested else " No stratum shows a difference."
    return Section(
        part=Part.STRATA,
        title="By stratum",
        source=f"Run {report.run.id}: right answers in % with Wilson intervals; n is the most that one model has "
        f"scores of. Exploratory: {tested} differences were tested, q is adjusted for all of them "
        f"(Benjamini-Hochberg).{shown}",
        tables=tuple(tables),
    )


def _rate(correct: int, scored: int) -> str:
    if not scored:
        return ""
    interval = wilson(correct, scored)
    return f"{100 * correct / scored:.1f} ({100 * interval.low:.0f}-{100 * interval.high:.0f})"


def _slice_rows(report: Report) -> tuple[tuple[str, ...], ...]:
    if report.comparison is None:
        return ()
    return tuple(
        (
            part.stratum,
            pair.candidate,
            pair.baseline,
            signed_points(part.difference.estimate),
            p_cell(part.q),
            readable_count(part.difference.items),
            FINDINGS[part.finding],
        )
        for pair in report.comparison.pairs
        for part in pair.slices
        if part.finding in (Finding.BETTER, Finding.WORSE)
    )


def against_section(report: Report) -> Section | None:
    """The run beside those that it was asked to be compared with; nothing without one."""
    if not report.against:
        return None
    tables, says = [], []
    for other in report.against:
        says.append(_differs(report, other))
        if other.refused:
            says.append(f"Nothing is compared with {other.other.id}: {other.refused}.")
        else:
            tables.append(Table(headings=PAIR_HEADINGS, rows=tuple(map(pair_row, other.pairs))))
            says += [f"{pair.sentence}." for pair in other.pairs]
            says += [f"{warning}." for warning in other.warnings]
            says += [sentence for pair in other.pairs for sentence in _left_out(pair)]
    return Section(
        part=Part.AGAINST,
        title="Beside other runs",
        source="The same model in two runs, on the examples with the same id; the older answers are the baseline.",
        says=tuple(says),
        tables=tuple(tables),
    )


def _left_out(pair: Pair) -> Iterable[str]:
    for reason, items in list(pair.dropped.items())[:_REASONS]:
        yield f"{pair.candidate}: {len(items):,} examples are in no pair: {reason}."


def _differs(report: Report, against: Against) -> str:
    other = f"{report.run.id} and {against.other.id} ({against.other.started_at:%Y-%m-%d}, {against.other.state.value})"
    if against.differs is None:
        return f"{other}: an earlier version wrote one of them, so what differs between them is not on record."
    if not against.differs:
        return f"{other} are made of the same dataset, prompt, metrics, parameters and models."
    return f"{other} differ in: {', '.join(against.differs)}."
