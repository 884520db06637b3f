"""From a published configuration to what its layers keep for each sequence, by groups of layers that keep alike.

The rules follow the published model code; engines may allocate more (whole pages, padding), never less.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

Config = Mapping[str, Any]
Group = dict[str, int | str]

INDEX_KEY_BYTES = 132
"""A sparse indexer's key: 128 numbers in fp8, and one scale of 32 bit."""


def cache_groups(config: Config) -> list[Group]:
    """The groups of ``config``; ``layers`` counts those that keep something."""
    rule = _RULES.get(config["model_type"], _grouped)
    return [group for group in rule(config) if group["layers"]]


def _head_dim(config: Config) -> int:
    return int(config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"])


def _full(layers: int, heads: int, key: int, value: int) -> Group:
    return {"kind": "full", "layers": layers, "heads": heads, "key_dim": key, "value_dim": value}


def _window(layers: int, heads: int, key: int, value: int, window: int) -> Group:
    return {"kind": "window", "layers": layers, "heads": heads, "key_dim": key, "value_dim": value, "window": window}


def _layer_types(config: Config) -> Counter[str]:
    """How many layers attend to everything, and how many to a window."""
    layers, window = config["num_hidden_layers"], config.get("sliding_window")
    types = config.get("layer_types")
    if types is None and config["model_type"] == "olmo3":  # three windows, then one full layer
        types = ["full_attention" if (layer + 1) % 4 == 0 else "sliding_attention" for layer in range(layers)]
    if types is None or not window or window >= config["max_position_embeddings"]:
        return Counter({"full_attention": layers})
    return Counter(types)


def _grouped(config: Config) -> list[Group]:
    """Keys and values for each KV head, in all layers or in those without a window."""
    types, heads, dim = _layer_types(config), config["num_key_value_heads"], _head_dim(config)
    return [
        _full(types["full_attention"], heads, dim, dim),
        _window(types["sliding_attention"], heads, dim, dim, config.get("sliding_window") or 0),
    ]


def _gemma4(config: Config) -> list[Group]:
    """Global layers have other heads; the last layers use the cache of earlier ones.

    Where keys and values share a projection, the key is normed and turned and the value is not: both are kept.
    """
    kept = config["layer_types"][: config["num_hidden_layers"] - (config.get("num_kv_shared_layers") or 0)]
    types, heads, dim = Counter(kept), config["num_key_value_heads"], config["head_dim"]
    wide, wide_heads = config["global_head_dim"], config.get("num_global_key_value_heads") or heads
    return [
        _full(types["full_attention"], wide_heads, wide, wide),
        _window(types["sliding_attention"], heads, dim, dim, config["sliding_window"]),
    ]


def _llama4(config: Config) -> list[Group]:
    """Every fourth layer attends to everything; the others to the tokens of their own chunk."""
    heads, dim, layers = config["num_key_value_heads"], _head_dim(config), config["num_hidden_layers"]
    chunked: Group = _window(layers - layers // 4, heads, dim, dim, config["attention_chunk_size"])
    return [_full(layers // 4, heads, dim, dim), {**chunked, "kind": "chunk"}]


def _mimo_v2(config: Config) -> list[Group]:
    windows = sum(config["hybrid_layer_pattern"])
    key, value = config["swa_head_dim"], config["swa_v_head_dim"]
    return [
        _full(
            config["num_hidden_layers"] - windows,
            config["num_key_value_heads"],
            config["head_dim"],
            config["v_head_dim"],
        ),
        _window(windows, config["swa_num_key_value_heads"], key, value, config["sliding_window"]),
    ]


def _latent(config: Config) -> list[Group]:
    """Multi-head latent attention: one vector for all heads, and the keys of the sparse indexer where there is one."""
    layers = config["num_hidden_layers"]
    indexed = Counter(config.get("indexer_types") or ["full"] * layers)["full"] if config.get("index_head_dim") else 0
    return [_latent_group(config, layers), _index(indexed, config)]


def _latent_group(config: Config, layers: int) -> Group:
    rank, turned = config["kv_lora_rank"], config["qk_rope_head_dim"]
    return {"kind": "latent", "layers": layers, "key_dim": rank, "value_dim": turned}


def _index(layers: int, config: Config, every: int = 1) -> Group:
    group: Group = {"kind": "index", "layers": layers, "key_dim": config.get("index_head_dim") or 0}
    return {**group, "every": every, "entry_bytes": INDEX_KEY_BYTES}


def _deepseek_v4(config: Config) -> list[Group]:
    """A window in every layer; beside it one entry for 4 tokens with an index, or one for 128 tokens."""
    layers, dim = config["num_hidden_layers"], config["head_dim"]
    ratios = Counter(config["compress_ratios"][:layers])
    compressed: list[Group] = [
        {"kind": "compressed", "layers": count, "key_dim": dim, "every": ratio}
        for ratio, count in sorted(ratios.items())
        if ratio
    ]
    window: Group = {"kind": "window", "layers": layers, "key_dim": dim, "window": config["sliding_window"]}
    return [window, *compressed, _index(ratios[4], config, every=4)]


def _minimax_m3(config: Config) -> list[Group]:
    """All keys and values, and one index key for all heads in the layers with sparse attention."""
    sparse = config["sparse_attention_config"]
    index: Group = {"kind": "index", "layers": sum(sparse["sparse_attention_freq"])}
    return [*_grouped(config), {**index, "key_dim": sparse["sparse_index_dim"]}]


def _state(layers: int, heads: int, sides: tuple[int, int], channels: int, kernel: int) -> Group:
    return {
        "kind": "state",
        "layers": layers,
        "heads": heads,
        "key_dim": sides[0],
        "value_dim": sides[1],
        "state_number_bytes": 4,
        "conv_channels": channels,
        "conv_taps": kernel - 1,
    }


def _delta_net(config: Config) -> list[Group]:
    """Every fourth layer attends to everything; the others keep a state for each value head."""
    layers, dim = config["num_hidden_layers"], _head_dim(config)
    full = layers // config["full_attention_interval"]
    key, value = config["linear_key_head_dim"], config["linear_value_head_dim"]
    heads = config["linear_num_value_heads"]
    channels = 2 * config["linear_num_key_heads"] * key + heads * value
    return [
        _full(full, config["num_key_value_heads"], dim, dim),
        _state(layers - full, heads, (key, value), channels, config["linear_conv_kernel_dim"]),
    ]


def _kimi_linear(config: Config) -> list[Group]:
    """Latent attention in some layers; the others keep a state, and a convolution each for queries, keys and values."""
    linear = config["linear_attn_config"]
    heads, dim = linear["num_heads"], linear["head_dim"]
    return [
        _latent_group(config, len(linear["full_attn_layers"])),
        _state(len(linear["kda_layers"]), heads, (dim, dim), 3 * heads * dim, linear["short_conv_kernel_size"]),
    ]


def _nemotron_h(config: Config) -> list[Group]:
    """Mamba 2 states, attention here and there, and layers that keep nothing."""
    pattern = config.get("hybrid_override_pattern")
    kinds = (
        Counter(pattern)
        if pattern
        else Counter({"mamba": "M", "attention": "*"}.get(kind, "-") for kind in config["layers_block_type"])
    )
    dim = config.get("head_dim") or config["attention_head_dim"]
    heads, side, state = config["mamba_num_heads"], config["mamba_head_dim"], config["ssm_state_size"]
    channels = heads * side + 2 * config["n_groups"] * state
    return [
        _full(kinds["*"], config["num_key_value_heads"], dim, dim),
        _state(kinds["M"], heads, (side, state), channels, config["conv_kernel"]),
    ]


def _searched(config: Config) -> list[Group]:
    """An architecture found by search: some layers have no attention, the others say how many queries share a head."""
    dim = _head_dim(config)
    shares = Counter(block["n_heads_in_group"] for block in config["attention_blocks"] if not block["no_op"])
    return [_full(count, config["num_attention_heads"] // share, dim, dim) for share, count in sorted(shares.items())]


_RULES: dict[str, Callable[[Config], list[Group]]] = {
    "deepseek_v2": _latent,
    "deepseek_v3": _latent,
    "deepseek_v32": _latent,
    "kimi_k2": _latent,
    "glm_moe_dsa": _latent,
    "deepseek_v4": _deepseek_v4,
    "gemma4_text": _gemma4,
    "llama4_text": _llama4,
    "mimo_v2_flash": _mimo_v2,
    "minimax_m3": _minimax_m3,
    "qwen3_next": _delta_net,
    "qwen3_5_text": _delta_net,
    "qwen3_5_moe_text": _delta_net,
    "kimi_linear": _kimi_linear,
    "nemotron_h": _nemotron_h,
    "nemotron-nas": _searched,
}
