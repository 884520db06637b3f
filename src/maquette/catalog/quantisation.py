"""Bytes of a model's weights in the formats that engines serve: block layouts, and which parts stay at 16 bit.

A format of one block layout is exact. A mixed recipe of llama.cpp gives some layers more bits than others: what its
layers take together is worked back from a published file, and the result is an estimate.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from maquette.catalog.weights import ParameterParts, Weights

GGML_BLOCKS: Mapping[str, tuple[int, int]] = {
    "F32": (1, 4),
    "F16": (1, 2),
    "BF16": (1, 2),
    "F64": (1, 8),
    "I8": (1, 1),
    "I16": (1, 2),
    "I32": (1, 4),
    "I64": (1, 8),
    "Q4_0": (32, 18),
    "Q4_1": (32, 20),
    "Q5_0": (32, 22),
    "Q5_1": (32, 24),
    "Q8_0": (32, 34),
    "Q8_1": (32, 36),
    "Q2_K": (256, 84),
    "Q3_K": (256, 110),
    "Q4_K": (256, 144),
    "Q5_K": (256, 176),
    "Q6_K": (256, 210),
    "Q8_K": (256, 292),
    "IQ1_S": (256, 50),
    "IQ1_M": (256, 56),
    "IQ2_XXS": (256, 66),
    "IQ2_XS": (256, 74),
    "IQ2_S": (256, 82),
    "IQ3_XXS": (256, 98),
    "IQ3_S": (256, 110),
    "IQ4_NL": (32, 18),
    "IQ4_XS": (256, 136),
    "TQ1_0": (256, 54),
    "TQ2_0": (256, 66),
    "MXFP4": (32, 17),
    "NVFP4": (64, 36),
}
"""Numbers in a block and bytes of the block, from ggml's block structs."""

BLOCK_SOURCE = "block structs in https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h"
_RECIPE_SOURCE = "https://github.com/ggml-org/llama.cpp/blob/master/tools/quantize/README.md, Llama 3.1 8B"
_OLD_RECIPE_SOURCE = (
    "https://github.com/ggml-org/llama.cpp/blob/master/tools/quantize/README.md, Llama 2 7B (earlier table)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class QuantisedSize:
    """A model's weights in one format.

    Attributes:
        format: The format's name.
        bits: Bits for one weight over the whole model, two places after the point.
        weight_bytes: Bytes of all tensors.
        estimated: Whether it rests on more than the layout of blocks and the model's published shape.
        engine: What serves it.
        how: How it was reckoned.
        source: Where the layout is described.
    """

    format: str
    bits: Decimal
    weight_bytes: int
    estimated: bool
    engine: str
    how: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Format:
    """Bits of a weight in each part; the parts that are not named take the bits of the layers.

    Attributes:
        layers: Attention and dense layers.
        experts: Routed experts.
        ends: The table of tokens, and the output head.
        small: Norms, routers, biases.
    """

    layers: Fraction
    experts: Fraction
    ends: tuple[Fraction, Fraction]
    small: Fraction
    engine: str
    how: str
    source: str
    recipe: bool = False


def _ggml(name: str) -> Fraction:
    numbers, size = GGML_BLOCKS[name]
    return Fraction(size * 8, numbers)


_SIXTEEN = Fraction(16)
_FP8 = 8 + Fraction(32, 128 * 128)
_INT4 = 4 + Fraction(16 + 4, 128)
_NVFP4 = 4 + Fraction(8, 16)
_MXFP4 = 4 + Fraction(8, 32)


def _served(layers: Fraction, experts: Fraction, how: str, source: str) -> _Format:
    return _Format(
        layers=layers,
        experts=experts,
        ends=(_SIXTEEN, _SIXTEEN),
        small=_SIXTEEN,
        engine="vLLM, SGLang",
        how=how,
        source=source,
    )


def _gguf(layers: Fraction, embedding: str, output: str, how: str, source: str, *, recipe: bool) -> _Format:
    return _Format(
        layers=layers,
        experts=layers,
        ends=(_ggml(embedding), _ggml(output)),
        small=Fraction(32),
        engine="llama.cpp",
        how=how,
        source=source,
        recipe=recipe,
    )


def _recipe(file_bits: str, block: str, *, old: bool = False) -> _Format:
    """A mixed recipe: what the layers take, worked back from a file of known shape.

    Llama 3.1 8B has 8,030,261,248 weights, 525,336,576 of them in each end; Llama 2 7B has 6,738,415,616, and
    131,072,000 in each.
    """
    total, end = (6_738_415_616, 131_072_000) if old else (8_030_261_248, 525_336_576)
    whole = Fraction(file_bits) * total
    layers = (whole - end * (_ggml(block) + _ggml("Q6_K"))) / (total - 2 * end)
    how = f"table {block}, head Q6_K, layers {float(layers):.3f} bits on average as in the file of the source"
    return _gguf(layers, block, "Q6_K", how, _OLD_RECIPE_SOURCE if old else _RECIPE_SOURCE, recipe=True)


def _plain_gguf(block: str, output: str) -> _Format:
    how = f"every matrix {block}, head {output}, norms 32 bit"
    return _gguf(_ggml(block), block, output, how, BLOCK_SOURCE, recipe=False)


_COMPRESSED = "https://github.com/vllm-project/llm-compressor"
_FORMATS: Mapping[str, _Format] = {
    "bf16": _served(
        _SIXTEEN, _SIXTEEN, "16 bit throughout", "https://en.wikipedia.org/wiki/Bfloat16_floating-point_format"
    ),
    "fp8": _served(
        _FP8,
        _FP8,
        "8 bit, a 32 bit scale for each block of 128 by 128; table, head, norms and routers at 16 bit",
        "https://huggingface.co/deepseek-ai/DeepSeek-V3/blob/main/README_WEIGHTS.md",
    ),
    "int8": _served(
        Fraction(8),
        Fraction(8),
        "8 bit, a scale for each channel; table, head, norms and routers at 16 bit",
        _COMPRESSED,
    ),
    "int4-g128": _served(
        _INT4,
        _INT4,
        "AWQ or GPTQ: 4 bit, a 16 bit scale and a 4 bit zero for 128 weights; table, head, norms, routers at 16 bit",
        "https://github.com/casper-hansen/AutoAWQ",
    ),
    "nvfp4": _served(
        _NVFP4,
        _NVFP4,
        "4 bit, an 8 bit scale for 16 weights; table, head, norms and routers at 16 bit",
        "https://developer.nvidia.com/blog/introducing-nvfp4-for-efficient-and-accurate-low-precision-inference/",
    ),
    "mxfp4": _served(
        _MXFP4,
        _MXFP4,
        "4 bit, an 8 bit scale for 32 weights; table, head, norms and routers at 16 bit",
        "https://www.opencompute.org/documents/ocp-microscaling-formats-mx-v1-0-spec-final-pdf",
    ),
    "Q8_0": _plain_gguf("Q8_0", "Q8_0"),
    "Q6_K": _plain_gguf("Q6_K", "Q6_K"),
    "Q5_K_M": _recipe("5.7036", "Q5_K"),
    "Q5_K_S": _recipe("5.5704", "Q5_K"),
    "Q4_K_M": _recipe("4.8944", "Q4_K"),
    "Q4_K_S": _recipe("4.6672", "Q4_K"),
    "IQ4_XS": _recipe("4.4597", "IQ4_XS"),
    "Q4_0": _plain_gguf("Q4_0", "Q6_K"),
    "Q3_K_L": _recipe("4.2979", "Q3_K"),
    "Q3_K_M": _recipe("3.91", "Q3_K", old=True),
    "Q3_K_S": _recipe("3.6429", "Q3_K"),
    "Q2_K": _recipe("3.1593", "Q2_K"),
}

_NATIVE: Mapping[str, _Format] = {
    "bf16": _FORMATS["bf16"],
    "fp8": _FORMATS["fp8"],
    "nvfp4": _FORMATS["nvfp4"],
    "mxfp4": _served(_SIXTEEN, _MXFP4, "experts in MXFP4, all else at 16 bit", _FORMATS["mxfp4"].source),
    "int4": _served(
        _SIXTEEN,
        4 + Fraction(16, 32),
        "experts at 4 bit with a 16 bit scale for 32 weights, all else at 16 bit",
        _COMPRESSED,
    ),
    "fp4+fp8": _served(
        _FP8,
        _MXFP4,
        "experts in MXFP4, attention and shared experts in 8 bit, all else at 16 bit",
        _FORMATS["mxfp4"].source,
    ),
}
"""How models are published; where only the experts have few bits, the format's name says less than this."""

FORMATS = tuple(_FORMATS)


def quantised_size(weights: Weights, name: str) -> QuantisedSize | None:
    """The weights in the format ``name``; None when their number is not known.

    Raises:
        KeyError: No such format.
    """
    return _size(weights, name, _FORMATS[name])


def native_size(weights: Weights) -> QuantisedSize | None:
    """The weights as they are published; None when the format or their number is not known."""
    name = weights.native_quantisation
    found = _NATIVE.get(name.lower()) if name else None
    return None if name is None or found is None else _size(weights, name, found)


def quantised_sizes(weights: Weights) -> Iterator[QuantisedSize]:
    """The weights in every format, the largest first."""
    sizes = [size for name in _FORMATS if (size := quantised_size(weights, name))]
    yield from sorted(sizes, key=lambda size: size.weight_bytes, reverse=True)


def _size(weights: Weights, name: str, form: _Format) -> QuantisedSize | None:
    if weights.params_b is None:
        return None
    total = int(weights.params_b * 10**9)
    parts = weights.parts
    bits = min(form.layers, form.experts) * total if parts is None else _bits(total, parts, form)
    each = Decimal(bits.numerator) / Decimal(bits.denominator) / total
    return QuantisedSize(
        format=name,
        bits=each.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP),
        weight_bytes=-(-bits.numerator // (bits.denominator * 8)),
        estimated=form.recipe or (parts is None and form.layers != _SIXTEEN),
        engine=form.engine,
        how=form.how if parts else "every weight alike, since the parts of the model are not known",
        source=form.source,
    )


def _bits(total: int, parts: ParameterParts, form: _Format) -> Fraction:
    """A tied head is the table of tokens, and takes the head's format."""
    layers = total - parts.embedding - parts.output - parts.experts - parts.small - parts.vision
    table, head = form.ends
    bits = parts.embedding * (table if parts.output else head) + parts.output * head
    return bits + layers * form.layers + parts.experts * form.experts + parts.small * form.small + parts.vision * 16
