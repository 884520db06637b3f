"""The static twin of each card: a stage as HTML, from the project alone. All text is escaped; nothing is fetched."""

from collections.abc import Iterable, Sequence
from html import escape

from maquette.catalog.nearly import Near, foremost, nearly
from maquette.catalog.shortlist import Candidate, Shortlist
from maquette.foundation.units import readable_span
from maquette.project import Project
from maquette.project.deciding_words import RELEASE_HEADINGS, release_cells, release_head
from maquette.project.releasing import ReleaseState
from maquette.requirements.answers import asked

ROWS = 30
"""So many rows of a long table; the command line shows all."""

NEARLY_SHOWN = 3
LONG_CELL = 60

_NO_MATHS = "mathjax_ignore tex2jax_ignore"
"""Classes by which a notebook lets dollars be dollars, and not formulas."""


def status_twin(project: Project) -> str:
    """The six stages, facts with two values, and what blocks a release or is open."""
    view = project.view
    rows = [
        (status.stage.label, f"{status.progress.glyph} {status.progress}", status.summary, status.because)
        for status in project.statuses
    ]
    body = table_html(("stage", "state", "what there is", "why"), rows)
    conflicts = [f"two values: {one.words}" for one in view.fact_conflicts]
    items = [release_cells(one) for one in view.release if one.state is not ReleaseState.DONE]
    body += list_html(conflicts) if conflicts else ""
    body += f"<p><b>{escape(release_head(view.release))}</b></p>" if view.release else ""
    body += table_html(RELEASE_HEADINGS, items) if items else ""
    return card_html(view.name, body)


def requirements_twin(project: Project) -> str:
    """The quick questions with their answers."""
    said = project.view.document.requirements
    rows = []
    for question in asked(project.questions, said, quick=True):
        value = said.answers.get(question.id)
        if value is None:
            value = "unknown" if question.id in said.unknown else question.default
        shown = ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
        how = "answered" if question.id in said.answers else "assumed" if question.default is not None else "open"
        rows.append((question.ask, shown, question.unit or "", how))
    return card_html("Requirements", table_html(("question", "answer", "unit", ""), rows))


def shortlist_twin(project: Project) -> str:
    """The funnel, the first candidates, and what would let more in."""
    view = project.view
    rows = [shortlist_row(candidate, view.document.chosen) for candidate in view.shortlist.candidates[:ROWS]]
    near = nearly(view.catalog, view.facts, view.today)
    lead = shortlist_lead(view.shortlist, near)
    return card_html("Shortlist", table_html(("", "model", "fit", "$/month", "quality", "watch"), rows), lead)


def shortlist_row(candidate: Candidate, chosen: Sequence[str]) -> tuple[str, ...]:
    """One candidate."""
    return (
        "◉" if candidate.card.id in chosen else "",
        candidate.card.id,
        candidate.fit.value,
        readable_span(candidate.usd_per_month),
        f"{candidate.quality.value:.3f} {candidate.quality.source.kind.mark}" if candidate.quality else "",
        "; ".join((*(f"unverified: {what}" for what in candidate.unverified), *candidate.cautions)),
    )


def shortlist_lead(found: Shortlist, near: Iterable[Near]) -> str:
    """The funnel, and the foremost changes that would let more in."""
    funnel = ", ".join(f"{name} -{count}" for name, count in found.funnel.items() if count)
    told = [str(one) for one in foremost(tuple(near), NEARLY_SHOWN)]
    return "; ".join([f"{found.catalog_size} models, {len(found.candidates)} left ({funnel})", *told])


def table_html(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; every cell is escaped."""
    head = "".join(f"<th style='text-align:left'>{escape(heading)}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    """A cell; a long text has room to be read, and an address in it may break anywhere."""
    room = ";min-width:16em;overflow-wrap:anywhere" if len(text) > LONG_CELL else ""
    return f"<td style='text-align:left{room}'>{escape(text)}</td>"


def list_html(items: Iterable[str]) -> str:
    """A list; every item is escaped."""
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def card_html(title: str, body: str, lead: str = "") -> str:
    """A card with a title and a leading line; ``body`` is HTML of this module's making."""
    style = "border:1px solid #999;border-radius:4px;padding:8px;overflow-x:auto"
    return (
        f"<div class='maquette-card {_NO_MATHS}' style='{style}'>"
        f"<b>{escape(title)}</b> <span>{escape(lead)}</span>{body}</div>"
    )
