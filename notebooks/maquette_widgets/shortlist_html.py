"""The shortlist as HTML: the list, why a model is in or out, models side by side. All text is escaped."""

from collections.abc import Iterable, Sequence
from html import escape

from maquette.catalog.checks import Needs
from maquette.catalog.comparing import compare
from maquette.catalog.filter_terms import FilterLine
from maquette.catalog.nearly import Near, smallest_changes
from maquette.catalog.reasons import reasons, why_not
from maquette.catalog.shortlist import Candidate
from maquette.foundation.problems import InvalidInput
from maquette.project import Project
from maquette.project.provider_words import (
    CRITERION_HEADINGS,
    PROVIDER_HEADINGS,
    criterion_cells,
    provider_cells,
    provider_head,
    scorecard_of,
)
from maquette_widgets.twins import card_html, list_html, shortlist_lead, shortlist_row, table_html

SHOWN = 50
"""So many rows are drawn at once; a filter line finds the others."""

PROVIDERS = 12
"""So many providers; the command line shows all."""

HEADINGS = ("", "model", "fit", "$/month", "quality", "watch")


def listing(project: Project, shown: Sequence[Candidate], near: Iterable[Near]) -> str:
    """The models shown, for those that are out the first reason."""
    found = project.view.shortlist
    rows = []
    for candidate in shown:
        *cells, watch = shortlist_row(candidate, project.view.document.chosen)
        out = found.exclusion(candidate.card.id)
        if out is not None:
            cells[2], watch = "out", f"{out.filter}: {out.detail}"
        rows.append((*cells, watch))
    return card_html("Shortlist", table_html(HEADINGS, rows), shortlist_lead(found, near))


def count(line: FilterLine, matching: int, everybody: int) -> str:
    """How many models a line keeps, and how many of them are shown."""
    kept = f"{line} -> {matching} of {everybody}" if str(line) else f"{everybody} models"
    return f"{kept}; the first {SHOWN} are shown" if matching > SHOWN else kept


def why(project: Project, model: str) -> str:
    """One model against every requirement: the first reason, all others, and what alone would let it in."""
    view = project.view
    needs = Needs.of(view.facts, view.today)
    card = view.catalog.cards[model]
    rows = [(each.met.value, each.filter, each.wants, each.says, str(each.source)) for each in reasons(card, needs)]
    table = table_html(("", "requirement", "wanted", "the card says", "source"), rows)
    if view.shortlist.exclusion(model) is None:
        return card_html(model, table, why_not(view.shortlist, model))
    near = [f"it would be in with {one.in_words}" for one in smallest_changes(card, needs)]
    return card_html(
        model, table + list_html(near or ["no single change would let it in"]), why_not(view.shortlist, model)
    )


def comparison(project: Project, models: Sequence[str]) -> str:
    """The fields that differ, a column a model; then what is against each, and who is beaten."""
    view = project.view
    found = compare(view.catalog, view.shortlist, models, view.facts, view.today)
    table = table_html(("", *found.models), [(row.field, *row.values) for row in found.rows if row.differs])
    told = [f"{beat.winner} beats {beat.loser} on cost and quality ({beat.on})" for beat in found.beats]
    told = told or ["nobody is beaten on cost and quality"]
    told += [
        f"{model} is out at '{name}': {why}" for model, lacks in found.lacks.items() for name, why in lacks.items()
    ]
    told += [f"{model}: nobody says {what}" for model, unsaid in found.unsaid.items() for what in unsaid]
    return card_html("Side by side", table + list_html(told))


def changes(near: Sequence[Near]) -> str:
    """Each change of one requirement that lets more models in."""
    told = [str(one) for one in near] or ["No single change of a requirement lets another model in."]
    return card_html("Nearly", list_html(told))


def providers(project: Project) -> str:
    """The first providers, those of chosen models before all others, and what each says of what is asked of one."""
    from maquette.adapters.knowledge_files import load_providers

    found = scorecard_of(project.view, load_providers())
    shown = found[:PROVIDERS]
    told = "".join(
        f"<p><b>{escape(provider_head(one))}</b></p>{table_html(CRITERION_HEADINGS, criterion_cells(one))}"
        for one in shown
        if one.marks
    )
    lead = f"{len(shown)} of {len(found)}; * has a chosen model"
    return card_html("Providers", table_html(PROVIDER_HEADINGS, map(provider_cells, shown)) + told, lead)


def mark(model: str, chosen: Sequence[str]) -> str:
    """What stands before a chosen model."""
    return "◉ " if model in chosen else ""


def remark(text: str, *, wrong: bool = False) -> str:
    """A line of talk."""
    return f"<span style='color:{'#b00020' if wrong else 'inherit'}'>{escape(text)}</span>" if text else ""


def code(line: str) -> str:
    """The line of Python that does the same."""
    return f"<code>{escape(line)}</code>"


def nobody_selected() -> InvalidInput:
    """What to say where a model is needed."""
    return InvalidInput("no model is selected", fix="Select one in the list, several with Ctrl or Shift.")
