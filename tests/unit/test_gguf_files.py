"""GGUF headers are read without weights; a broken file is one clear problem and hides no other."""

import shutil
import struct
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.gguf_files import find_local_models, read_card
from maquette.catalog.attention import CacheKind, LayerGroup
from maquette.catalog.cards import Capability, Hosting
from maquette.catalog.weights import Weights
from maquette.foundation.problems import InvalidInput
from maquette.foundation.shipped import shipped
from tests.gguf_bytes import F32, Q8_0, gguf, model


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


def test_one_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    shutil.copyfile(shipped("catalog", "demo_models", "triage-tiny.gguf"), tmp_path / "good.gguf")
    (tmp_path / "bad.gguf").write_bytes(b"x")
    found = find_local_models([tmp_path, tmp_path / "nowhere"])
    assert [card.id for card in found.cards] == ["local/good"]
    assert len(found.problems) == 1


def shape(tmp_path: Path, metadata: dict[str, Any]) -> Weights:
    """What is read from a file with that metadata."""
    path = tmp_path / "m.gguf"
    path.write_bytes(gguf(metadata, {"a": ([64], F32)}))
    weights = read_card(path).weights
    assert weights is not None
    return weights


LLAMA = {"block_count": 4, "embedding_length": 64, "attention__head_count": 8, "context_length": 2048}


def test_heads_sizes_and_quantisation_are_read(tmp_path: Path) -> None:
    metadata = model("llama", **LLAMA, attention__head_count_kv=2, vocab_size=100)
    weights = shape(tmp_path, {**metadata, "general.file_type": 15, "general.license": "mit"})
    assert weights.cache == (LayerGroup(kind=CacheKind.FULL, layers=4, heads=2, key_dim=8, value_dim=8),)
    assert (weights.native_quantisation, weights.licence, weights.vocabulary) == ("Q4_K_M", "mit", 100)
    assert (weights.hidden, weights.layers, weights.attention) == (64, 4, "llama: full")


def test_layers_may_have_different_heads(tmp_path: Path) -> None:
    weights = shape(tmp_path, model("openelm", **LLAMA, attention__head_count_kv=[1, 1, 2, 2]))
    assert [(group.layers, group.heads) for group in weights.cache] == [(2, 1), (2, 2)]


def test_windows_are_read_or_known_by_the_family(tmp_path: Path) -> None:
    gemma3 = model("gemma3", **{**LLAMA, "block_count": 12}, attention__head_count_kv=2, attention__sliding_window=512)
    assert [(g.kind, g.layers, g.window) for g in shape(tmp_path, gemma3).cache] == [
        (CacheKind.WINDOW, 10, 512),
        (CacheKind.FULL, 2, None),
    ]
    said = {"attention__sliding_window_pattern": [True, False, False, False], "attention__sliding_window": 128}
    own = model("newcomer", **LLAMA, attention__head_count_kv=2, **said)
    assert [(g.kind, g.layers) for g in shape(tmp_path, own).cache] == [(CacheKind.WINDOW, 1), (CacheKind.FULL, 3)]
    unknown = model("mistral", **LLAMA, attention__head_count_kv=2, attention__sliding_window=128)
    assert [g.kind for g in shape(tmp_path, unknown).cache] == [CacheKind.FULL]


def test_gemma_4_has_other_sizes_in_its_windows_and_shares_caches(tmp_path: Path) -> None:
    fields = {
        "attention__head_count_kv": [1, 1, 1, 1],
        "attention__key_length": 512,
        "attention__value_length": 512,
        "attention__key_length_swa": 256,
        "attention__value_length_swa": 256,
        "attention__sliding_window": 512,
        "attention__sliding_window_pattern": [True, False, True, False],
        "attention__shared_kv_layers": 2,
    }
    assert shape(tmp_path, model("gemma4", **LLAMA, **fields)).cache == (
        LayerGroup(kind=CacheKind.WINDOW, layers=1, heads=1, key_dim=256, value_dim=256, window=512),
        LayerGroup(kind=CacheKind.FULL, layers=1, heads=1, key_dim=512, value_dim=512),
    )


def test_latent_attention_is_read_by_its_rank(tmp_path: Path) -> None:
    fields = {"attention__head_count_kv": 1, "attention__kv_lora_rank": 512, "rope__dimension_count": 64}
    weights = shape(tmp_path, model("deepseek2", **LLAMA, **fields))
    assert weights.cache == (LayerGroup(kind=CacheKind.LATENT, layers=4, key_dim=512, value_dim=64),)
    assert weights.kv_bytes_per_tok == 4 * 576 * 2


def test_states_stand_in_layers_without_kv_heads(tmp_path: Path) -> None:
    fields = {
        "attention__head_count_kv": [0, 0, 2, 0],
        "feed_forward_length": [0, 100, 0, 0],
        "ssm__state_size": 16,
        "ssm__inner_size": 128,
        "ssm__group_count": 2,
        "ssm__time_step_rank": 4,
        "ssm__conv_kernel": 4,
    }
    weights = shape(tmp_path, model("nemotron_h", **LLAMA, **fields))
    state = LayerGroup(
        kind=CacheKind.STATE,
        layers=2,
        heads=4,
        key_dim=32,
        value_dim=16,
        conv_channels=192,
        conv_taps=3,
        conv_number_bytes=4,
    )
    assert weights.cache == (LayerGroup(kind=CacheKind.FULL, layers=1, heads=2, key_dim=8, value_dim=8), state)
    assert state.bytes_per_entry() == 128 * 16 * 4 + 192 * 3 * 4


def test_every_fourth_layer_attends_where_the_file_says_an_interval(tmp_path: Path) -> None:
    states = {"ssm__state_size": 16, "ssm__inner_size": 128, "ssm__conv_kernel": 4, "full_attention_interval": 4}
    weights = shape(tmp_path, model("qwen3next", **LLAMA, attention__head_count_kv=2, **states))
    assert [(group.kind, group.layers) for group in weights.cache] == [(CacheKind.FULL, 1), (CacheKind.STATE, 3)]


def test_what_a_file_does_not_say_stays_unknown(tmp_path: Path) -> None:
    assert shape(tmp_path, {"general.architecture": "llama"}).kv_bytes_per_tok is None
    assert shape(tmp_path, model("rwkv7", block_count=4, wkv__head_size=64)).cache == ()
    strange = model("llama", **{**LLAMA, "block_count": 2**31})
    assert shape(tmp_path, strange).layers is None


def test_experts_count_for_a_token_as_many_as_it_uses(tmp_path: Path) -> None:
    path = tmp_path / "moe.gguf"
    tensors: dict[str, tuple[Sequence[int], int]] = {
        "token_embd.weight": ([64, 100], F32),
        "blk.0.ffn_up_exps.weight": ([64, 32, 8], Q8_0),
    }
    path.write_bytes(gguf(model("qwen3moe", **LLAMA, expert_count=8, expert_used_count=2), tensors))
    weights = read_card(path).weights
    assert weights is not None
    assert weights.params_b == Decimal(6_400 + 16_384) / 10**9
    assert weights.active_params_b == Decimal(6_400 + 4_096) / 10**9
    assert weights.file_bytes == 6_400 * 4 + 16_384 // 32 * 34
    assert weights.native_quantisation == "Q8_0"


def test_a_file_whose_tensors_are_cut_off_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    path.write_bytes(gguf(model("llama"), {"a": ([64], F32), "b": ([64], F32)}, missing=1))
    with pytest.raises(InvalidInput, match=r"cut off: 1 bytes of its tensors are missing"):
        read_card(path)


def test_the_demo_files_take_their_tensors_and_a_header() -> None:
    for path in shipped("catalog", "demo_models").glob("*.gguf"):
        weights = read_card(path).weights
        assert weights is not None
        assert weights.file_bytes is not None
        assert 0 < path.stat().st_size - weights.file_bytes < 40_000


def test_a_model_in_several_files_is_one_model(tmp_path: Path) -> None:
    first = gguf({**model("llama", **LLAMA), "split.count": 2}, {"a": ([64], F32)})
    (tmp_path / "big-Q8_0-00001-of-00002.gguf").write_bytes(first)
    (tmp_path / "big-Q8_0-00002-of-00002.gguf").write_bytes(gguf({"split.no": 1}, {"b": ([32], F32)}))
    found = find_local_models([tmp_path])
    assert [card.id for card in found.cards] == ["local/big-Q8_0"]
    weights = found.cards[0].weights
    assert weights is not None
    assert (weights.params_b, weights.file_bytes) == (Decimal(96) / 10**9, 96 * 4)
    assert read_card(tmp_path / "big-Q8_0-00002-of-00002.gguf") == found.cards[0]
    (tmp_path / "big-Q8_0-00002-of-00002.gguf").unlink()
    assert "big-Q8_0-00002-of-00002.gguf is missing" in find_local_models([tmp_path]).problems[0].what


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        (struct.pack("<IIQ", 9, 9, 1), "array of arrays"),
        (struct.pack("<IIQ", 9, 4, 2**62), "items in an array"),
        (struct.pack("<IIQ", 9, 8, 3_000_000), "cut off"),
        (struct.pack("<IIQ", 9, 4, 2_000_000), "cut off"),
        (struct.pack("<IQ", 8, 2**50), "cut off"),
        (struct.pack("<I", 77), "unknown kind 77"),
    ],
)
def test_a_header_that_cannot_be_true_is_refused_at_once(tmp_path: Path, entry: bytes, what: str) -> None:
    path = tmp_path / "hostile.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"k" + entry + b"\0" * 64)
    started = time.perf_counter()
    with pytest.raises(InvalidInput, match=what):
        read_card(path)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("tensor", "what"),
    [
        (struct.pack("<I", 2**31), "dimensions"),
        (struct.pack("<I4QIQ", 4, 2**40, 2**40, 2**40, 2**40, 0, 0), "numbers in a tensor"),
        (struct.pack("<IQIQ", 1, 64, 99, 0), "unknown kind 99"),
        (struct.pack("<IQIQ", 1, 64, 0, 2**60), "cut off"),
    ],
)
def test_a_tensor_that_cannot_be_is_refused(tmp_path: Path, tensor: bytes, what: str) -> None:
    path = tmp_path / "hostile.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q", 1) + b"t" + tensor)
    with pytest.raises(InvalidInput, match=what):
        read_card(path)


def test_an_unreadable_path_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_card(tmp_path)


def test_a_file_of_words_alone_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.gguf"
    path.write_bytes(gguf(model("llama", **LLAMA)))
    with pytest.raises(InvalidInput, match="holds no weights"):
        read_card(path)


def test_words_that_are_no_names_are_not_taken_for_names(tmp_path: Path) -> None:
    weights = shape(tmp_path, {"general.architecture": "a b\x1b[31m", "general.license": "x" * 201})
    assert (weights.attention, weights.licence) == ("unknown", None)
