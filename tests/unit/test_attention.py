"""What a model keeps for each sequence, against figures reckoned by hand, one for each kind of attention."""

import pytest
from pydantic import ValidationError

from maquette.catalog.attention import (
    CacheKind,
    KvDtype,
    LayerGroup,
    described,
    formula,
    kv_bytes,
    kv_bytes_per_tok,
)
from maquette.catalog.open_weights import WeightsEntry

LLAMA_8B = LayerGroup(kind=CacheKind.FULL, layers=32, heads=8, key_dim=128, value_dim=128)
DEEPSEEK_R1 = LayerGroup(kind=CacheKind.LATENT, layers=61, key_dim=512, value_dim=64)
WINDOW = LayerGroup(kind=CacheKind.WINDOW, layers=12, heads=8, key_dim=64, value_dim=64, window=128)
DELTA = LayerGroup(
    kind=CacheKind.STATE, layers=48, heads=48, key_dim=128, value_dim=128, conv_channels=10_240, conv_taps=3
)
COMPRESSED = LayerGroup(kind=CacheKind.COMPRESSED, layers=30, key_dim=512, every=4)
INDEX = LayerGroup(kind=CacheKind.INDEX, layers=61, key_dim=128, entry_bytes=132)


def test_grouped_attention_takes_keys_and_values_of_every_kv_head() -> None:
    assert kv_bytes_per_tok([LLAMA_8B]) == 32 * 8 * (128 + 128) * 2 == 131_072
    assert kv_bytes([LLAMA_8B], 32_768) == 4 * 2**30


def test_latent_attention_takes_one_vector_for_all_heads() -> None:
    # 1,152 bytes a token and layer, 61 layers, 131,072 tokens
    assert kv_bytes([DEEPSEEK_R1], 131_072) == 9_210_691_584


def test_a_window_stops_growing() -> None:
    assert kv_bytes([WINDOW], 100) == 12 * 8 * 128 * 2 * 100
    assert kv_bytes([WINDOW], 128) == kv_bytes([WINDOW], 100_000) == 12 * 8 * 128 * 2 * 128
    assert kv_bytes_per_tok([WINDOW]) == 0


def test_a_state_is_the_same_for_one_token_and_for_a_million() -> None:
    expected = 48 * (48 * 128 * 128 * 4 + 10_240 * 3 * 2)
    assert kv_bytes([DELTA], 1) == kv_bytes([DELTA], 1_000_000) == expected
    assert kv_bytes([DELTA], 1, KvDtype.Q4_0) == expected
    assert kv_bytes_per_tok([DELTA]) == 0


def test_a_compressed_cache_takes_an_entry_when_its_tokens_are_there() -> None:
    assert kv_bytes([COMPRESSED], 3) == 0
    assert kv_bytes([COMPRESSED], 4) == kv_bytes([COMPRESSED], 7) == 30 * 512 * 2
    assert kv_bytes_per_tok([COMPRESSED]) == 30 * 512 * 2 // 4


@pytest.mark.parametrize(
    ("dtype", "expected"), [(KvDtype.BF16, 256), (KvDtype.FP8, 128), (KvDtype.Q8_0, 136), (KvDtype.Q4_0, 72)]
)
def test_the_formats_of_engines_take_their_blocks(dtype: KvDtype, expected: int) -> None:
    one = LayerGroup(kind=CacheKind.FULL, layers=1, heads=1, key_dim=64, value_dim=64)
    assert kv_bytes_per_tok([one], dtype) == expected


def test_a_row_that_fills_no_block_takes_a_whole_one() -> None:
    one = LayerGroup(kind=CacheKind.FULL, layers=1, heads=1, key_dim=33, value_dim=0)
    assert kv_bytes_per_tok([one], KvDtype.Q8_0) == 2 * 34


def test_an_index_keeps_its_own_format() -> None:
    assert {kv_bytes([INDEX], 10, dtype) for dtype in KvDtype} == {61 * 10 * 132}


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (LLAMA_8B, "32 layers x 8 x (128 + 128) x 2 B x context"),
        (DEEPSEEK_R1, "61 layers x (512 + 64) x 2 B x context"),
        (WINDOW, "12 layers x 8 x (64 + 64) x 2 B x min(context, 128)"),
        (DELTA, "48 layers x (48 x 128 x 128 x 4 B + 10240 x 3 x 2 B)"),
        (COMPRESSED, "30 layers x 512 x 2 B x floor(context / 4)"),
        (INDEX, "61 layers x 132 B x context"),
    ],
)
def test_the_formula_gives_the_bytes_when_it_is_reckoned(group: LayerGroup, expected: str) -> None:
    assert formula(group) == expected
    text = expected.replace(" layers", "").replace(" B", "").replace(" x ", " * ")
    for context in (1, 100, 1000):
        steps = text.replace("floor(context / 4)", "(context // 4)").replace("context", str(context))
        assert eval(steps, {"min": min}) == group.kv_bytes(context)


def test_the_formula_names_the_blocks_of_llama_cpp() -> None:
    assert formula(LLAMA_8B, KvDtype.Q8_0) == "32 layers x 8 x (128 + 128) x 34/32 B x context"
    assert [described(group) for group in (LLAMA_8B, WINDOW, INDEX)] == [
        "keys and values of every token",
        "a window of 128 tokens",
        "index keys",
    ]


def test_a_group_that_lacks_what_its_kind_needs_is_refused() -> None:
    with pytest.raises(ValueError, match="needs its window"):
        LayerGroup(kind=CacheKind.WINDOW, layers=1, key_dim=1)
    with pytest.raises(ValueError, match="needs key_dim"):
        LayerGroup(kind=CacheKind.FULL, layers=1)
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        WeightsEntry.model_validate({"cache": [{"kind": "compressed", "layers": 1, "key_dim": 1, "every": 0}]})
    with pytest.raises(ValidationError, match="Unexpected keyword"):
        WeightsEntry.model_validate({"cache": [{"kind": "full", "layers": 1, "key": 1}]})
