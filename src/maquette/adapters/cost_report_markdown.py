"""A cost report as Markdown: tables of GitHub's kind, figures that lead to their lines, every text escaped."""

from collections.abc import Iterable, Iterator

from maquette.bundle.safe_text import markdown
from maquette.cost.report import CostReport, CostSection, CostTable, Sentence, Words
from maquette.evals.reporting.visible import visible

TEXT_CHARS = 1_000


def cost_markdown(report: CostReport) -> str:
    """The whole report."""
    lines = [f"# {_safe(report.title)}", ""]
    for section in report.sections:
        lines += _section(section)
    return "\n".join(lines)


def _section(section: CostSection) -> Iterator[str]:
    yield f'<a id="{section.anchor}"></a>'
    yield ""
    yield f"## {_safe(section.title)}"
    yield ""
    yield from (f"- {_sentence(sentence)}" for sentence in section.says)
    yield ""
    for table in section.tables:
        yield from _table(table)
        yield ""


def _table(table: CostTable) -> Iterator[str]:
    yield f"**{_safe(table.caption)}**"
    yield ""
    yield _row(map(_safe, table.headings))
    yield "|" + "|".join("---:" if right else "---" for right in table.right) + "|"
    yield from (_row(map(_words, row)) for row in table.rows)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _sentence(sentence: Sentence) -> str:
    return "".join(map(_words, sentence))


def _words(words: Words) -> str:
    text = _spaced(words.text)
    if words.link:
        text = f"[{text}](#{words.link})"
    return f'<a id="{words.anchor}"></a>{text}' if words.anchor else text


def _spaced(text: str) -> str:
    """The text escaped, with the spaces at its ends, which hold a sentence together."""
    body = text.strip(" ")
    if not body:
        return text
    before, after = text[: len(text) - len(text.lstrip(" "))], text[len(text.rstrip(" ")) :]
    return f"{before}{_safe(body)}{after}"


def _safe(text: str) -> str:
    return markdown(visible(text, TEXT_CHARS)).replace("@", "&#64;")
