"""From a published configuration to its parameters, counted as the published model code builds them.

Biases of routers and a few scalars, together less than a millionth, are left out where a configuration does not say
them. Towers for images, and layers that only predict several tokens at once, are not counted: a text request passes
neither.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

Config = Mapping[str, Any]
Counts = Counter[str]


def parameters(config: Config) -> Counts:
    """Counts of embedding, output, experts, small and rest; ``active`` is the experts' part that one token passes."""
    counts: Counts = Counter()
    hidden, vocabulary = config["hidden_size"], config["vocab_size"]
    counts["embedding"] = vocabulary * hidden
    counts["output"] = 0 if config.get("tie_word_embeddings") else vocabulary * hidden
    counts["small"] = hidden
    _RULES.get(config["model_type"], _transformer)(config, counts)
    return counts


def _head_dim(config: Config) -> int:
    return int(config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"])


def _gated_mlp(hidden: int, width: int) -> int:
    return 3 * hidden * width


def _experts(config: Config) -> tuple[int, int, int]:
    """How many experts a layer has, how many a token passes, and their width."""
    many = config.get("num_experts") or config.get("num_local_experts") or config.get("n_routed_experts") or 0
    used = config.get("num_experts_per_tok") or config.get("num_experts_per_token") or config.get("top_k_experts") or 0
    width = config.get("moe_intermediate_size") or config.get("intermediate_size") or 0
    return many, used, width


def _shared_width(config: Config) -> int:
    named = config.get("shared_expert_intermediate_size") or config.get("shared_intermediate_size")
    named = named or config.get("share_expert_dim") or config.get("moe_shared_expert_intermediate_size")
    shared = config.get("n_shared_experts") or config.get("num_shared_experts") or 0
    return int(named or shared * (config.get("moe_intermediate_size") or 0))


def _add_experts(config: Config, counts: Counts, layers: int) -> None:
    """Routed experts, their router with its bias, and the experts that every token passes."""
    many, used, width = _experts(config)
    hidden = config["hidden_size"]
    counts["experts"] += layers * many * _gated_mlp(hidden, width)
    counts["active"] += layers * used * _gated_mlp(hidden, width)
    counts["small"] += layers * hidden * many
    counts["rest"] += layers * _gated_mlp(hidden, _shared_width(config))


def _dense_layers(config: Config) -> int:
    """Layers with one dense network instead of experts."""
    layers = int(config["num_hidden_layers"])
    if not _experts(config)[0]:
        return layers
    frequency = config.get("moe_layer_freq")
    if isinstance(frequency, list):
        return layers - sum(frequency)
    return int(config.get("first_k_dense_replace") or 0)


def _add_attention(config: Config, counts: Counts, layers: int, kv_heads: int, dim: int, value_dim: int) -> None:
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    gate = 2 if config.get("attn_output_gate") or config["model_type"] == "qwen3_next" else 1
    counts["rest"] += layers * hidden * (heads * dim * gate + kv_heads * (dim + value_dim) + heads * value_dim)
    biased = config.get("attention_bias") or config["model_type"] == "qwen2"
    if biased:
        counts["small"] += layers * (heads * dim + kv_heads * (dim + value_dim))
    if config["model_type"] in ("gpt_oss",):
        counts["small"] += layers * (hidden + heads)
    if (
        config["model_type"]
        in ("qwen3", "qwen3_moe", "qwen3_vl_text", "qwen3_vl_moe_text", "gemma3_text", "minimax_m3")
        or gate == 2
    ):
        counts["small"] += layers * 2 * dim
    if config["model_type"] in ("olmo2", "olmo3", "minimax_m2"):
        counts["small"] += layers * (heads + kv_heads) * dim


def _transformer(config: Config, counts: Counts) -> None:
    """Grouped attention, and a dense network or experts in each layer."""
    layers, hidden, dim = config["num_hidden_layers"], config["hidden_size"], _head_dim(config)
    _add_attention(config, counts, layers, config["num_key_value_heads"], dim, dim)
    dense = _dense_layers(config)
    counts["rest"] += dense * _gated_mlp(
        hidden, config.get("dense_intermediate_size") or config.get("intermediate_size") or 0
    )
    _add_experts(config, counts, layers - dense)
    norms = 4 if config["model_type"] in ("gemma2", "gemma3_text") else 2
    counts["small"] += layers * norms * hidden


def _gpt_oss(config: Config, counts: Counts) -> None:
    _transformer(config, counts)
    many, _, width = _experts(config)
    layers, hidden = config["num_hidden_layers"], config["hidden_size"]
    counts["small"] += layers * (many * (2 * width + hidden) + many)


def _llama4(config: Config, counts: Counts) -> None:
    """Experts in every layer or in every second one, each with one shared expert of the same width."""
    layers, hidden, dim = config["num_hidden_layers"], config["hidden_size"], _head_dim(config)
    _add_attention(config, counts, layers, config["num_key_value_heads"], dim, dim)
    sparse = layers // config["interleave_moe_layer_step"]
    _add_experts(config, counts, sparse)
    counts["rest"] += sparse * _gated_mlp(hidden, config["intermediate_size"])
    counts["rest"] += (layers - sparse) * _gated_mlp(hidden, config["intermediate_size_mlp"])
    counts["small"] += layers * 2 * hidden


def _mimo_v2(config: Config, counts: Counts) -> None:
    layers, hidden, windows = config["num_hidden_layers"], config["hidden_size"], sum(config["hybrid_layer_pattern"])
    full = (config["num_key_value_heads"], config["head_dim"], config["v_head_dim"])
    narrow = (config["swa_num_key_value_heads"], config["swa_head_dim"], config["swa_v_head_dim"])
    _add_attention(config, counts, layers - windows, *full)
    _add_attention(config, counts, windows, *narrow)
    dense = _dense_layers(config)
    counts["rest"] += dense * _gated_mlp(hidden, config["intermediate_size"])
    _add_experts(config, counts, layers - dense)
    counts["small"] += layers * 2 * hidden


def _gemma4(config: Config, counts: Counts) -> None:
    """Wide global layers, shared caches without projections, tables for each layer, experts beside the dense part."""
    hidden, layers, heads = config["hidden_size"], config["num_hidden_layers"], config["num_attention_heads"]
    first_shared = layers - (config.get("num_kv_shared_layers") or 0)
    for layer, kind in enumerate(config["layer_types"]):
        wide = kind == "full_attention"
        dim = config["global_head_dim"] if wide else config["head_dim"]
        kv_heads = (config.get("num_global_key_value_heads") if wide else None) or config["num_key_value_heads"]
        counts["rest"] += 2 * hidden * heads * dim
        if layer < first_shared:
            counts["rest"] += hidden * kv_heads * dim * (1 if wide and config.get("attention_k_eq_v") else 2)
        widened = 2 if layer >= first_shared and config.get("use_double_wide_mlp") else 1
        counts["rest"] += _gated_mlp(hidden, config["intermediate_size"] * widened)
        counts["small"] += 4 * hidden + 2 * dim + 1
    if config.get("enable_moe_block"):
        _add_experts(config, counts, layers)
        counts["small"] += layers * (3 * hidden + hidden + config["num_experts"])
    table = config.get("hidden_size_per_layer_input") or 0
    counts["embedding"] += config.get("vocab_size_per_layer_input", 0) * layers * table
    counts["rest"] += 3 * layers * table * hidden
    counts["small"] += table + layers * hidden if table else 0


def _add_latent_attention(config: Config, counts: Counts, layers: int) -> None:
    """Multi-head latent attention, with the sparse indexer where there is one."""
    hidden, heads, rank = config["hidden_size"], config["num_attention_heads"], config["kv_lora_rank"]
    plain, turned, value = config["qk_nope_head_dim"], config["qk_rope_head_dim"], config["v_head_dim"]
    queries = config.get("q_lora_rank")
    width = heads * (plain + turned)
    counts["rest"] += layers * (queries * (hidden + width) if queries else hidden * width)
    counts["rest"] += layers * (hidden * (rank + turned) + rank * heads * (plain + value) + heads * value * hidden)
    counts["small"] += layers * ((queries or 0) + rank)
    index = config.get("index_head_dim") or 0
    if index:
        indexed = Counter(config.get("indexer_types") or ["full"] * layers)["full"]
        many = config["index_n_heads"]
        counts["rest"] += indexed * (queries * many * index + hidden * index + hidden * many)
        counts["small"] += indexed * 2 * index


def _latent(config: Config, counts: Counts) -> None:
    layers, hidden = config["num_hidden_layers"], config["hidden_size"]
    _add_latent_attention(config, counts, layers)
    dense = _dense_layers(config)
    counts["rest"] += dense * _gated_mlp(hidden, config["intermediate_size"])
    _add_experts(config, counts, layers - dense)
    many = _experts(config)[0]
    counts["small"] += layers * 2 * hidden + (layers - dense) * (many if config["model_type"] != "deepseek_v2" else 0)


def _deepseek_v4(config: Config, counts: Counts) -> None:
    """One head of keys that are values too, low-rank queries and outputs, compressors, an indexer, four streams."""
    layers, hidden, heads, dim = (
        config[key] for key in ("num_hidden_layers", "hidden_size", "num_attention_heads", "head_dim")
    )
    queries, groups, rank = config["q_lora_rank"], config["o_groups"], config["o_lora_rank"]
    ratios = Counter(config["compress_ratios"][:layers])
    counts["rest"] += layers * (queries * (hidden + heads * dim) + hidden * dim)
    counts["rest"] += layers * (heads * dim * rank + groups * rank * hidden)
    index, many = config["index_head_dim"], config["index_n_heads"]
    counts["rest"] += ratios[4] * (4 * hidden * dim + 4 * hidden * index + queries * many * index + hidden * many)
    counts["rest"] += ratios[128] * 2 * hidden * dim
    streams = config["hc_mult"]
    counts["small"] += layers * 2 * (streams * hidden * streams * (2 + streams)) + streams * streams * hidden
    counts["small"] += layers * (2 * hidden + queries + dim + heads + config["n_routed_experts"])
    _add_experts(config, counts, layers)


def _delta_net(config: Config, counts: Counts) -> None:
    """Every fourth layer has gated attention; the others a gated delta rule behind a short convolution."""
    layers, hidden, dim = config["num_hidden_layers"], config["hidden_size"], _head_dim(config)
    full = layers // config["full_attention_interval"]
    _add_attention(config, counts, full, config["num_key_value_heads"], dim, dim)
    keys = config["linear_num_key_heads"] * config["linear_key_head_dim"]
    heads, values = config["linear_num_value_heads"], config["linear_num_value_heads"] * config["linear_value_head_dim"]
    linear = layers - full
    counts["rest"] += linear * hidden * (2 * keys + 3 * values)
    counts["small"] += linear * (2 * hidden * heads + (2 * keys + values) * config["linear_conv_kernel_dim"])
    counts["small"] += linear * (2 * heads + config["linear_value_head_dim"]) + layers * 2 * hidden
    if _experts(config)[0]:
        _add_experts(config, counts, layers)
        counts["small"] += layers * hidden
    else:
        counts["rest"] += layers * _gated_mlp(hidden, config["intermediate_size"])


def _nemotron_h(config: Config, counts: Counts) -> None:
    """Mamba 2, attention, and experts or dense networks of two matrices, one of them in each layer."""
    names = {"mamba": "M", "attention": "*", "moe": "E"}
    kinds = Counter(config.get("hybrid_override_pattern") or [names[kind] for kind in config["layers_block_type"]])
    hidden, dim = config["hidden_size"], config.get("head_dim") or config["attention_head_dim"]
    _add_attention(config, counts, kinds["*"], config["num_key_value_heads"], dim, dim)
    heads, groups = config["mamba_num_heads"], config["n_groups"] * config["ssm_state_size"]
    inner = heads * config["mamba_head_dim"]
    counts["rest"] += kinds["M"] * hidden * (2 * inner + 2 * groups + heads + inner)
    counts["small"] += kinds["M"] * ((inner + 2 * groups) * (config["conv_kernel"] + 1) + 3 * heads + inner)
    counts["rest"] += kinds["-"] * 2 * hidden * config["intermediate_size"]
    counts["small"] += sum(kinds.values()) * hidden
    if kinds["E"]:
        many, used, width = _experts(config)
        latent = config.get("moe_latent_size") or hidden
        counts["experts"] += kinds["E"] * many * 2 * latent * width
        counts["active"] += kinds["E"] * used * 2 * latent * width
        counts["rest"] += kinds["E"] * (
            2 * hidden * _shared_width(config) + (2 * hidden * latent if latent != hidden else 0)
        )
        counts["small"] += kinds["E"] * many * (hidden + 1)


def _searched(config: Config, counts: Counts) -> None:
    """An architecture found by search: each layer has its own width, or no attention."""
    hidden, dim = config["hidden_size"], _head_dim(config)
    for block, factor in zip(config["attention_blocks"], config["ffn_mults"], strict=True):
        if not block["no_op"]:
            kv_heads = config["num_attention_heads"] // block["n_heads_in_group"]
            _add_attention(config, counts, 1, kv_heads, dim, dim)
            counts["small"] += hidden
        counts["rest"] += _gated_mlp(hidden, _multiple(int(2 * factor * hidden / 3), 256))
        counts["small"] += hidden


def _multiple(number: int, of: int) -> int:
    return -(-number // of) * of


_RULES: dict[str, Callable[[Config, Counts], None]] = {
    "deepseek_v2": _latent,
    "deepseek_v3": _latent,
    "deepseek_v32": _latent,
    "kimi_k2": _latent,
    "glm_moe_dsa": _latent,
    "deepseek_v4": _deepseek_v4,
    "gemma4_text": _gemma4,
    "gpt_oss": _gpt_oss,
    "llama4_text": _llama4,
    "mimo_v2_flash": _mimo_v2,
    "qwen3_next": _delta_net,
    "qwen3_5_text": _delta_net,
    "qwen3_5_moe_text": _delta_net,
    "nemotron_h": _nemotron_h,
    "nemotron-nas": _searched,
}
