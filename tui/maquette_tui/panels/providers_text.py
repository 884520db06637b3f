"""The providers of the shortlist as text: one line each, then what each says of what the requirements ask of it."""

from maquette.project.provider_words import (
    PROVIDER_HEADINGS,
    criterion_cells,
    provider_cells,
    provider_head,
    scorecard_of,
)
from maquette.project.view import View
from maquette_tui.panels.side_text import hanging
from maquette_tui.words import fitted

SHOWN = 12
"""So many providers; the rest is counted."""

NARROW, NARROW_COLUMNS = 96, 7
"""Where there are fewer columns than that, the table is without its last ones."""


def provider_sections(view: View, width: int) -> list[tuple[str, str]]:
    """A table of the providers, those of chosen models first (*), then what each says."""
    from maquette.adapters.knowledge_files import load_providers

    found = scorecard_of(view, load_providers())
    if not found:
        return [("Providers", "No model of the shortlist is behind a provider's API.")]
    shown = found[:SHOWN]
    told = PROVIDER_HEADINGS if width >= NARROW else PROVIDER_HEADINGS[:NARROW_COLUMNS]
    cells = fitted(told, [provider_cells(one)[: len(told)] for one in shown], width)
    more = [f"{len(found) - SHOWN} more: maquette shortlist providers --limit 0"] if len(found) > SHOWN else []
    table = "\n".join([*_aligned([told, *cells]), *more])
    asked = [(provider_head(one), hanging(criterion_cells(one), width)) for one in shown if one.marks]
    nothing = [("What is asked", "No requirement asks anything of a provider yet.")]
    return [("Providers", table), *(asked or nothing)]


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:{wide}}" for cell, wide in zip(row, widths, strict=True)).rstrip() for row in rows]
