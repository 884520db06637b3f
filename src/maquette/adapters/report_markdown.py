"""A report, or sections alone, as Markdown for a comment on a change: every text escaped, and short enough to post."""

from collections.abc import Iterable

from maquette.bundle.safe_text import markdown_comment
from maquette.evals.reporting.report import Report
from maquette.evals.reporting.sections import sections_of
from maquette.evals.reporting.tables import Part, Section, Table
from maquette.evals.reporting.visible import visible

MOST_ROWS, TEXT_CHARS = 40, 1_000
LONGEST = 60_000
"""Below the 65,536 characters that GitHub takes in one comment."""


def as_markdown(report: Report) -> str:
    """The verdict, then the sections of a report of one screen; what does not fit is said, not cut in the middle."""
    run = report.run
    lines = [f"## {_safe(report.verdict.title)}", ""]
    if report.verdict.unfinished:
        lines.insert(0, f"**Not complete.** {_safe(report.verdict.unfinished)}\n")
    lines += [_safe(report.verdict.why), ""]
    lines += [f"**{_safe(report.doubt)}**", ""] if report.doubt else []
    about = f"{report.title}, run {run.id} ({run.state.value}) of {run.started_at:%Y-%m-%d}: {run.primary_metric} on "
    lines += [f"<sub>{_safe(f'{about}{run.dataset}, prompt {run.prompt}, {report.examples:,} examples')}</sub>", ""]
    text = "\n".join(lines)
    for section in sections_of(report):
        part = "\n".join(_section(section, MOST_ROWS)) if section.brief else ""
        if len(text) + len(part) > LONGEST:
            return f"{text}\nMore does not fit into a comment; the HTML report has everything.\n"
        text += part
    return text


def sections_as_markdown(sections: Iterable[Section]) -> str:
    """Sections alone, such as a gate's or a comparison's; empty ones are left out."""
    shown = [_section(section, None) for section in sections if section.says or section.tables]
    return "".join("\n".join(lines) for lines in shown).lstrip("\n")


def _section(section: Section, most: int | None) -> Iterable[str]:
    if section.title:
        yield f"\n### {_safe(section.title)}"
    says = section.says if section.part is not Part.PAIRS else ()  # a report's table of pairs says the same
    yield from [""] * bool(says)
    yield from (f"- {_safe(sentence)}" for sentence in says)
    yield from (line for table in section.tables for line in _table(table, most))
    yield f"\n<sub>{_safe(section.source)}</sub>\n" if section.source else ""


def _table(table: Table, most: int | None) -> Iterable[str]:
    yield f"\n**{_safe(table.caption)}**\n" if table.caption else ""
    yield _row(table.headings)
    yield "|" + "|".join("---:" if right else "---" for right in table.right) + "|"
    yield from map(_row, table.rows[:most])
    if most is not None and len(table.rows) > most:
        yield f"\n{len(table.rows) - most} more rows are in the HTML report."


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_safe, cells))} |"


def _safe(text: str) -> str:
    return markdown_comment(visible(text, TEXT_CHARS))
