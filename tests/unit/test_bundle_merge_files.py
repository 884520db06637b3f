"""Edits of the user in a real folder: merged from what was exported last, never lost; and interrupted exports."""

import json
import os
from pathlib import Path

import pytest

from maquette.adapters.bundle_files import BundleFolder, WriteReport, write
from maquette.adapters.bundle_files.exported import MOST_TEXTS, ExportedTexts
from maquette.bundle.lock import LOCK_NAME, Lock, text_digest
from maquette.bundle.paths import WRITING
from maquette.bundle.plan import BundlePlan, FileSpec, FileState, Resolution
from maquette.bundle.planning import History, plan_bundle, wanted_paths
from maquette.bundle.selecting import select
from maquette.foundation.problems import Conflict, NotFound, Unavailable

OLD, NEW = "one\ntwo\nthree\nfour\nfive\n", "one\ntwo\nthree\nfour\nFIVE\n"


class World:
    """A project's private folder and a bundle's folder, exported to with any texts."""

    def __init__(self, folder: Path) -> None:
        self.out, self.private = folder / "out", folder / ".maquette"
        self.folder = BundleFolder(self.out, private=self.private)
        self.texts = ExportedTexts(self.private / "exports")

    def specs(self, files: dict[str, str]) -> list[FileSpec]:
        known = {path: text_digest(text) for path, text in files.items()}
        lock = Lock(maquette_version="0", computed_from="b", files=known, brought_by=dict.fromkeys(files, "maquette 0"))
        rendered = [FileSpec(path=path, content=text, template=f"{path[0]}/t.j2") for path, text in files.items()]
        return [*rendered, FileSpec(path=LOCK_NAME, content=lock.as_text(), template="")]

    def lock(self) -> Lock | None:
        text = self.folder.lock()
        return Lock.from_text(text) if text else None

    def plan(self, files: dict[str, str], *, only: tuple[str, ...] = ()) -> BundlePlan:
        lock = self.lock()
        chosen = select(self.specs(files), only, lock)
        history = History(
            exported=self.folder.exported(lock.files if lock else {}), unfinished=self.folder.unfinished()
        )
        present = self.folder.present(wanted_paths(chosen.files, lock, history))
        return plan_bundle(
            chosen.files, present=present, lock=lock, out="out", computed_from="b", history=history,
            others=chosen.others,
        )  # fmt: skip

    def export(
        self, files: dict[str, str], how: Resolution | None = None, *, only: tuple[str, ...] = ()
    ) -> WriteReport:
        plan = self.plan(files, only=only)
        resolutions = {file.spec.path: how for file in plan.in_state(FileState.EDITED)} if how else {}
        return write(plan, self.out, resolutions, texts=self.texts)

    def state(self, path: str, files: dict[str, str]) -> FileState:
        return next(file.state for file in self.plan(files).files if file.spec.path == path)

    def edit(self, path: str, text: str) -> None:
        (self.out / path).write_text(text)

    def text(self, path: str) -> str:
        return (self.out / path).read_text()

    def there(self) -> set[str]:
        return {path.relative_to(self.out).as_posix() for path in self.out.rglob("*") if path.is_file()}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_an_edit_is_merged_with_the_new_text_and_stays_the_users(world: World) -> None:
    world.export({"a.md": OLD})
    world.edit("a.md", "ONE" + OLD[3:])
    report = world.export({"a.md": NEW}, Resolution.MERGE)
    assert world.text("a.md") == "ONE\ntwo\nthree\nfour\nFIVE\n"
    assert (report.written, report.kept) == (("a.md", LOCK_NAME), ())
    lock = world.lock()
    assert lock is not None
    assert (lock.kept, lock.files["a.md"]) == (("a.md",), text_digest(NEW))
    assert world.export({"a.md": NEW}) == WriteReport(written=(), removed=(), kept=("a.md",))


def test_an_edit_is_merged_again_and_again(world: World) -> None:
    world.export({"a.md": OLD})
    world.edit("a.md", "ONE" + OLD[3:])
    world.export({"a.md": NEW}, Resolution.MERGE)
    world.export({"a.md": NEW + "six\n"}, Resolution.MERGE)
    assert world.text("a.md") == "ONE\ntwo\nthree\nfour\nFIVE\nsix\n"


def test_a_conflict_is_never_written_into_the_file(world: World) -> None:
    world.export({"a.yaml": OLD})
    world.edit("a.yaml", OLD.replace("five", "mine"))
    with pytest.raises(Conflict, match="touch the same lines"):
        world.export({"a.yaml": NEW}, Resolution.MERGE)
    report = world.export({"a.yaml": NEW}, Resolution.MARKERS)
    assert world.text("a.yaml") == OLD.replace("five", "mine")
    assert report.kept == ("a.yaml",)
    assert world.text("a.yaml.merge").splitlines()[4:] == [
        "<<<<<<< yours", "mine", "||||||| last export", "five", "=======", "FIVE", ">>>>>>> rendered",
    ]  # fmt: skip


def test_a_file_of_markers_that_is_there_already_is_not_overwritten(world: World) -> None:
    world.export({"a.md": OLD})
    world.edit("a.md", OLD.replace("five", "mine"))
    world.edit("a.md.merge", "half merged\n")
    with pytest.raises(Conflict, match="there already"):
        world.export({"a.md": NEW}, Resolution.MARKERS)
    assert world.text("a.md.merge") == "half merged\n"


def test_without_the_last_exported_text_nothing_is_merged(world: World) -> None:
    world.export({"a.md": OLD})
    world.edit("a.md", "ONE" + OLD[3:])
    for text in (world.private / "exports").iterdir():
        text.write_bytes(b"broken")
    (file,) = world.plan({"a.md": NEW}).in_state(FileState.EDITED)
    assert file.merge is None
    for how in (Resolution.MERGE, Resolution.MARKERS):
        with pytest.raises(Conflict, match="what the last export wrote here is not known"):
            world.export({"a.md": NEW}, how)


def test_a_merge_shows_its_own_difference(world: World) -> None:
    world.export({"a.md": OLD})
    world.edit("a.md", "ONE" + OLD[3:])
    (file,) = world.plan({"a.md": NEW}).in_state(FileState.EDITED)
    assert [line for line in file.merged_diff.splitlines()[2:] if line[0] in "+-"] == ["-five", "+FIVE"]


def test_only_so_many_texts_are_kept_the_oldest_go_first(tmp_path: Path) -> None:
    texts = ExportedTexts(tmp_path)
    texts.keep(["first\n"])
    os.utime(tmp_path / text_digest("first\n"), (1, 1))
    texts.keep(f"{number}\n" for number in range(MOST_TEXTS))
    assert len(list(tmp_path.iterdir())) == MOST_TEXTS
    assert texts.find({"a": text_digest("first\n"), "b": text_digest("7\n")}) == {"b": "7\n"}


def test_where_the_project_cannot_be_written_the_export_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    plan = World(tmp_path).plan({"a.md": OLD})
    folder = BundleFolder(tmp_path / "elsewhere", private=tmp_path / "file" / ".maquette")
    assert folder.write(plan, {}) == ("a.md", LOCK_NAME)


def interrupted(world: World, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An export that ends behind its first file as if the process had been killed."""
    replace = os.replace
    done: list[Path] = []

    def once(source: Path, place: Path) -> None:
        if done:
            raise KeyboardInterrupt
        replace(source, place)
        if Path(place).parent == world.out:
            done.append(Path(place))

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", once)
        with pytest.raises(KeyboardInterrupt):
            world.export(files)


def test_an_interrupted_export_leaves_whole_files_and_the_next_one_knows_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.export({"a.md": "old\n", "b.md": "old\n"})
    interrupted(world, {"a.md": "new\n", "b.md": "new\n", "c.md": "new\n"}, monkeypatch)
    assert (world.text("a.md"), world.text("b.md")) == ("new\n", "old\n")
    assert world.state("a.md", {"a.md": "newer\n"}) is FileState.CHANGED
    world.export({"a.md": "newer\n", "b.md": "newer\n"})
    assert (world.text("a.md"), world.text("b.md")) == ("newer\n", "newer\n")
    assert world.there() == {"a.md", "b.md", LOCK_NAME}


def test_a_file_that_only_the_interrupted_export_made_is_taken_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.export({"b.md": "old\n"})
    interrupted(world, {"a.md": "new\n", "b.md": "old\n"}, monkeypatch)
    assert "a.md" in world.there()
    world.export({"b.md": "old\n"})
    assert world.there() == {"b.md", LOCK_NAME}


def test_an_edit_after_an_interrupted_export_is_still_the_users(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.export({"a.md": "old\n"})
    interrupted(world, {"a.md": "new\n"}, monkeypatch)
    world.edit("a.md", "mine\n")
    assert world.state("a.md", {"a.md": "newer\n"}) is FileState.EDITED


def test_what_a_killed_export_left_behind_is_cleared_even_when_nothing_is_to_write(world: World) -> None:
    world.export({"a.md": OLD})
    left = world.out / WRITING / "new-1"
    left.mkdir(parents=True)
    (left / "0").write_text("half")
    (world.out / WRITING / "journal.json").write_text(json.dumps({"files": {"a.md": [text_digest("x")]}}))
    assert world.export({"a.md": OLD}).written == ()
    assert not (world.out / WRITING).exists()


def test_a_broken_journal_is_no_journal(world: World) -> None:
    world.export({"a.md": OLD})
    (world.out / WRITING).mkdir()
    for text in ("", "[]", '{"files": 3}', '{"files": {"a.md": 3}}'):
        (world.out / WRITING / "journal.json").write_text(text)
        assert world.folder.unfinished() == {}


def test_another_export_has_its_turn_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    from maquette.adapters.bundle_files import folder

    monkeypatch.setattr(folder, "_TURN_S", 0.05)
    plan = world.plan({"a.md": OLD})
    world.private.mkdir()
    with FileLock(world.private / "export.lock"), pytest.raises(Unavailable, match="another export"):
        world.folder.write(plan, {})
    assert world.folder.write(plan, {}) == ("a.md", LOCK_NAME)


def test_a_part_alone_leaves_the_others_and_what_the_lock_says_of_them(world: World) -> None:
    world.export({"docs/a.md": "old\n", "gateway/b.yaml": "old\n"})
    before = world.lock()
    world.export({"docs/a.md": "new\n", "gateway/b.yaml": "new\n", "gateway/c.yaml": "new\n"}, only=("docs",))
    lock = world.lock()
    assert lock is not None
    assert before is not None
    assert (world.text("docs/a.md"), world.text("gateway/b.yaml")) == ("new\n", "old\n")
    assert lock.files == {"docs/a.md": text_digest("new\n"), "gateway/b.yaml": text_digest("old\n")}
    assert world.there() == {"docs/a.md", "gateway/b.yaml", LOCK_NAME}


def test_a_part_alone_takes_away_only_its_own_obsolete_files(world: World) -> None:
    world.export({"docs/a.md": "a\n", "docs/b.md": "b\n", "gateway/c.yaml": "c\n"})
    assert world.export({"docs/a.md": "a\n"}, only=("docs",)).removed == ("docs/b.md",)
    assert "gateway/c.yaml" in world.there()


def test_a_kept_file_of_another_part_stays_the_users(world: World) -> None:
    world.export({"docs/a.md": "a\n", "gateway/c.yaml": "c\n"})
    world.edit("gateway/c.yaml", "mine\n")
    world.export({"docs/a.md": "a\n", "gateway/c.yaml": "new\n"}, Resolution.KEEP)
    world.export({"docs/a.md": "new\n", "gateway/c.yaml": "new\n"}, only=("docs/a.md",))
    lock = world.lock()
    assert lock is not None
    assert lock.kept == ("gateway/c.yaml",)


def test_an_unknown_part_is_told_with_those_that_there_are(world: World) -> None:
    with pytest.raises(NotFound, match="no part of this bundle is called 'nothing'") as caught:
        world.plan({"docs/a.md": "a\n", "b.md": "b\n"}, only=("nothing",))
    assert caught.value.fix == "There are: b, b.md, d, docs, docs/a.md."


def test_the_lock_says_that_all_is_current_only_when_it_is(world: World) -> None:
    world.export({"docs/a.md": "old\n", "b.md": "old\n"}, only=("docs",))
    lock = world.lock()
    assert lock is not None
    assert lock.computed_from == ""
    world.export({"docs/a.md": "old\n", "b.md": "old\n"}, only=("b.md",))
    lock = world.lock()
    assert lock is not None
    assert lock.computed_from == "b"
