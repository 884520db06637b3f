"""Files that are written whole or not at all."""

from pathlib import Path

import pytest

from maquette.foundation.problems import InvalidInput, Unavailable
from maquette.foundation.whole_files import stage_text, write_whole


def test_a_file_takes_the_place_of_the_old_one_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o600)
    write_whole(path, "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old", encoding="utf-8")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_whole(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text(encoding="utf-8") == "new"


def test_a_staged_file_leaves_the_old_one_until_it_is_put(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("older", encoding="utf-8")
    staged = stage_text(path, ("n", "ew"))
    assert (staged.size_bytes, staged.replaced_bytes, path.read_text(encoding="utf-8")) == (3, 5, "older")
    staged.drop()
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def test_text_goes_into_a_device_as_it_is_and_a_full_one_is_told() -> None:
    write_whole(Path("/dev/null"), "new")
    with pytest.raises(Unavailable, match="No space left on device"):
        write_whole(Path("/dev/full"), "new")


def test_a_folder_in_its_place_and_a_folder_that_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="a folder is in its place"):
        write_whole(tmp_path, "new")
    with pytest.raises(InvalidInput, match="its folder is not there"):
        write_whole(tmp_path / "none" / "a.txt", "new")
