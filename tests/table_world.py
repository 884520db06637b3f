"""The tables of a bundle's documents as cells: without the marks of sources, anchors, links and escapes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from maquette.bundle.documents.seen import Seen
from maquette.foundation.expression import FactValue
from tests import bundle_world as world
from tests.document_view_world import said, section, seen_of
from tests.document_world import scenario_inputs, scenario_texts


def cells(line: str) -> list[str]:
    """The cells of a table's row as a reader sees them; a bar inside a cell is escaped."""
    parts = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    shown = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", one) for one in parts)
    return [re.sub(r"\\(?=\W|_)", "", one).strip() for one in shown]


def table(text: str, title: str) -> dict[str, list[str]]:
    """First cell of each row of a section's tables to the other cells; heads and rules are left out."""
    lines = section(text, title).splitlines()
    rules = [place for place, line in enumerate(lines) if line.startswith("|") and set(line) <= set("|-")]
    heads = {place - 1 for place in rules}
    kept = [line for place, line in enumerate(lines) if line.startswith("|") and place not in heads | set(rules)]
    return {row[0]: row[1:] for row in map(cells, kept)}


def scenario_table(scenario: str, path: str, title: str) -> dict[str, list[str]]:
    """The table of that section of a scenario's document."""
    return table(scenario_texts(scenario)[path], title)


@cache
def whole_seen(scenario: str, *changes: tuple[str, FactValue]) -> Seen:
    """What a document of the scenario may read, as the bundle's builder puts it together; no file is rendered."""
    templates, seen = world.templates(), seen_of(scenario_inputs(scenario, *changes))
    return replace(seen, constants={**seen.constants, "runbooks": templates.artifact("runbooks").constants})


def shown(rows: Iterable[Mapping[str, Any]], key: str = "what") -> dict[str, dict[str, Any]]:
    """Rows of a view by their name, sentences as plain words."""
    return {
        str(row[key]): {
            name: said(value) if isinstance(value, list) and name != "rules" else value for name, value in row.items()
        }
        for row in rows
    }
