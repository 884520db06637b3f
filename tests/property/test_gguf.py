"""Any bytes give a card or one clear problem, never another error: a model file may come from anywhere."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maquette.adapters.gguf_files import read_card
from maquette.foundation.problems import InvalidInput
from maquette.foundation.shipped import shipped

TINY = shipped("catalog", "demo_models", "triage-tiny.gguf").read_bytes()
HEADER = len(TINY) - 49_344
"""Bytes before the data of the demo file's tensors."""

ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def tried(path: Path, content: bytes) -> str | None:
    """What is wrong with the content, if anything."""
    path.write_bytes(content)
    try:
        read_card(path)
    except InvalidInput as problem:
        return problem.what
    return None


def test_a_file_that_ends_at_any_byte_of_its_header_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    path.write_bytes(TINY)
    for length in reversed(range(HEADER)):
        os.truncate(path, length)
        with pytest.raises(InvalidInput, match=r"cut off|not a GGUF file"):
            read_card(path)


@pytest.mark.parametrize("length", [HEADER, HEADER + 1, len(TINY) - 1])
def test_a_file_that_ends_in_its_weights_is_cut_off(tmp_path: Path, length: int) -> None:
    assert "cut off" in (tried(tmp_path / "cut.gguf", TINY[:length]) or "")


@ONE_FOLDER
@given(content=st.binary(max_size=400), version=st.sampled_from([2, 3]))
def test_random_bytes_behind_the_magic_number_never_crash(tmp_path: Path, content: bytes, version: int) -> None:
    tried(tmp_path / "random.gguf", b"GGUF" + version.to_bytes(4, "little") + content)


@ONE_FOLDER
@given(at=st.integers(0, HEADER - 1), byte=st.integers(0, 255), more=st.integers(0, 7))
def test_a_changed_byte_in_a_header_never_crashes(tmp_path: Path, at: int, byte: int, more: int) -> None:
    changed = TINY[:at] + bytes([byte] * (more + 1)) + TINY[at + more + 1 :]
    tried(tmp_path / "changed.gguf", changed)


@ONE_FOLDER
@given(counts=st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)))
def test_any_counts_are_refused_quickly(tmp_path: Path, counts: tuple[int, int]) -> None:
    head = b"".join(count.to_bytes(8, "little") for count in counts)
    what = tried(tmp_path / "counts.gguf", TINY[:8] + head + TINY[24:])
    assert what is not None or counts == (int.from_bytes(TINY[8:16], "little"), int.from_bytes(TINY[16:24], "little"))
