"""A model file is known by its content: another file of the same name is asked anew, a file of another time is not."""

import os
import time
from pathlib import Path

import pytest

from maquette.adapters.gguf_files import content_digest
from maquette.adapters.gguf_files.digest import SAMPLE_BYTES, SAMPLES, WHOLE_BYTES
from maquette.cli.main import run
from maquette.evals.calls import TargetSpec
from maquette.foundation.shipped import shipped
from tests.gguf_bytes import F32, gguf, model
from tests.project_world import demo_project, fewer_examples, opened

LARGE = WHOLE_BYTES + SAMPLES * SAMPLE_BYTES * 16


def large(path: Path, *, changed_at: int | None = None) -> Path:
    """A file with a hole behind its header, and perhaps one block that is another."""
    with path.open("wb") as file:
        file.write(gguf(model("llama", block_count=1), {"blk.0.w.weight": ([8], F32)}))
        file.truncate(LARGE)
        if changed_at is not None:
            file.seek(changed_at)
            file.write(b"x" * SAMPLE_BYTES)
    return path


def test_a_digest_does_not_change_with_name_or_time(tmp_path: Path) -> None:
    first = content_digest(large(tmp_path / "a.gguf"))
    assert first is not None
    os.utime(tmp_path / "a.gguf", (1, 1))
    assert content_digest(tmp_path / "a.gguf") == first
    assert content_digest(large(tmp_path / "b.gguf")) == first


@pytest.mark.parametrize("changed_at", [WHOLE_BYTES - 1, WHOLE_BYTES, LARGE - SAMPLE_BYTES])
def test_a_digest_changes_with_the_content(tmp_path: Path, changed_at: int) -> None:
    path = tmp_path / "a.gguf"
    first = content_digest(large(path))
    assert content_digest(large(path, changed_at=changed_at)) != first
    assert content_digest(path) is not None


def test_a_digest_of_several_files_changes_with_each(tmp_path: Path) -> None:
    names = [tmp_path / f"m-0000{number}-of-00002.gguf" for number in (1, 2)]
    for path in names:
        path.write_bytes(b"1")
    first = content_digest(names[0])
    assert content_digest(names[1]) == first
    names[1].write_bytes(b"22")
    assert content_digest(names[0]) != first
    names[1].unlink()
    assert content_digest(names[0]) is None


def test_a_file_that_is_not_there_has_no_digest(tmp_path: Path) -> None:
    assert content_digest(tmp_path / "none.gguf") is None


def test_a_large_file_is_known_in_a_moment(tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    with path.open("wb") as file:
        file.truncate(8 * 10**9)
    started_s = time.process_time()
    assert content_digest(path)
    assert time.process_time() - started_s < 1.0


def test_an_identity_without_a_digest_is_what_it_always_was() -> None:
    spec = TargetSpec(id="t", card="t", adapter="openai", model="m")
    assert spec.identity == ("t", "t", "openai", "m", None, {})
    digested = TargetSpec(id="t", card="t", adapter="llama_cpp", model="m", digest="1")
    assert digested.identity[-1] == "1"


def test_a_file_that_is_replaced_is_asked_again_and_one_that_is_touched_is_not(tmp_path: Path) -> None:
    place = tmp_path / "p"
    demo_project(place)
    fewer_examples(place, 4)
    assert opened(place).estimate().cached == 0
    assert run(["eval", "run", "--yes", "--json", "--project", str(place)]) == 0
    assert opened(place).estimate().cached == 4
    file = place / "models" / "triage-tiny.gguf"
    os.utime(file, (1, 1))
    assert opened(place).estimate().cached == 4
    file.write_bytes(shipped("catalog", "demo_models", "triage-small.gguf").read_bytes())
    assert opened(place).estimate().cached == 0
