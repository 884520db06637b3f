"""The page from the template, piece by piece: the examples pass through it and are never all in memory.

The policy in the page allows its own style and script by their hashes, and nothing else. Answers are data: the template
escapes what it prints, and the script puts text into the page as text.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from maquette.adapters.report_html import svg
from maquette.adapters.report_html.charts import charts_of
from maquette.evals.reporting.drill import Drill
from maquette.evals.reporting.report import Report
from maquette.evals.reporting.sections import answered, milliseconds, percent, sections_of, usd_per_thousand
from maquette.evals.reporting.visible import visible
from maquette.foundation.shipped import shipped
from maquette.foundation.units import readable_usd

if TYPE_CHECKING:
    from jinja2 import Template

KINDS = (
    ("all", "all"),
    ("disagree", "models disagree"),
    ("wrong", "wrong"),
    ("failed", "failed"),
    ("unscored", "unscored"),
)
TONES = {
    "passes": "good",
    "better": "good",
    "fails": "bad",
    "must missed": "bad",
    "worse": "bad",
    "undecided": "wait",
    "not enough data": "wait",
}


def page(
    report: Report, drill: Drill, *, examples: Iterable[Mapping[str, Any]], answers: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    """The page in pieces.

    Args:
        report: What is reported.
        drill: Which examples are in it.
        examples: One row each, as `drill.example_rows` makes them.
        answers: One row each, as `drill.answer_rows` makes them; read while the page is written.
    """
    folder = shipped("templates", "report")
    style, script = ((folder / name).read_text("utf-8") for name in ("report.css", "report.js"))
    models = [result.target_id for result in report.run.results]
    yield from _template(folder).generate(
        report=report,
        title=visible(f"{report.title}: evaluation {report.run.id}"),
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704  # ships with the program
        script=Markup(script),  # noqa: S704  # ships with the program
        facts=_facts(report),
        sections=sections_of(report),
        charts=charts_of(report),
        models=models,
        keys=[_key(at) for at in range(len(models))],
        models_json=data_line([visible(name) for name in models]),
        tones=TONES,
        kinds=KINDS,
        drill=drill,
        asked=map(data_line, examples),
        answers=map(data_line, answers),
    )


def _template(folder: Path) -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    return environment.get_template("report.html.j2")


def data_line(row: object) -> Markup:
    """``row`` as one line of JSON that no text in it can end: it stands inside a script element."""
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704  # holds neither a tag nor an entity


def _finalized(value: object) -> object:
    """Whatever the template prints of others' text is made visible."""
    return visible(value, chars=len(value)) if isinstance(value, str) and not isinstance(value, Markup) else value


def _policy(style: str, script: str) -> str:
    allowed = (("style", style), ("script", script))
    hashes = [f"{kind}-src 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for kind, text in allowed]
    return "; ".join(("default-src 'none'", *hashes, "img-src data:", "base-uri 'none'", "form-action 'none'"))


def _facts(report: Report) -> list[tuple[str, str, str]]:
    """The three numbers of the model that the verdict is about, in their units, and how far the run is."""
    model = report.verdict.model
    result = report.run.result(model) if model is not None else None
    done, planned = (sum(getattr(one, name) for one in report.run.results) for name in ("done", "planned"))
    facts = [("answers on record", f"{done:,}", f"of {planned:,}; {readable_usd(report.run.spent_usd)} spent")]
    if result is None:
        return facts
    interval = result.interval
    span = f"95 %: {percent(interval.low)} to {percent(interval.high)} %, " if interval else ""
    name = f"{result.target_id}, n\u00a0=\u00a0"
    return [
        ("accuracy", f"{percent(result.score)} %", f"{span}{name}{result.scored:,}"),
        (
            "P95 latency",
            f"{milliseconds(result.latency.p95_s)} ms" if result.latency else "unknown",
            f"{name}{answered(result):,}",
        ),
        (
            "cost per 1K requests",
            readable_usd(usd_per_thousand(report, result.target_id)),
            f"{name}{answered(result):,}",
        ),
        *facts,
    ]


def _key(series: int) -> Markup:
    return Markup('<svg viewBox="0 0 16 16" aria-hidden="true">{}</svg>').format(svg.mark(series, 8, 8, ""))
