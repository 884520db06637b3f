"""Every open model of the catalog, against a second, plain reckoning from its published configuration."""

import json
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.licence_files import load_licences
from maquette.catalog.attention import KvDtype
from maquette.catalog.cards import Hosting, ModelCard
from maquette.catalog.licences import Commercial
from maquette.catalog.open_weights import LicenceEntry, licence_from_entry
from maquette.catalogs import load_catalog
from maquette.foundation.shipped import shipped

Config = Mapping[str, Any]
CONTEXTS = (1, 100, 1000, 8192, 32_768, 131_072)
LLMFIT = Path(__file__).parent.parent / "fixtures" / "open_models" / "llmfit.json"

# Parameters of the checkpoints in Hugging Face's listing, as llmfit 3f44fd3 shows them. A checkpoint holds towers for
# images and layers that predict ahead, which are not counted here; so the count is at most that, and at least 95 %.
PUBLISHED = {
    "open/llama-3.1-8b-instruct": 8_030_261_248,
    "open/llama-3.1-405b-instruct": 405_853_388_800,
    "open/llama-4-scout-17b-16e-instruct": 108_641_793_536,
    "open/llama-4-maverick-17b-128e-instruct": 401_583_781_376,
    "open/qwen3-8b": 8_190_735_360,
    "open/qwen3-235b-a22b": 235_093_634_560,
    "open/qwen3-coder-480b-a35b-instruct": 480_154_875_392,
    "open/qwen2.5-7b-instruct": 7_615_616_512,
    "open/qwen2.5-72b-instruct": 72_706_203_648,
    "open/qwen3.5-27b": 27_781_427_952,
    "open/qwen3.5-35b-a3b": 35_951_822_704,
    "open/qwen3.5-122b-a10b": 125_086_497_008,
    "open/qwen3.5-397b-a17b": 403_397_928_944,
    "open/deepseek-v3": 684_531_386_000,
    "open/deepseek-v3.2": 685_355_329_792,
    "open/glm-5.2": 753_375_793_584,
    "open/kimi-k2-instruct": 1_026_408_235_864,
    "open/minimax-m2.5": 228_703_644_928,
    "open/gemma-2-9b-it": 9_241_705_984,
    "open/gemma-3-12b-it": 12_187_325_040,
    "open/gemma-3-27b-it": 27_432_406_640,
    "open/gemma-4-26b-a4b-it": 26_544_131_376,
    "open/mistral-7b-instruct-v0.3": 7_248_023_552,
    "open/phi-4": 14_659_507_200,
    "open/olmo-2-1124-13b-instruct": 13_716_198_400,
}


@cache
def cards() -> Mapping[str, ModelCard]:
    """The open models by id."""
    return {name: card for name, card in load_catalog().cards.items() if card.hosting is Hosting.OPEN_WEIGHTS}


@cache
def configs() -> Mapping[str, Config]:
    """The published configurations by model id."""
    facts = json.loads(shipped("catalog", "models", "configs.json").read_text())
    rows = [line.split(",") for line in shipped("catalog", "models", "index.csv").read_text().splitlines()[1:]]
    return {"open/" + row[1].split("/")[1].lower().replace("_", "."): facts[row[2]] for row in rows}


def grouped(config: Config, context: int) -> int:
    """Bytes at 16 bit, layer by layer: windows where the configuration has them."""
    dim = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    types = config.get("layer_types") or ["full_attention"] * config["num_hidden_layers"]
    if config["model_type"] == "olmo3":
        types = (["sliding_attention"] * 3 + ["full_attention"]) * (config["num_hidden_layers"] // 4)
    window = config.get("sliding_window") or context
    if window >= config["max_position_embeddings"]:
        window = context
    kept = [context if kind == "full_attention" else min(context, window) for kind in types]
    return sum(2 * config["num_key_value_heads"] * dim * 2 * tokens for tokens in kept)


def latent(config: Config, context: int) -> int:
    """Bytes at 16 bit; index keys are 128 bytes and a scale of 4."""
    layers = config["num_hidden_layers"]
    own: int = layers * (config["kv_lora_rank"] + config["qk_rope_head_dim"]) * 2 * context
    indexed = (config.get("indexer_types") or ["full"] * layers).count("full") if "index_head_dim" in config else 0
    return own + indexed * 132 * context


def deepseek_v4(config: Config, context: int) -> int:
    """A window of 128 in every layer, and entries of 512 numbers for 4 or 128 tokens."""
    total = 0
    for ratio in config["compress_ratios"][: config["num_hidden_layers"]]:
        total += 512 * 2 * min(context, 128)
        if ratio:
            total += 512 * 2 * (context // ratio)
        if ratio == 4:
            total += 132 * (context // 4)
    return total


def gemma4(config: Config, context: int) -> int:
    """Only the layers before the shared ones keep anything; global layers have other heads."""
    total = 0
    for kind in config["layer_types"][: config["num_hidden_layers"] - config.get("num_kv_shared_layers", 0)]:
        if kind == "full_attention":
            heads = config.get("num_global_key_value_heads", config["num_key_value_heads"])
            total += context * heads * 512 * 2 * 2
        else:
            total += min(context, config["sliding_window"]) * config["num_key_value_heads"] * 256 * 2 * 2
    return total


def llama4(config: Config, context: int) -> int:
    """Three chunked layers, then a full one."""
    row = config["num_key_value_heads"] * 128 * 2 * 2
    return sum(row * (context if (i + 1) % 4 == 0 else min(context, 8192)) for i in range(config["num_hidden_layers"]))


def mimo(config: Config, context: int) -> int:
    """Keys of 192 numbers and values of 128; 8 KV heads in windows of 128 tokens, 4 elsewhere."""
    return sum(
        320 * 2 * (8 * min(context, 128) if inside else 4 * context) for inside in config["hybrid_layer_pattern"]
    )


def minimax_m3(config: Config, context: int) -> int:
    """60 layers of 4 KV heads, and an index key of 128 numbers in 57 of them."""
    return context * 2 * (60 * 4 * 256 + 57 * 128)


def delta(config: Config, context: int) -> int:
    """Three states, then a full layer."""
    total = 0
    value_heads, key_heads = config["linear_num_value_heads"], config["linear_num_key_heads"]
    for layer in range(config["num_hidden_layers"]):
        if layer % 4 == 3:
            total += context * config["num_key_value_heads"] * config["head_dim"] * 4
        else:
            total += value_heads * 128 * 128 * 4 + (2 * key_heads + value_heads) * 128 * 3 * 2
    return total


def kimi_k3(config: Config, context: int) -> int:
    """24 latent layers; 69 states of 96 heads, and convolutions for queries, keys and values."""
    return 24 * 576 * 2 * context + 69 * (96 * 128 * 128 * 4 + 3 * 96 * 128 * 3 * 2)


def nemotron_h(config: Config, context: int) -> int:
    """Attention and Mamba 2 layers by the pattern; the others keep nothing."""
    kinds = config.get("hybrid_override_pattern") or "".join(kind[1] for kind in config["layers_block_type"])
    attention, mamba = ("*", "M") if "M" in kinds else ("t", "a")
    inner = config["mamba_num_heads"] * config["mamba_head_dim"]
    state = inner * config["ssm_state_size"] * 4 + (inner + 2 * 8 * config["ssm_state_size"]) * 3 * 2
    keys: int = kinds.count(attention) * config["num_key_value_heads"] * 128 * 4 * context
    return keys + kinds.count(mamba) * int(state)


def searched(config: Config, context: int) -> int:
    """49 of 80 layers attend, with 8 KV heads each."""
    return 49 * 8 * 128 * 2 * 2 * context


RULES: Mapping[str, Callable[[Config, int], int]] = {
    "deepseek_v2": latent,
    "deepseek_v3": latent,
    "deepseek_v32": latent,
    "kimi_k2": latent,
    "glm_moe_dsa": latent,
    "deepseek_v4": deepseek_v4,
    "gemma4_text": gemma4,
    "llama4_text": llama4,
    "mimo_v2_flash": mimo,
    "minimax_m3": minimax_m3,
    "qwen3_next": delta,
    "qwen3_5_text": delta,
    "qwen3_5_moe_text": delta,
    "kimi_linear": kimi_k3,
    "nemotron_h": nemotron_h,
    "nemotron-nas": searched,
}


def test_a_hundred_open_models_have_a_source_and_what_they_keep() -> None:
    assert len(cards()) >= 100
    assert cards().keys() == configs().keys()
    for card in cards().values():
        assert card.source.ref.startswith("https://")
        assert card.source.as_of is not None
        assert card.weights is not None
        assert card.weights.cache
        assert card.weights.params_b is not None


def test_the_cache_of_every_model_is_what_its_configuration_gives() -> None:
    wrong = {}
    for name, config in configs().items():
        weights = cards()[name].weights
        assert weights is not None
        rule = RULES.get(config["model_type"], grouped)
        for context in CONTEXTS:
            expected = rule(config, context)
            if weights.kv_bytes(context) != expected:
                wrong[name, context] = (weights.kv_bytes(context), expected)
    assert wrong == {}


@pytest.mark.parametrize(("name", "published"), PUBLISHED.items())
def test_parameters_are_those_of_the_published_checkpoint(name: str, published: int) -> None:
    weights = cards()[name].weights
    assert weights is not None
    assert weights.params_b is not None
    counted = weights.params_b * 10**9
    assert Decimal("0.95") * published <= counted <= published


@pytest.mark.parametrize(
    ("name", "active_b"),
    [
        ("open/qwen3-30b-a3b", "3.3"),
        ("open/deepseek-v3", "37"),
        ("open/deepseek-v4-flash", "13"),
        ("open/deepseek-v4-pro", "49"),
        ("open/gemma-4-26b-a4b-it", "3.8"),
        ("open/kimi-k2-instruct", "32"),
        ("open/mimo-v2-flash", "15"),
        ("open/nvidia-nemotron-3-ultra-550b-a55b-bf16", "55"),
        ("open/qwen3-coder-480b-a35b-instruct", "35"),
        ("open/llama-4-scout-17b-16e-instruct", "17"),
        ("open/step-3.7-flash", "11"),
    ],
)
def test_active_parameters_are_what_the_makers_say_in_round_figures(name: str, active_b: str) -> None:
    weights = cards()[name].weights
    assert weights is not None
    assert weights.active_params_b is not None
    assert abs(weights.active_params_b / Decimal(active_b) - 1) < Decimal("0.07")


def test_the_parts_of_a_model_are_no_more_than_its_parameters() -> None:
    for card in cards().values():
        assert card.weights is not None
        parts, params = card.weights.parts, card.weights.params_b
        if parts is not None and params is not None:
            named = parts.embedding + parts.output + parts.experts + parts.small + parts.vision
            assert 0 < named < params * 10**9, card.id
            assert (parts.experts > 0) == (card.weights.experts is not None), card.id


def test_fewer_bytes_for_each_number_never_take_more_memory() -> None:
    for card in cards().values():
        assert card.weights is not None
        sizes = [
            card.weights.kv_bytes(32_768, dtype) for dtype in (KvDtype.BF16, KvDtype.Q8_0, KvDtype.FP8, KvDtype.Q4_0)
        ]
        assert sizes == sorted(sizes, key=lambda size: -(size or 0)), card.id


def test_one_figure_for_all_layers_is_far_off_for_nearly_half_of_the_models() -> None:
    """llmfit reckons all layers alike, with heads and head size; at 32,768 tokens that misses many architectures."""
    theirs = json.loads(LLMFIT.read_text())["bytes_per_token"]
    off = {}
    for name, per_token in sorted(theirs.items()):
        weights = cards()[name].weights
        exact = weights.kv_bytes(32_768) if weights else None
        assert exact
        ratio = per_token * 32_768 / exact
        if not 1 / 1.5 <= ratio <= 1.5:
            off[name] = ratio
        sys.stdout.write(f"{name:48} exact {exact:>16,} B, theirs {per_token * 32_768:>16,} B, x {ratio:.2f}\n")
    sys.stdout.write(f"{len(off)} of {len(theirs)} are off by more than 1.5\n")
    assert (len(off), len(theirs)) == (46, 100)
    assert off["open/deepseek-v3"] > 20


def test_every_licence_of_a_model_is_known_by_its_clauses() -> None:
    known = load_licences()
    for card in cards().values():
        assert card.weights is not None
        if card.weights.licence is not None:
            assert card.weights.terms == known[card.weights.licence], card.id
    assert {known[name].commercial for name in ("apache-2.0", "mit")} == {Commercial.YES}
    assert {known[name].commercial for name in ("qwen-research", "minimax-m2.7", "mrl")} == {Commercial.NO}
    assert {known[name].commercial for name in ("llama3.1", "gemma", "qwen")} == {Commercial.CONDITIONS}
    assert all(licence.clauses and licence.source for licence in known.values())


def test_a_licence_of_ones_own_wins_over_the_catalogs() -> None:
    own = LicenceEntry(id="mit", commercial=Commercial.CONDITIONS, clauses=("Ask first.",))
    assert licence_from_entry(own, load_licences()).clauses == ("Ask first.",)
    assert licence_from_entry(LicenceEntry(id="mit"), load_licences()).commercial is Commercial.YES
    assert licence_from_entry(LicenceEntry(id="unheard"), load_licences()).commercial is None
