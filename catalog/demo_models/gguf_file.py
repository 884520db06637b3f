"""Write a trained demo network with its tokenizer as a GGUF file for llama.cpp.

Matrices become Q8_0, vectors stay F32, and output.weight is left out because llama.cpp then reuses the embedding.
"""

# Types are checked only where gguf and tokenizers are installed, which the project itself never needs.
# mypy: ignore-errors

import json
from pathlib import Path
from typing import Final

import gguf
from network import NORM_EPSILON, ROPE_BASE, Network
from tokenizers import Tokenizer
from vocabulary import BOS, CHAT_TEMPLATE, EOS, PRE_TOKENIZER, SPECIAL

CONTEXT_LENGTH: Final = 256
LICENCE: Final = "apache-2.0"


def write_gguf(path: Path, size: str, network: Network, tokenizer: Tokenizer) -> None:
    """Write the file; the same network and tokenizer give the same bytes."""
    writer = gguf.GGUFWriter(path, "llama")
    add_metadata(writer, size, network)
    add_tokenizer(writer, tokenizer)
    for name, values in network.state_dict().items():
        array = values.float().numpy()
        if array.ndim == 1:
            writer.add_tensor(name, array)
            continue
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_metadata(writer: gguf.GGUFWriter, size: str, network: Network) -> None:
    """Who the model is and how its network is built."""
    shape = network.shape
    writer.add_name(f"Triage {size}")
    writer.add_description("Toy model for demonstrations: routes support messages of a web shop, answers in JSON")
    writer.add_license(LICENCE)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(CONTEXT_LENGTH)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_layer_norm_rms_eps(NORM_EPSILON)
    writer.add_vocab_size(shape.vocabulary)


def add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    """Tokens, merges, special tokens and the chat template."""
    numbers = tokenizer.get_vocab()
    tokens = sorted(numbers, key=lambda token: numbers[token])
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE_TOKENIZER)
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if token in SPECIAL else gguf.TokenType.NORMAL for token in tokens])
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_bos_token_id(numbers[BOS])
    writer.add_eos_token_id(numbers[EOS])
    writer.add_pad_token_id(numbers[EOS])
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)
