"""Writing a plan into a real folder: nothing of the user's is lost, nothing leaves the folder."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from maquette.adapters.bundle_files import BundleFolder, WriteReport, read_present, write, zip_bundle
from maquette.bundle.lock import LOCK_NAME, Lock, text_digest
from maquette.bundle.plan import BundlePlan, FileSpec, FileState, Resolution
from maquette.bundle.planning import plan_bundle, wanted_paths
from maquette.foundation.problems import Conflict, InvalidInput, Unavailable


def specs(files: dict[str, str]) -> list[FileSpec]:
    lock = Lock(
        maquette_version="0.1.0",
        computed_from="basis",
        files={path: text_digest(text) for path, text in files.items()},
    )
    rendered = [FileSpec(path=path, content=text, template="t") for path, text in files.items()]
    return [*rendered, FileSpec(path=LOCK_NAME, content=lock.as_text(), template="")]


def plan(out: Path, files: dict[str, str]) -> BundlePlan:
    folder = BundleFolder(out)
    text = folder.lock()
    lock = Lock.from_text(text) if text else None
    rendered = specs(files)
    present = folder.present(wanted_paths(rendered, lock))
    return plan_bundle(rendered, present=present, lock=lock, out="out", computed_from="basis")


def export(out: Path, files: dict[str, str], **resolutions: Resolution) -> WriteReport:
    """Plan and write; resolutions by file name with ``_`` for the point."""
    named = {name.replace("_", "."): resolution for name, resolution in resolutions.items()}
    return write(plan(out, files), out, named)


def tree(out: Path) -> dict[str, str]:
    return {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*") if path.is_file()}


def test_a_first_export_writes_every_file_and_the_lock(tmp_path: Path) -> None:
    report = export(tmp_path / "out", {"README.md": "hello\n", "docs/a.md": "a\n"})
    assert report.written == ("README.md", "docs/a.md", "maquette.lock")
    assert tree(tmp_path / "out").keys() == {"README.md", "docs/a.md", "maquette.lock"}
    assert (tmp_path / "out/docs/a.md").read_text() == "a\n"


def test_a_second_export_of_the_same_writes_nothing(tmp_path: Path) -> None:
    export(tmp_path, {"a.md": "a\n"})
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert export(tmp_path, {"a.md": "a\n"}).written == ()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_an_edited_file_without_a_resolution_stops_the_whole_export(tmp_path: Path) -> None:
    export(tmp_path, {"a.md": "a\n", "b.md": "b\n"})
    (tmp_path / "a.md").write_text("mine\n")
    before = tree(tmp_path)
    with pytest.raises(Conflict, match=r"a\.md: this file was edited by you"):
        export(tmp_path, {"a.md": "new\n", "b.md": "new\n"})
    assert tree(tmp_path) == before


def test_a_file_of_the_users_that_was_there_first_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("my own\n")
    with pytest.raises(Conflict):
        export(tmp_path, {"README.md": "hello\n"})
    assert tree(tmp_path) == {"README.md": "my own\n"}


def test_a_kept_file_stays_and_the_lock_remembers_whose_it_is(tmp_path: Path) -> None:
    export(tmp_path, {"a.md": "a\n", "b.md": "b\n"})
    (tmp_path / "a.md").write_text("mine\n")
    report = export(tmp_path, {"a.md": "new\n", "b.md": "new\n"}, a_md=Resolution.KEEP)
    assert report.kept == ("a.md",)
    assert (tmp_path / "a.md").read_text() == "mine\n"
    assert (tmp_path / "b.md").read_text() == "new\n"
    assert Lock.from_text((tmp_path / LOCK_NAME).read_text()).kept == ("a.md",)


def test_a_kept_file_needs_no_second_answer_even_after_another_edit(tmp_path: Path) -> None:
    export(tmp_path, {"a.md": "a\n"})
    (tmp_path / "a.md").write_text("mine\n")
    export(tmp_path, {"a.md": "new\n"}, a_md=Resolution.KEEP)
    (tmp_path / "a.md").write_text("mine again\n")
    assert export(tmp_path, {"a.md": "new\n"}) == WriteReport(written=(), removed=(), kept=("a.md",))
    with pytest.raises(Conflict):
        export(tmp_path, {"a.md": "newer\n"})


def test_a_replaced_file_is_the_rendered_one_and_keeps_its_mode(tmp_path: Path) -> None:
    export(tmp_path, {"a.md": "a\n"})
    (tmp_path / "a.md").write_text("mine\n")
    (tmp_path / "a.md").chmod(0o640)
    export(tmp_path, {"a.md": "new\n"}, a_md=Resolution.REPLACE)
    assert (tmp_path / "a.md").read_text() == "new\n"
    assert (tmp_path / "a.md").stat().st_mode & 0o777 == 0o640


def test_an_obsolete_file_is_removed_with_its_empty_folder(tmp_path: Path) -> None:
    export(tmp_path, {"docs/a.md": "a\n", "b.md": "b\n"})
    report = export(tmp_path, {"b.md": "b\n"})
    assert report.removed == ("docs/a.md",)
    assert not (tmp_path / "docs").exists()


def test_a_users_file_beside_an_obsolete_one_stays(tmp_path: Path) -> None:
    export(tmp_path, {"docs/a.md": "a\n"})
    (tmp_path / "docs/mine.md").write_text("mine\n")
    export(tmp_path, {})
    assert (tmp_path / "docs/mine.md").read_text() == "mine\n"


@pytest.mark.parametrize("later", ["theirs\n", None], ids=["edited", "deleted"])
def test_a_file_that_changes_after_the_plan_stops_the_export(tmp_path: Path, later: str | None) -> None:
    export(tmp_path, {"a.md": "a\n"})
    planned = plan(tmp_path, {"a.md": "new\n"})
    if later is None:
        (tmp_path / "a.md").unlink()
    else:
        (tmp_path / "a.md").write_text(later)
    with pytest.raises(Conflict, match="changed after the plan"):
        write(planned, tmp_path, {})
    assert read_present(tmp_path, ["a.md"]).get("a.md") == later


def test_a_file_that_appears_after_the_plan_stops_the_export(tmp_path: Path) -> None:
    planned = plan(tmp_path, {"a.md": "new\n"})
    (tmp_path / "a.md").write_text("")
    with pytest.raises(Conflict):
        write(planned, tmp_path, {})


def test_bytes_that_are_no_text_count_as_an_edit(tmp_path: Path) -> None:
    export(tmp_path, {"a.md": "a\n"})
    (tmp_path / "a.md").write_bytes(b"\xff\xfe")
    assert plan(tmp_path, {"a.md": "a\n"}).in_state(FileState.EDITED)


@pytest.mark.parametrize("path", ["../a", "/etc/a", "docs/../../a", "..\\a", "C:/a", ""])
def test_a_path_out_of_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(InvalidInput, match="leads out"):
        read_present(tmp_path, [path])


def test_a_folder_that_is_a_link_to_elsewhere_is_refused(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (out / "docs").symlink_to(elsewhere)
    with pytest.raises(InvalidInput, match="leads out"):
        export(out, {"docs/a.md": "a\n"})
    assert not any(elsewhere.iterdir())


def test_a_file_that_is_a_link_is_neither_read_nor_followed(tmp_path: Path) -> None:
    out, secret = tmp_path / "out", tmp_path / "secret"
    out.mkdir()
    secret.write_text("secret\n")
    (out / "a.md").symlink_to(secret)
    with pytest.raises(InvalidInput, match="leads out"):
        export(out, {"a.md": "a\n"})
    assert secret.read_text() == "secret\n"


def test_a_bundle_folder_that_is_itself_a_link_is_the_users_choice(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    export(tmp_path / "out", {"a.md": "a\n"})
    assert (tmp_path / "real/a.md").read_text() == "a\n"


def test_a_full_disk_changes_nothing_and_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(tmp_path, {"a.md": "a\n", "b.md": "b\n"})
    before = tree(tmp_path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left on device; nothing was written"):
        export(tmp_path, {"a.md": "new\n", "b.md": "new\n"})
    assert tree(tmp_path) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_without_permission_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(Unavailable, match="Permission denied"):
        export(tmp_path / "out", {"a.md": "a\n"})


def test_a_folder_where_a_file_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.md").mkdir()
    with pytest.raises(Unavailable, match=r"cannot read a\.md"):
        export(tmp_path, {"a.md": "a\n"})


def test_a_file_where_the_folder_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("not a folder")
    with pytest.raises(Unavailable, match="nothing was written"):
        export(tmp_path / "out", {"a.md": "a\n"})


def test_the_lock_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    replace = os.replace

    def spy(source: Path, place: Path) -> None:
        order.append(place.name)
        replace(source, place)

    monkeypatch.setattr(os, "replace", spy)
    export(tmp_path, {"a.md": "a\n", "z.md": "z\n"})
    assert order == ["journal.json", "a.md", "z.md", LOCK_NAME]


def test_a_zip_of_equal_files_is_the_same_zip_whatever_their_order() -> None:
    files = specs({"docs/a.md": "a\n", "b.md": "b\n"})
    assert zip_bundle(files) == zip_bundle(reversed(files))
    with zipfile.ZipFile(io.BytesIO(zip_bundle(files))) as archive:
        assert archive.namelist() == ["b.md", "docs/a.md", LOCK_NAME]
        assert archive.read("docs/a.md") == b"a\n"
