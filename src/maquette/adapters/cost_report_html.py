"""A cost report as one page of HTML: the charts are in it, it loads nothing, and every text is escaped."""

from collections.abc import Iterable, Mapping

from markupsafe import Markup, escape

from maquette.cost.report import CostReport, CostSection, CostTable, Sentence, Words
from maquette.evals.reporting.visible import visible

TEXT_CHARS = 1_000

_PAGE = Markup(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; margin: .5rem 0 1.5rem; font-size: .9rem; }}
caption {{ text-align: left; font-weight: 600; padding: .3rem 0; }}
th, td {{ border-bottom: 1px solid #d4d4d4; padding: .3rem .7rem; text-align: left; vertical-align: top; }}
.right {{ text-align: right; font-variant-numeric: tabular-nums; }}
:target {{ background: #fff3bf; }}
a {{ color: #0b57a4; }}
figure {{ margin: 1rem 0; overflow-x: auto; }}
figure svg {{ max-width: 100%; height: auto; background: #fff; border-radius: 6px; }}
@media (prefers-color-scheme: dark) {{
  :root {{ color-scheme: dark; }}
  body {{ background: #16181c; color: #e6e6e6; }}
  th, td {{ border-bottom-color: #43474f; }}
  :target {{ background: #4a4216; }}
  a {{ color: #8ab8f5; }}
}}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{sections}
</main>
</body>
</html>
"""
)
_SECTION = Markup('<section>\n<h2 id="{anchor}">{title}</h2>\n{body}\n</section>')
_FIGURE = Markup('<figure id="{}" role="group" aria-label="{}">{}</figure>')
_TABLE = Markup(
    '<div class="wide"><table>\n<caption>{}</caption>\n<thead><tr>{}</tr></thead>\n'
    "<tbody>\n{}\n</tbody>\n</table></div>"
)


def cost_html(report: CostReport, charts: Mapping[str, str], about: Mapping[str, str]) -> str:
    """The page.

    Args:
        report: What is reported.
        charts: Name to SVG, drawn by this program.
        about: Name to what the chart shows, for a screen reader.
    """
    sections = Markup("\n").join(_section(section, charts, about) for section in report.sections)
    return str(_PAGE.format(title=_safe(report.title), sections=sections))


def _section(section: CostSection, charts: Mapping[str, str], about: Mapping[str, str]) -> Markup:
    parts = []
    if section.says:
        parts.append(Markup("<ul>\n{}\n</ul>").format(_joined("<li>{}</li>", map(_sentence, section.says))))
    parts += [
        _FIGURE.format(name, about.get(name, name), Markup(charts[name]))  # noqa: S704  # the renderer escaped the texts
        for name in section.charts
        if name in charts
    ]
    parts += map(_table, section.tables)
    return _SECTION.format(anchor=section.anchor, title=_safe(section.title), body=Markup("\n").join(parts))


def _table(table: CostTable) -> Markup:
    heads = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(_side(right), _safe(heading))
        for heading, right in zip(table.headings, table.right, strict=True)
    )
    rows = _joined("<tr>{}</tr>", (_row(row, table.right) for row in table.rows))
    return _TABLE.format(_safe(table.caption), heads, rows)


def _row(row: Sentence, rights: tuple[bool, ...]) -> Markup:
    return Markup("").join(
        Markup("<td{}{}>{}</td>").format(_side(right), _name(cell), _words(cell))
        for cell, right in zip(row, rights, strict=True)
    )


def _side(right: bool) -> Markup:
    return Markup(' class="right"') if right else Markup("")


def _name(words: Words) -> Markup:
    return Markup(' id="{}"').format(words.anchor) if words.anchor else Markup("")


def _sentence(sentence: Sentence) -> Markup:
    return Markup("").join(map(_words, sentence))


def _words(words: Words) -> Markup:
    text = _safe(words.text)
    return Markup('<a href="#{}">{}</a>').format(words.link, text) if words.link else text


def _joined(around: str, parts: Iterable[Markup]) -> Markup:
    frame = Markup(around)  # noqa: S704  # a constant of this module
    return Markup("\n").join(frame.format(part) for part in parts)


def _safe(text: str) -> Markup:
    return escape(visible(text, TEXT_CHARS))
