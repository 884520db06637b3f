"""Write catalog/models/<family>.yaml from index.csv and the published configurations.

Run it as ``python -m catalog.models.make``; with a folder of files ``Org--Name_config.json`` it first takes the facts
of those that index.csv names into configs.json. Only numbers and names are taken, none of the files' text.
"""

import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from catalog.models.cache_groups import cache_groups
from catalog.models.parameters import parameters

HERE = Path(__file__).parent
READ_ON = "2026-11-21"
HEAD = "# Made by make.py from index.csv and configs.json; a missing key is unverified.\n"
KEPT = frozenset({
    "attention_bias", "attention_chunk_size", "attention_head_dim", "attention_k_eq_v", "attn_output_gate",
    "compress_ratios", "conv_kernel", "dense_intermediate_size", "enable_moe_block", "expert_dtype",
    "first_k_dense_replace", "full_attention_interval", "global_head_dim", "hc_mult", "head_dim", "hidden_size",
    "hidden_size_per_layer_input", "hybrid_layer_pattern", "hybrid_override_pattern", "index_head_dim",
    "index_n_heads", "indexer_types", "interleave_moe_layer_step", "intermediate_size", "intermediate_size_mlp",
    "kv_lora_rank", "layer_types", "layers_block_type", "linear_conv_kernel_dim", "linear_key_head_dim",
    "linear_num_key_heads", "linear_num_value_heads", "linear_value_head_dim", "mamba_head_dim", "mamba_num_heads",
    "max_position_embeddings", "model_type", "moe_intermediate_size", "moe_latent_size", "moe_layer_freq",
    "moe_shared_expert_intermediate_size", "n_groups", "n_routed_experts", "n_shared_experts", "num_attention_heads",
    "num_experts", "num_experts_per_tok", "num_experts_per_token", "num_global_key_value_heads", "num_hidden_layers",
    "num_key_value_heads", "num_kv_shared_layers", "num_local_experts", "num_shared_experts", "o_groups",
    "o_lora_rank", "q_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "share_expert_dim",
    "shared_expert_intermediate_size", "shared_intermediate_size", "sliding_window", "ssm_state_size",
    "swa_head_dim", "swa_num_key_value_heads", "swa_v_head_dim", "tie_word_embeddings", "top_k_experts",
    "use_double_wide_mlp", "v_head_dim", "vocab_size", "vocab_size_per_layer_input",
})  # fmt: skip


def main(arguments: list[str]) -> None:
    """Take configurations from the folder in ``arguments``, if there is one, and write every file."""
    with (HERE / "index.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    if arguments:
        facts = {row["config"]: reduced(json.loads(_config(Path(arguments[0]), row).read_text())) for row in rows}
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(facts[name], sort_keys=True)}" for name in sorted(facts))
        (HERE / "configs.json").write_text(f"{{\n{lines}\n}}\n")
    configs = json.loads((HERE / "configs.json").read_text())
    families: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        families[row["family"]].append(row)
    for family, models in families.items():
        entries = "\n".join(entry(row, configs[row["config"]]) for row in models)
        (HERE / f"{family}.yaml").write_text(f'{HEAD}schema: 1\nas_of: "{READ_ON}"\nmodels:\n{entries}')


def _config(folder: Path, row: Mapping[str, str]) -> Path:
    return folder / f"{row['config']}_config.json"


def reduced(config: dict[str, Any]) -> dict[str, Any]:
    """The facts of a configuration that shapes depend on."""
    text = config.get("text_config") or config
    facts = {key: value for key, value in text.items() if key in KEPT and value not in (None, False)}
    facts["vocab_size"] = text.get("padded", text["vocab_size"])
    facts.setdefault("num_hidden_layers", len(text.get("layers_block_type", ())))
    if config.get("tie_word_embeddings"):
        facts["tie_word_embeddings"] = True
    if "sparse_attention_config" in text:
        sparse = text["sparse_attention_config"]
        facts["sparse_attention_config"] = {key: sparse[key] for key in ("sparse_attention_freq", "sparse_index_dim")}
    if "linear_attn_config" in text:
        facts["linear_attn_config"] = text["linear_attn_config"]
    if "block_configs" in text:
        blocks = text["block_configs"]
        facts["attention_blocks"] = [
            {key: b["attention"][key] for key in ("n_heads_in_group", "no_op")} for b in blocks
        ]
        facts["ffn_mults"] = [block["ffn"]["ffn_mult"] for block in blocks]
    facts["native"] = _native(config.get("quantization_config") or text.get("quantization_config"))
    return facts


def _native(quantisation: Mapping[str, Any] | None) -> str:
    """The format of the published weights in our words."""
    if quantisation is None or quantisation["quant_method"] == "modelopt":
        return "bf16"
    if quantisation["quant_method"] == "compressed-tensors":
        weights = next(iter(quantisation["config_groups"].values()))["weights"]
        return "mxfp4" if weights["type"] == "float" else f"int{weights['num_bits']}"
    return str(quantisation["quant_method"])


def entry(row: Mapping[str, str], config: Mapping[str, Any]) -> str:
    """One model in the form of a catalog file."""
    name = row["model"].split("/")[1].lower().replace("_", ".")
    native = row["native"] or config["native"]
    lines = [
        f"  open/{name}:",
        "    provider: open weights",
        "    hosting: open_weights",
        f"    model: {row['model']}",
        f"    source: {row['source']}",
        f"    context_tok: {row['context_tok'] or config['max_position_embeddings']}",
        "    capabilities:",
        "      json: true",
    ]
    if row["vision"]:
        lines.append(f"      vision: {'true' if row['vision'] == 'yes' else 'false'}")
    lines += ["    weights:", *_weights(row, config, native)]
    if row["licence"]:
        lines += ["    licence:", f"      id: {row['licence']}", f"      source: {row['licence_source']}"]
    if row["note"]:
        lines += ["    notes:", f"      - {json.dumps(row['note'], ensure_ascii=False)}"]
    return "\n".join(lines) + "\n"


def _weights(row: Mapping[str, str], config: Mapping[str, Any], native: str) -> Iterable[str]:
    counts = parameters(config) if not row["params_b"] else None
    experts = config.get("num_experts") or config.get("num_local_experts") or config.get("n_routed_experts")
    used = config.get("num_experts_per_tok") or config.get("num_experts_per_token") or config.get("top_k_experts")
    if counts:
        active = counts.pop("active", 0)
        total = sum(counts.values())
        yield f'      params_b: "{_billions(total)}"'
        yield f'      active_params_b: "{_billions(total - counts["experts"] + active)}"'
    else:
        yield f'      params_b: "{row["params_b"]}"'
    yield f"      layers: {config['num_hidden_layers']}"
    yield f"      hidden: {config['hidden_size']}"
    yield f"      vocabulary: {config['vocab_size']}"
    if experts and used:
        yield f"      experts: {experts}"
        yield f"      experts_per_tok: {used}"
    groups = cache_groups(config)
    yield f"      attention: {json.dumps(_attention(groups, config))}"
    if native != "unknown":
        yield f"      native_quantisation: {native}"
    if counts:
        parts = {name: counts[name] for name in ("embedding", "output", "experts", "small")}
        yield f"      parts: {{{', '.join(f'{name}: {count}' for name, count in parts.items())}}}"
    yield "      cache:"
    for group in groups:
        yield f"        - {{{', '.join(f'{key}: {value}' for key, value in group.items())}}}"


def _billions(count: int) -> Decimal:
    return Decimal(count) / 10**9


def _attention(groups: list[dict[str, int | str]], config: Mapping[str, Any]) -> str:
    """The kind of attention in a word or two."""
    kinds = {str(group["kind"]) for group in groups}
    base = "MLA" if "latent" in kinds else "GQA"
    if config.get("num_key_value_heads") == config["num_attention_heads"] and base == "GQA":
        base = "MHA"
    if "compressed" in kinds:
        return "compressed (CSA and HCA) with a window"
    if "state" in kinds:
        return f"hybrid: linear and {base}"
    if "index" in kinds:
        return f"{base}, sparse by an index"
    if "chunk" in kinds:
        return f"{base}, chunked and full"
    return f"{base}, windowed and full" if "window" in kinds else base


if __name__ == "__main__":
    main(sys.argv[1:])
