"""What an export would do to a folder, and the lock that remembers the last one."""

import pytest

from maquette.bundle.lock import LOCK_NAME, Lock, text_digest
from maquette.bundle.plan import BundlePlan, FileSpec, FileState, Resolution
from maquette.bundle.planning import plan_bundle, standing_resolutions, unified_diff, wanted_paths
from maquette.foundation.problems import InvalidInput


def spec(path: str, content: str) -> FileSpec:
    return FileSpec(path=path, content=content, template="docs/x.md.j2")


def lock(files: dict[str, str], *, kept: tuple[str, ...] = ()) -> Lock:
    digests = {path: text_digest(text) for path, text in files.items()}
    return Lock(maquette_version="0.1.0", computed_from="basis", files=digests, kept=kept)


def plan(files: dict[str, str], present: dict[str, str], locked: Lock | None) -> BundlePlan:
    return plan_bundle(
        [spec(path, text) for path, text in files.items()], present=present, lock=locked, out="out", computed_from="b"
    )


def state(rendered: str, *, there: str | None, written: str | None) -> FileState:
    present = {} if there is None else {"a.md": there}
    locked = None if written is None else lock({"a.md": written})
    return plan({"a.md": rendered}, present, locked).files[0].state


def test_a_file_that_is_not_there_is_new() -> None:
    assert state("one\n", there=None, written=None) is FileState.NEW
    assert state("one\n", there=None, written="one\n") is FileState.NEW


def test_a_file_with_the_rendered_text_is_the_same_with_or_without_a_lock() -> None:
    assert state("one\n", there="one\n", written=None) is FileState.SAME
    assert state("one\n", there="one\n", written="old\n") is FileState.SAME


def test_a_file_as_the_last_export_wrote_it_is_changed() -> None:
    assert state("new\n", there="old\n", written="old\n") is FileState.CHANGED


def test_a_file_that_differs_from_lock_and_render_is_edited() -> None:
    assert state("new\n", there="mine\n", written="old\n") is FileState.EDITED


def test_a_file_that_is_there_without_a_lock_is_edited() -> None:
    assert state("new\n", there="old\n", written=None) is FileState.EDITED


def test_a_file_that_is_rendered_no_more_is_obsolete_and_its_diff_takes_every_line_away() -> None:
    gone = plan({}, {"a.md": "one\n"}, lock({"a.md": "one\n"})).files[0]
    assert gone.state is FileState.OBSOLETE
    assert gone.diff == "--- present/a.md\n+++ rendered/a.md\n@@ -1 +0,0 @@\n-one\n"


def test_an_edited_file_that_is_rendered_no_more_is_the_users_and_leaves_the_plan() -> None:
    assert plan({}, {"a.md": "mine\n"}, lock({"a.md": "one\n"})).files == ()


def test_a_plan_lists_its_files_by_path() -> None:
    paths = [file.spec.path for file in plan({"b": "", "a": ""}, {"c": "x"}, lock({"c": "x"})).files]
    assert paths == ["a", "b", "c"]


def test_the_paths_to_look_at_are_the_rendered_and_the_locked_ones() -> None:
    assert wanted_paths([spec("b", "")], lock({"a": "x", "b": "y"})) == ("a", "b")


def test_the_diff_is_a_unified_one() -> None:
    assert unified_diff("a", "one\ntwo\n", "one\nzwei\n") == (
        "--- present/a\n+++ rendered/a\n@@ -1,2 +1,2 @@\n one\n-two\n+zwei\n"
    )


def test_the_diff_marks_a_missing_last_newline() -> None:
    assert unified_diff("a", "one", "one\n") == (
        "--- present/a\n+++ rendered/a\n@@ -1 +1 @@\n-one\n\\ No newline at end of file\n+one\n"
    )


def test_only_a_line_feed_ends_a_line_of_a_diff() -> None:
    assert unified_diff("a", "x\u2028y\n", "x\u2028z\n").count("\n") == 5


def with_lock(content: str, locked: Lock) -> list[FileSpec]:
    return [spec("a.md", content), FileSpec(path=LOCK_NAME, content=locked.as_text(), template="")]


def test_a_kept_file_is_not_asked_about_again_while_its_render_stays() -> None:
    last = lock({"a.md": "new\n"}, kept=("a.md",))
    planned = plan_bundle(
        with_lock("new\n", lock({"a.md": "new\n"})),
        present={"a.md": "mine\n", LOCK_NAME: last.as_text()}, lock=last, out="out", computed_from="b",
    )  # fmt: skip
    assert planned.in_state(FileState.EDITED)[0].spec.path == "a.md"
    assert planned.in_state(FileState.SAME)[0].spec.path == LOCK_NAME
    assert standing_resolutions(planned) == {"a.md": Resolution.KEEP}


def test_a_kept_file_is_asked_about_again_when_its_render_changes() -> None:
    last = lock({"a.md": "new\n"}, kept=("a.md",))
    planned = plan_bundle(
        with_lock("newer\n", lock({"a.md": "newer\n"})),
        present={"a.md": "mine\n", LOCK_NAME: last.as_text()}, lock=last, out="out", computed_from="b",
    )  # fmt: skip
    assert standing_resolutions(planned) == {}


def test_a_file_put_back_to_the_render_is_the_users_no_more() -> None:
    last = lock({"a.md": "new\n"}, kept=("a.md",))
    planned = plan_bundle(
        with_lock("new\n", lock({"a.md": "new\n"})), present={"a.md": "new\n"}, lock=last, out="out", computed_from="b"
    )
    assert standing_resolutions(planned) == {}


def test_a_lock_reads_back_as_it_was_written() -> None:
    whole = Lock(
        maquette_version="0.1.0", computed_from="basis", stages={"decision": "d"}, templates={"docs/x.md.j2": "t"},
        prices_as_of="2026-11-20", files={"b": "2", "a": "1"}, kept=("a",),
    )  # fmt: skip
    assert Lock.from_text(whole.as_text()) == whole


def test_a_lock_is_sorted_json_with_one_entry_a_line() -> None:
    text = Lock(maquette_version="0.1.0", computed_from="basis", files={"b": "2", "a": "1"}).as_text()
    assert text.index('"a": "1"') < text.index('"b": "2"')
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 2}', '{"format": 1}', '{"format": 1, "kept": [], "x": 1}']
)
def test_what_is_no_lock_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"maquette\.lock"):
        Lock.from_text(text)
