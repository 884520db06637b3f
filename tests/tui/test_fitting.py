"""What has no room is cut with an ellipsis, widest columns first; help and commands are in sight at every width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maquette_tui.actions import ACTIONS, footer
from maquette_tui.words import GAP, fitted

WORDS = st.text(alphabet="ab …x", max_size=60)


@given(rows=st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=4), width=st.integers(min_value=30, max_value=120))
def test_a_table_never_reaches_beyond_its_width(rows: list[tuple[str, ...]], width: int) -> None:
    found = fitted(("a", "b", "c"), rows, width)
    widest = [max(map(len, column)) for column in zip(("a", "b", "c"), *found, strict=True)]
    assert sum(widest) + GAP * 3 <= width
    for row, cut_row in zip(rows, found, strict=True):
        assert all(cut == cell or cut.endswith("…") for cell, cut in zip(row, cut_row, strict=True))


def test_the_widest_column_gives_and_short_ones_keep_their_words() -> None:
    rows = [("R-MODEL-01", "Build the evaluation set and run it", "because so")]
    assert fitted(("rule", "says", "why"), rows, 40) == [("R-MODEL-01", "Build the eva…", "because so")]
    assert fitted(("rule", "says", "why"), rows, 61) == rows


@pytest.mark.parametrize("width", [60, 78, 118])
@pytest.mark.parametrize("where", sorted({action.where for action in ACTIONS} - {"everywhere", "reading"}))
def test_help_and_commands_are_never_cut_off(where: str, width: int) -> None:
    line = footer(where, width)
    assert len(line) <= width
    assert line.split()[-4:] == ["?", "help", "^p", "commands"]


def test_every_key_of_the_decision_is_named_on_a_small_terminal() -> None:
    assert footer("decision", 78) == ("u undo  d decide  a sign  o open  x rules  b gates  v all  ? help  ^p commands")
