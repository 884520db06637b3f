"""The page and the book show the documents as they stand behind an export: the user's edits, kept or merged."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from maquette.adapters.bundle_files import BundleFolder
from maquette.adapters.markdown_documents import make_book, make_page
from maquette.bundle.lock import LOCK_NAME, Lock, text_digest
from maquette.bundle.plan import BundlePlan, FileSpec, FileState, Resolution
from maquette.bundle.planning import Comparison, History, wanted_paths
from maquette.bundle.selecting import select
from maquette.bundle.site.model import SITE_PATH, site_of
from maquette.bundle.site.standing import Standing
from tests import bundle_world as world

BRIEF = "docs/00-brief.md"
DRAWING = "docs/diagrams/context.svg"
MINE = "The tulips are ours."


@cache
def rendered() -> tuple[FileSpec, ...]:
    """Some documents and a drawing of a whole bundle, with their page and lock."""
    whole = {spec.path: spec for spec in world.render(world.inputs())}
    return with_page([whole[path] for path in ("README.md", BRIEF, "docs/06-cost-model.md", DRAWING)])


def rendered_as(text: str) -> tuple[FileSpec, ...]:
    """The same with another brief, as if a fact had changed."""
    own = [one for one in rendered() if one.path not in {SITE_PATH, LOCK_NAME}]
    return with_page([replace(one, content=text) if one.path == BRIEF else one for one in own])


def with_page(files: list[FileSpec]) -> tuple[FileSpec, ...]:
    """The files with the page over them and the lock of all."""
    page_of = FileSpec(path=SITE_PATH, content=make_page(site_of(world.inputs(), files)), template="")
    digests = {one.path: text_digest(one.content) for one in (*files, page_of)}
    lock = Lock(maquette_version="1", computed_from="x", files=digests, brought_by=dict.fromkeys(digests, ""))
    return (*files, page_of, FileSpec(path=LOCK_NAME, content=lock.as_text(), template=""))


def brief(files: tuple[FileSpec, ...]) -> str:
    return next(one.content for one in files if one.path == BRIEF)


def standing(folder: Path, files: tuple[FileSpec, ...]) -> Standing:
    """What an export of ``files`` to the folder is planned with."""
    target = BundleFolder(folder / "bundle", private=folder / "private")
    text = target.lock()
    lock = None if text is None else Lock.from_text(text)
    history = History(exported=target.exported(lock.files if lock else {}), unfinished=target.unfinished())
    compared = Comparison(
        present=target.present(wanted_paths(files, lock, history)), lock=lock, out="bundle", computed_from="x",
        history=history,
    )  # fmt: skip
    return Standing(inputs=world.inputs(), rendered=files, comparison=compared, site=make_page)


def export(folder: Path, files: tuple[FileSpec, ...], **said: Resolution) -> BundlePlan:
    """Plan and write; ``brief`` is the answer about the brief."""
    answers = {BRIEF: said["brief"]} if said else {}
    plan = standing(folder, files).plan(files).with_answers(answers)
    BundleFolder(folder / "bundle", private=folder / "private").write(plan, answers)
    return plan


def edited(folder: Path, before: str, behind: str) -> str:
    """The brief with the user's edit, as it then lies in the folder."""
    place = folder / "bundle" / BRIEF
    text = place.read_text("utf-8").replace(before, behind, 1)
    place.write_text(text, "utf-8")
    return text


def page(folder: Path) -> str:
    return (folder / "bundle" / SITE_PATH).read_text("utf-8")


def test_an_edit_that_is_kept_stands_in_the_page_and_a_second_export_changes_nothing(tmp_path: Path) -> None:
    export(tmp_path, rendered())
    assert page(tmp_path) == next(one.content for one in rendered() if one.path == SITE_PATH)
    edited(tmp_path, "## Numbers that matter", f"{MINE}\n\n## Numbers that matter")
    export(tmp_path, rendered(), brief=Resolution.KEEP)
    assert MINE in page(tmp_path)
    lock = Lock.from_text((tmp_path / "bundle" / LOCK_NAME).read_text("utf-8"))
    assert lock.files[SITE_PATH] == text_digest(page(tmp_path))
    again = standing(tmp_path, rendered()).plan(rendered())
    assert {one.spec.path for one in again.files if one.state is not FileState.SAME} == {BRIEF}


def test_an_edit_and_a_new_render_stand_in_the_page_together(tmp_path: Path) -> None:
    export(tmp_path, rendered())
    edited(tmp_path, "## Numbers that matter", f"{MINE}\n\n## Numbers that matter")
    changed = rendered_as(f"{brief(rendered())}\nA new last line.\n")
    export(tmp_path, changed, brief=Resolution.MERGE)
    assert MINE in page(tmp_path)
    assert "A new last line." in page(tmp_path)


@pytest.mark.parametrize(
    ("answer", "mine", "theirs"),
    [(Resolution.KEEP, True, False), (Resolution.MARKERS, True, False), (Resolution.REPLACE, False, True)],
)
def test_where_both_changed_the_same_line_the_answer_decides_what_the_page_shows(
    tmp_path: Path, answer: Resolution, mine: bool, theirs: bool
) -> None:
    export(tmp_path, rendered())
    title = brief(rendered()).split("\n", 1)[0]
    edited(tmp_path, title, f"# {MINE}")
    changed = rendered_as(brief(rendered()).replace(title, "# Quite another title", 1))
    shown = export(tmp_path, changed, brief=answer)
    assert (MINE in page(tmp_path), "Quite another title" in page(tmp_path)) == (mine, theirs)
    assert next(one.state for one in shown.files if one.spec.path == BRIEF) is FileState.EDITED


def test_an_export_of_the_page_alone_shows_the_documents_that_lie_in_the_folder(tmp_path: Path) -> None:
    export(tmp_path, rendered())
    edited(tmp_path, "## Numbers that matter", f"{MINE}\n\n## Numbers that matter")
    found = standing(tmp_path, rendered())
    chosen = select(rendered(), ["site"], found.comparison.lock)
    alone = replace(found, comparison=replace(found.comparison, others=chosen.others))
    plan = alone.plan(chosen.files)
    assert MINE in next(one.spec.content for one in plan.files if one.spec.path == SITE_PATH)
    assert {one.spec.path for one in plan.files} == {SITE_PATH, LOCK_NAME}


def test_the_book_has_the_edit_too_and_a_drawing_that_was_edited_stays_maquettes_own(tmp_path: Path) -> None:
    export(tmp_path, rendered())
    edited(tmp_path, "## Numbers that matter", f"{MINE}\n\n## Numbers that matter")
    (tmp_path / "bundle" / DRAWING).write_text("<svg><script>alert(1)</script></svg>", "utf-8")
    found = standing(tmp_path, rendered())
    texts = found.texts(found.comparison.plan(rendered()), {})
    book = make_book(site_of(world.inputs(), texts))
    assert MINE in book
    assert "alert(1)" not in book
    assert "alert(1)" not in make_page(site_of(world.inputs(), texts))
