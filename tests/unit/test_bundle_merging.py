"""Three texts become one: each side's change stands, and where both changed the same lines nothing is guessed."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maquette.bundle.merging import merge

BASE = "one\ntwo\nthree\nfour\nfive\n"
TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "d"]), max_size=8).map("".join)


def test_changes_of_both_sides_at_different_places_both_stand() -> None:
    merged = merge(BASE, "ONE\ntwo\nthree\nfour\nfive\n", "one\ntwo\nthree\nfour\nFIVE\nsix\n")
    assert (merged.text, merged.clean) == ("ONE\ntwo\nthree\nfour\nFIVE\nsix\n", True)


def test_different_changes_of_one_line_are_shown_with_what_was_there_before() -> None:
    merged = merge(BASE, BASE.replace("three", "mine"), BASE.replace("three", "theirs"))
    assert merged.conflicts == 1
    assert merged.text == (
        "one\ntwo\n<<<<<<< yours\nmine\n||||||| last export\nthree\n=======\ntheirs\n>>>>>>> rendered\nfour\nfive\n"
    )


def test_changes_of_touching_lines_disagree() -> None:
    assert merge(BASE, BASE.replace("two", "mine"), BASE.replace("three", "theirs")).conflicts == 1


def test_the_same_change_on_both_sides_is_no_conflict() -> None:
    changed = BASE.replace("three", "3")
    assert merge(BASE, changed, changed).text == changed


def test_a_line_that_one_side_takes_away_and_the_other_changes_is_a_conflict() -> None:
    assert merge(BASE, BASE.replace("three\n", ""), BASE.replace("three", "3")).conflicts == 1


def test_a_missing_last_line_feed_is_a_change_like_any_other() -> None:
    assert merge("a\nb\n", "a\nb", "a\nb\n").text == "a\nb"
    assert merge("a\nb\n", "a\nb", "a\nc\n").conflicts == 1


def test_texts_without_anything_in_common_are_one_conflict() -> None:
    assert merge("", "mine\n", "theirs\n").conflicts == 1
    assert merge("", "", "theirs\n").text == "theirs\n"


@given(TEXTS, TEXTS)
def test_only_their_change_gives_their_text(base: str, theirs: str) -> None:
    merged = merge(base, base, theirs)
    assert (merged.text, merged.conflicts) == (theirs, 0)


@given(TEXTS, TEXTS)
def test_only_my_change_gives_my_text_untouched(base: str, mine: str) -> None:
    merged = merge(base, mine, base)
    assert (merged.text, merged.clean, merged.untouched) == (mine, True, True)


@given(TEXTS, TEXTS, TEXTS)
def test_the_sides_may_change_places(base: str, mine: str, theirs: str) -> None:
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)
    assert one.conflicts == other.conflicts
    assert not one.clean or one.text == other.text


@given(base=TEXTS, mine=TEXTS, theirs=TEXTS, where=st.integers(0, 8))
def test_no_line_of_the_users_is_lost(base: str, mine: str, theirs: str, where: int) -> None:
    lines = mine.splitlines(keepends=True)
    lines.insert(where, "written by the user alone\n")
    assert "written by the user alone\n" in merge(base, "".join(lines), theirs).text


def edited(draw: st.DrawFn, side: str) -> str:
    """The lines 0 to 9 with some taken away, changed or followed by new ones; no new line is like another."""
    made = []
    for number in range(10):
        kind = draw(st.sampled_from(["keep", "keep", "keep", "keep", "change", "drop", "add"]))
        if kind in {"keep", "add"}:
            made.append(f"{number}\n")
        if kind in {"change", "add"}:
            made.append(f"{side} {number}\n")
    return "".join(made)


@st.composite
def sides(draw: st.DrawFn) -> tuple[str, str]:
    return edited(draw, "mine"), edited(draw, "theirs")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("merge")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(both=sides())
def test_git_merges_the_same_where_lines_are_told_apart(folder: Path, both: tuple[str, str]) -> None:
    texts = {"mine": both[0], "base": "".join(f"{number}\n" for number in range(10)), "theirs": both[1]}
    for name, text in texts.items():
        (folder / name).write_text(text)
    git = subprocess.run(
        ["git", "merge-file", "--stdout", "mine", "base", "theirs"], cwd=folder, capture_output=True, check=False
    )
    ours = merge(texts["base"], texts["mine"], texts["theirs"])
    assert ours.clean is (git.returncode == 0)
    assert not ours.clean or ours.text == git.stdout.decode()
