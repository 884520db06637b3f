"""Precise language: a figure with a source is no bare number, but says what it counts or in which unit."""

import re
from collections.abc import Iterator

import pytest

from tests.document_lints import MARK
from tests.document_world import SCENARIOS, documents, scenario_texts

BARE = re.compile(r"(?<![\w.,$:-])\d[\d,.]*$")
"""A number without currency, per cent sign or unit, at the end of the text before a mark."""

COUNTED = re.compile(r"\s+(?:of \d[\d,.]* |of the )?[A-Za-z]")
"""What is counted, behind the mark: ``2 of 3 parts``."""

NOUNS = re.compile(
    r"\b(?:requests?|tokens?|turns?|months?|days?|examples?|answers?|models?|duties|scored|components|GPUs|cards|repetitions)\b",
    re.I,
)
"""What figures of these documents count, where the noun stands before the number or over its column."""

NAMED = re.compile(r"(?:\b(?:CCR|CFR|Code)\b.*|[A-Z][a-z]+ |\bSOC |_count )$")
"""A number that is part of a name (an article of a law, the version of a model), or behind a fact that is a count."""


def unitless(text: str) -> Iterator[str]:
    """The end of each line that has a sourced number of which nothing says what it counts."""
    lines, head = text.splitlines(), list[str]()
    for place, line in enumerate(lines):
        below = lines[place + 1] if place + 1 < len(lines) else ""
        if line.startswith("|") and below and set(below) <= set("|-"):
            head = _cells(line)
        for mark in MARK.finditer(line):
            before = MARK.sub("", line[: mark.start()])
            number = BARE.search(before)
            if (
                number is None
                or COUNTED.match(MARK.sub("", line[mark.end() :]))
                or (mark.group(1) == "ᶜ" and _id(before))
            ):
                continue
            near = _near(before[: number.start()], head if line.startswith("|") else [])
            if not NOUNS.search(near) and not NAMED.search(before[: number.start()]):
                yield before[-60:]


def _id(before: str) -> bool:
    """Whether the cell is a name of a list or of a law rather than a quantity: its first one, or a year's edition."""
    return before.count("|") == 1 or bool(re.search(r"[A-Z]{2,}\d*:\d{4}$", before))


def _near(before: str, head: list[str]) -> str:
    """The sentence or cell so far, the first cell of its row, and the heading of its column."""
    cells = _cells(before)
    column = head[len(cells) - 1] if head and len(cells) <= len(head) else ""
    return " ".join([column, cells[0], cells[-1]]) if head else re.split(r"[.;] ", before)[-1]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.lstrip("|"))]


def test_a_number_of_which_nothing_says_what_it_counts_is_found() -> None:
    table = (
        "| What | Value |\n|---|---|\n| size | 2,210[ᵉ](x) |\n| answers | 2,210[ᵉ](x) |\n| pace | 40 tokens/s[ᵉ](x) |"
    )
    assert list(unitless(table)) == ["| size | 2,210"]
    assert list(unitless("It takes 12[ᵐ](x).")) == ["It takes 12"]
    assert (
        list(unitless("It takes 12[ᵐ](x) turns, at most $3.50[ᵉ](x), 95 %[ʳ](x) of them in 2 of 3[ᵉ](x) regions."))
        == []
    )


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_sourced_number_says_what_it_counts(scenario: str) -> None:
    found = {path: list(unitless(text)) for path, text in documents(scenario_texts(scenario)).items()}
    assert {path: lines for path, lines in found.items() if lines} == {}
