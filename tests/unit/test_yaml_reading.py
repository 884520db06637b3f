"""YAML is read exactly, with the line of every key; what is no YAML is one problem, never another error."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.foundation.problems import InvalidInput
from maquette.foundation.user_folders import cache_folder
from maquette.yaml_reading import Repeated, line_of, parse_yaml, read_yaml, remembered


def test_numbers_keep_their_digits_and_dates_stay_text() -> None:
    text = parse_yaml(b"a: [0.1000000000000000055, 1e-7, 3, 0x1F, 1_000, true, ~, 2026-13-45, yes]", "f.yaml")
    assert text.data == {
        "a": [Decimal("0.1000000000000000055"), Decimal("1e-7"), 3, 31, 1000, True, None, "2026-13-45", "yes"]
    }


def test_the_line_of_every_key_is_known() -> None:
    text = parse_yaml(b"a: 1\nb:\n  - x\n  - c: 2\n    d: 3\n", "f.yaml")
    assert text.line_of(("a",)) == 1
    assert text.line_of(("b", 1, "d")) == 5
    assert text.line_of(("b", 1, "gone", "deeper")) == 4
    assert text.line_of(("gone",)) is None


def test_a_key_that_stands_twice_is_told_with_both_lines_and_the_first_counts() -> None:
    text = parse_yaml(b"models:\n  a: 1\n  b: 2\n  a: 3\n", "f.yaml")
    assert text.data == {"models": {"a": 1, "b": 2}}
    assert text.repeated == (Repeated(keys=("models", "a"), first_line=2, line=4),)


def test_references_and_merges_are_written_out() -> None:
    text = parse_yaml(b"a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\nc: *x\n", "f.yaml")
    assert text.data == {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}, "c": {"p": 1, "q": 2}}


def test_a_character_that_is_escaped_in_two_halves_is_one() -> None:
    assert parse_yaml(b'{"a": "\\ud83d\\ude00"}', "f.yaml").data == {"a": "\U0001f600"}
    with pytest.raises(InvalidInput, match="half a character is escaped"):
        parse_yaml(b'a: "\\ud83d"', "f.yaml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: [1,", "f.yaml:1: the file is not YAML: expected the node content, but found '<stream end>'."),
        (b"a: 1\n\xff", "f.yaml:2: the file is not YAML: it is no UTF-8 text. Save it as UTF-8."),
        (b"a: 1\nb: \x00", "f.yaml:2: the file is not YAML: special characters are not allowed."),
        (b"[" * 5000, "f.yaml: the file is not YAML: it is nested too deeply."),
        (b"&a [*a]", "f.yaml:1: the file is not YAML: it is nested too deeply."),
        (b"? [a]\n: 1", "f.yaml:1: the file is not YAML: a key is no plain word."),
        (b"--- 1\n--- 2", "f.yaml:2: the file is not YAML: but found another document."),
    ],
    ids=["cut off", "not utf-8", "zero byte", "deep", "circular", "key", "two documents"],
)
def test_what_is_no_yaml_is_one_problem(content: bytes, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_yaml(content, "f.yaml")
    assert str(caught.value).startswith(message)


def test_references_that_grow_without_end_are_stopped() -> None:
    lines = ["l0: &l0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(InvalidInput, match="write out to too many values"):
        parse_yaml("\n".join(lines).encode(), "f.yaml")


def test_a_file_is_parsed_once_and_read_from_the_cache_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(f"a: {tmp_path}\n")
    assert read_yaml(path) == {"a": str(tmp_path)}
    newest = max((cache_folder() / "yaml").iterdir(), key=lambda kept: kept.stat().st_mtime_ns)
    newest.write_text('{"a": "from the cache"}')
    assert read_yaml(path) == {"a": "from the cache"}
    newest.write_text('{"a": "cut o')
    assert read_yaml(path) == {"a": str(tmp_path)}


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    path = tmp_path / "f.yaml"
    path.write_text("a: 0.5\n")
    assert read_yaml(path) == {"a": 0.5}


def test_the_cache_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = cache_folder() / "kind"
    folder.mkdir(parents=True)
    for number in range(600):
        kept = folder / f"{number:03}.json"
        kept.write_text("1")
        os.utime(kept, (number, number))
    assert remembered("kind", b"new", lambda _: {"made": True}) == {"made": True}
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 450
    assert "000.json" not in names
    assert "599.json" in names


def test_two_processes_can_fill_the_cache_at_once(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("a: [" + ", ".join(map(str, range(2000))) + "]\n")
    code = (
        "import json, sys; from pathlib import Path; from maquette.yaml_reading import read_yaml\n"
        "print(json.dumps(read_yaml(Path(sys.argv[1]))))"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", code, str(path)]
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(3)]
    answers = [json.loads(process.communicate()[0]) for process in running]
    assert answers == [{"a": list(range(2000))}] * 3
    assert [kept.suffix for kept in (tmp_path / "cache" / "maquette" / "yaml").iterdir()] == [".json"]


def test_what_making_raises_is_passed_on_and_nothing_is_kept() -> None:
    def broken(_: bytes) -> object:
        raise InvalidInput("no", fix="Nothing.")

    with pytest.raises(InvalidInput):
        remembered("kind", b"broken", broken)
    assert remembered("kind", b"broken", lambda _: 3) == 3


def test_the_line_in_a_file_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    assert line_of(tmp_path / "gone.yaml", ("a",)) is None
