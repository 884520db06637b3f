"""Bytes of weights in each format, against block layouts and against files that their makers published."""

from decimal import Decimal

import pytest

from maquette.catalog.quantisation import FORMATS, GGML_BLOCKS, native_size, quantised_size, quantised_sizes
from maquette.catalog.weights import ParameterParts, Weights
from maquette.catalogs import load_catalog

GIB = 2**30


def weights_of(model: str) -> Weights:
    """The shape of an open model of the catalog."""
    weights = load_catalog().cards[f"open/{model}"].weights
    assert weights is not None
    return weights


def plain(params: str | None, **changes: object) -> Weights:
    """A shape of which only the number of parameters is known."""
    fields: dict[str, object] = {
        "params_b": Decimal(params) if params else None,
        "active_params_b": None,
        "layers": None,
        "attention": None,
        "native_quantisation": None,
        "licence": None,
    }
    return Weights(**{**fields, **changes})  # type: ignore[arg-type]  # only some fields


@pytest.mark.parametrize(
    ("block", "bits"),
    [
        ("Q8_0", "8.5"),
        ("Q6_K", "6.5625"),
        ("Q5_K", "5.5"),
        ("Q4_K", "4.5"),
        ("Q4_0", "4.5"),
        ("Q3_K", "3.4375"),
        ("Q2_K", "2.625"),
        ("IQ4_XS", "4.25"),
        ("IQ2_XXS", "2.0625"),
        ("MXFP4", "4.25"),
        ("NVFP4", "4.5"),
        ("BF16", "16"),
    ],
)
def test_bits_of_a_weight_follow_from_the_block(block: str, bits: str) -> None:
    numbers, size = GGML_BLOCKS[block]
    assert Decimal(size * 8) / numbers == Decimal(bits)


# bits per weight of Llama 3.1 8B in llama.cpp's own table (tools/quantize/README.md, commit 311c2c9)
@pytest.mark.parametrize(
    ("name", "bits"), [("Q8_0", "8.5008"), ("Q6_K", "6.5633"), ("Q4_K_M", "4.8944"), ("Q2_K", "3.1593")]
)
def test_llama_8b_takes_what_the_table_of_llama_cpp_says(name: str, bits: str) -> None:
    size = quantised_size(weights_of("llama-3.1-8b-instruct"), name)
    assert size is not None
    assert abs(size.bits / Decimal(bits) - 1) < Decimal("0.002")


# Q4_K_M of llama.cpp's table of memory (same page), in decimal gigabytes
@pytest.mark.parametrize(
    ("model", "gigabytes"),
    [("llama-3.1-8b-instruct", "4.9"), ("llama-3.1-70b-instruct", "43.1"), ("llama-3.1-405b-instruct", "249.1")],
)
def test_a_recipe_is_near_the_files_of_larger_models(model: str, gigabytes: str) -> None:
    size = quantised_size(weights_of(model), "Q4_K_M")
    assert size is not None
    assert size.estimated
    assert abs(Decimal(size.weight_bytes) / 10**9 / Decimal(gigabytes) - 1) < Decimal("0.025")


# Sizes of checkpoints: gpt-oss in its makers' words, 12.8 and 60.8 GiB; Kimi K2, 958.52 GiB in the hub's listing
# (https://simonwillison.net/2025/Jul/11/kimi-k2/)
@pytest.mark.parametrize(
    ("model", "gib"), [("gpt-oss-20b", "12.8"), ("gpt-oss-120b", "60.8"), ("kimi-k2-instruct", "958.52")]
)
def test_published_checkpoints_are_met_within_a_percent(model: str, gib: str) -> None:
    size = native_size(weights_of(model))
    assert size is not None
    assert abs(Decimal(size.weight_bytes) / GIB / Decimal(gib) - 1) < Decimal("0.01")


def test_what_stays_at_16_bit_is_counted_at_16_bit() -> None:
    parts = ParameterParts(embedding=100_000_000, output=100_000_000, experts=0, small=1_000_000)
    shape = plain("1", parts=parts)
    assert (size := quantised_size(shape, "int8"))
    assert size.weight_bytes == 201_000_000 * 2 + 799_000_000
    assert not size.estimated
    tied = plain("1", parts=ParameterParts(embedding=100_000_000, output=0))
    assert (size := quantised_size(tied, "Q4_0"))
    # a table that is the head too takes the head's format
    assert size.weight_bytes == 100_000_000 * 210 // 256 + 900_000_000 * 18 // 32


def test_without_parts_a_size_is_an_estimate() -> None:
    assert (size := quantised_size(plain("2"), "fp8"))
    assert size.estimated
    assert (size := quantised_size(plain("2"), "bf16"))
    assert (size.weight_bytes, size.estimated) == (4_000_000_000, False)


def test_nothing_is_reckoned_without_parameters() -> None:
    nameless = plain(None)
    assert quantised_size(nameless, "bf16") is None
    assert list(quantised_sizes(nameless)) == []
    assert native_size(plain("1", native_quantisation="unheard")) is None


def test_sizes_come_in_order_and_every_format_names_its_source() -> None:
    sizes = list(quantised_sizes(weights_of("qwen3-30b-a3b")))
    assert sorted(FORMATS) == sorted(size.format for size in sizes)
    assert [size.weight_bytes for size in sizes] == sorted((size.weight_bytes for size in sizes), reverse=True)
    assert all("https://" in size.source for size in sizes)
    assert {size.format for size in sizes if not size.estimated} == {
        "bf16", "fp8", "int8", "int4-g128", "nvfp4", "mxfp4", "Q8_0", "Q6_K", "Q4_0",
    }  # fmt: skip


@pytest.mark.parametrize("model", ["llama-3.1-70b-instruct", "qwen3-32b"])
def test_eight_bit_halve_the_weights_and_four_bit_take_a_quarter_and_their_scales(model: str) -> None:
    taken = {size.format: size.weight_bytes for size in quantised_sizes(weights_of(model))}
    assert 0.50 <= taken["int8"] / taken["bf16"] <= 0.53
    assert 0.25 <= taken["int4-g128"] / taken["bf16"] <= 0.30
