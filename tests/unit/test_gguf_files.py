"""GGUF headers are read without weights; a broken file is one clear problem and hides no other."""

import shutil
import struct
from decimal import Decimal
from pathlib import Path

import pytest

from maquette.adapters.gguf_files import find_local_models, read_card
from maquette.catalog.cards import Capability, Hosting
from maquette.foundation.problems import InvalidInput
from maquette.foundation.shipped import shipped


def test_the_demo_models_are_read_by_their_headers() -> None:
    found = find_local_models([shipped("catalog", "demo_models")])
    assert [card.id for card in found.cards] == ["local/triage-small", "local/triage-tiny"]
    assert found.problems == ()
    tiny = found.cards[1]
    assert tiny.hosting is Hosting.LOCAL_FILE
    assert tiny.weights is not None
    assert tiny.weights.params_b == Decimal(46_176) / 10**9
    assert tiny.context_tok == 256
    assert tiny.can(Capability.JSON_SCHEMA) is True
    assert tiny.can(Capability.TOOLS) is None


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"not a model at all, only text", "does not begin with GGUF"),
        (b"GGUF" + struct.pack("<IQQ", 9, 0, 0), "version 9"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60), "entries"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 2**40), "cut off"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"k" + struct.pack("<I", 99), "kind 99"),
    ],
)
def test_a_broken_file_is_one_clear_problem(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=what) as caught:
        read_card(path)
    assert caught.value.place.file == "broken.gguf"


def test_a_file_that_is_cut_off_anywhere_in_its_header_never_crashes(tmp_path: Path) -> None:
    whole = shipped("catalog", "demo_models", "triage-tiny.gguf").read_bytes()
    path = tmp_path / "cut.gguf"
    for length in range(4, 20_000, 997):
        path.write_bytes(whole[:length])
        try:
            read_card(path)
        except InvalidInput:
            continue


def test_one_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    shutil.copyfile(shipped("catalog", "demo_models", "triage-tiny.gguf"), tmp_path / "good.gguf")
    (tmp_path / "bad.gguf").write_bytes(b"x")
    found = find_local_models([tmp_path, tmp_path / "nowhere"])
    assert [card.id for card in found.cards] == ["local/good"]
    assert len(found.problems) == 1
