"""The memory of a replica against arithmetic that is done by hand here, and what a fit proposes."""

from dataclasses import replace
from decimal import Decimal

import pytest

from maquette.capacity.fitting_in import MOST_CHANGES, fits
from maquette.capacity.memory import (
    kv_bytes_on_one,
    kv_bytes_per_sequence,
    plan_memory,
    room_for_sequences,
    weights_bytes,
)
from maquette.capacity.memory_engines import CONTEXT, GRAPHS
from maquette.capacity.setup import Engine, Precision, Setup
from maquette.catalog.attention import KvDtype
from maquette.catalog.hardware import Accelerator
from maquette.catalog.machines import find_accelerator
from maquette.catalogs import load_accelerators, load_catalog
from maquette.foundation.problems import InvalidInput

GIB = 2**30


def accelerator(name: str) -> Accelerator:
    """An accelerator of the catalog."""
    found = find_accelerator(name, load_accelerators())
    assert found is not None
    return found


def setup_of(model: str, chip: str, engine: Engine = Engine.VLLM, **fields: object) -> Setup:
    """A replica of an open model."""
    card = load_catalog().cards[f"open/{model}"]
    return Setup(card=card, accelerator=accelerator(chip), engine=engine, **fields)  # type: ignore[arg-type]


def test_llama_3_1_70b_in_fp8_on_one_h200_at_8k_by_hand() -> None:
    """Every number of the plan, from the published configuration.

    Weights: 70,553,706,496 parameters. Two ends of 128,256 x 8,192 = 1,050,673,152 and norms of (2 x 80 + 1) x 8,192
    = 1,318,912 stay at 16 bit: 2 x 2,102,665,216 = 4,205,330,432 B. The other 68,451,041,280 have 8 bit and a 32 bit
    scale for 128 x 128 of them: 68,451,041,280 + 68,451,041,280 / 16,384 x 4 = 68,467,752,960 B. Together
    72,673,083,392 B.

    Cache: 80 layers x 2 x 8 heads x 128 x 2 B = 327,680 B a token, 2,684,354,560 B for 8,192 tokens.

    H200: 141 GiB x 0.995 = 150,640,609,198 B as the driver reports it; vLLM takes 0.92 of it. A chunk of 8,192 tokens
    needs 2 x 8,192 x 8,192 x 11 = 1,476,395,008 B, and 256 rows of logits 256 x 128,256 x 6 = 197,001,216 B.
    """
    setup = setup_of("llama-3.1-70b-instruct", "H200", precision=Precision.FP8)
    plan = plan_memory(setup)
    assert weights_bytes(setup) == plan.weights_bytes == 4_205_330_432 + 68_467_752_960
    assert kv_bytes_per_sequence(setup, 8192) == 80 * 2 * 8 * 128 * 2 * 8192 == 2_684_354_560
    assert plan.total_bytes == int(141 * GIB * 0.995)
    assert plan.usable_bytes == int(plan.total_bytes * 0.92)
    assert plan.activations_bytes == 1_476_395_008 + 197_001_216
    assert plan.runtime_bytes == CONTEXT + GRAPHS
    rest = plan.usable_bytes - plan.weights_bytes - plan.activations_bytes - plan.runtime_bytes
    assert plan.kv_room_bytes == rest
    assert plan.max_sequences(8192) == rest // 2_684_354_560 == 23


@pytest.mark.parametrize(
    ("model", "precision", "published_gb"),
    [
        ("gpt-oss-120b", None, Decimal("65.2")),  # the files of openai/gpt-oss-120b
        ("deepseek-r1", Precision.FP4, Decimal(402)),  # those of nvidia/DeepSeek-R1-NVFP4 take about as much
        ("kimi-k2.5", None, Decimal(594)),
        ("llama-3.1-8b-instruct", None, Decimal("16.06")),
    ],
)
def test_weights_take_about_what_the_published_files_take(
    model: str, precision: Precision | None, published_gb: Decimal
) -> None:
    """In the format that is named, to one percent."""
    size = weights_bytes(setup_of(model, "B200", precision=precision)) / 1e9
    assert size == pytest.approx(float(published_gb), rel=0.01)


def test_a_recipe_of_llama_cpp_decides_the_bytes() -> None:
    """The file of Llama 3.1 8B in Q4_K_M has 4.8944 bits a weight in llama.cpp's table."""
    setup = setup_of("llama-3.1-8b-instruct", "4090", Engine.LLAMA_CPP, quantisation="Q4_K_M")
    assert weights_bytes(setup) / 1e9 == pytest.approx(8.030261248 * 4.8944 / 8, rel=0.001)


def test_more_accelerators_than_heads_keep_a_head_each() -> None:
    """Llama 3.1 70B has 8 KV heads: split over 8 each keeps one, and over 16 too, so the replica keeps them twice."""
    one = setup_of("llama-3.1-70b-instruct", "H100")
    eight, sixteen = (replace(one, gpus=many, tensor_parallel=many) for many in (8, 16))
    assert kv_bytes_on_one(eight, 4096) == kv_bytes_on_one(sixteen, 4096) == kv_bytes_on_one(one, 4096) // 8
    assert kv_bytes_per_sequence(eight, 4096) == kv_bytes_per_sequence(one, 4096)
    assert kv_bytes_per_sequence(sixteen, 4096) == 2 * kv_bytes_per_sequence(one, 4096)


def test_a_latent_cache_is_whole_on_each_accelerator_unless_the_attention_is_copied() -> None:
    """DeepSeek R1 keeps 61 layers x 576 numbers x 2 B = 70,272 B a token, on each of eight or on one of eight."""
    one = setup_of("deepseek-r1", "H200", gpus=8, tensor_parallel=8)
    copied = setup_of("deepseek-r1", "H200", gpus=8, data_parallel=8, expert_parallel=8)
    assert kv_bytes_on_one(one, 1024) == kv_bytes_on_one(copied, 1024) == 61 * 576 * 2 * 1024
    assert kv_bytes_per_sequence(one, 1024) == 8 * kv_bytes_per_sequence(copied, 1024)


def test_a_window_stops_growing_and_a_narrow_cache_is_half() -> None:
    """gpt-oss has 18 layers that see all and 18 with a window of 128 tokens; each has 8 heads of 64."""
    setup = setup_of("gpt-oss-120b", "H100")
    each = 2 * 8 * 64 * 2
    assert kv_bytes_on_one(setup, 4096) == 18 * each * 4096 + 18 * each * 128
    assert kv_bytes_on_one(replace(setup, kv_dtype=KvDtype.FP8), 4096) * 2 == kv_bytes_on_one(setup, 4096)


def test_memory_is_given_out_in_whole_pages() -> None:
    """vLLM's pages have 16 tokens: 17 tokens take two."""
    setup = setup_of("llama-3.1-8b-instruct", "H100")
    assert kv_bytes_on_one(setup, 17) == kv_bytes_on_one(setup, 32) == 2 * kv_bytes_on_one(setup, 16)


def test_copies_of_the_attention_have_its_weights_each() -> None:
    """With the experts spread over all: more weights on each accelerator than with tensor parallelism."""
    split = plan_memory(setup_of("deepseek-r1", "H200", gpus=8, tensor_parallel=8))
    copied = plan_memory(setup_of("deepseek-r1", "H200", gpus=8, data_parallel=8, expert_parallel=8))
    assert copied.weights_bytes > split.weights_bytes
    assert split.replica_weights_bytes == pytest.approx(weights_bytes(split.setup), rel=1e-6)


def test_deepseek_r1_in_fp8_needs_eight_h200_and_not_eight_h100() -> None:
    """671 GB of weights are more than 8 x 80 GB have: what its makers say too."""
    assert not fits(setup_of("deepseek-r1", "H100", gpus=8, tensor_parallel=8), 4096).fits
    assert fits(setup_of("deepseek-r1", "H200", gpus=8, tensor_parallel=8), 4096, 64).fits


@pytest.mark.parametrize("engine", list(Engine))
def test_every_engine_leaves_something_beside_the_cache(engine: Engine) -> None:
    """And divides the whole: nothing is spent twice."""
    plan = plan_memory(setup_of("llama-3.1-8b-instruct", "H100", engine))
    spent = plan.weights_bytes + plan.activations_bytes + plan.runtime_bytes + plan.kv_room_bytes
    assert 0 < plan.kv_room_bytes < plan.total_bytes - plan.weights_bytes
    assert spent <= plan.usable_bytes <= plan.total_bytes


def test_what_does_not_fit_is_told_with_what_binds_and_up_to_three_ways_out() -> None:
    """Llama 3.1 70B at 16 bit on one H100, where two changes are needed or twice as many accelerators and more."""
    found = fits(setup_of("llama-3.1-70b-instruct", "H100"), 8192, 16, larger=load_accelerators())
    assert (found.fits, found.binds, found.sequences) == (False, "weights", 0)
    assert 1 <= len(found.changes) <= MOST_CHANGES
    assert found.changes[0].what == "split the model over 4 accelerators"
    for change in found.changes:
        assert room_for_sequences(change.setup, change.context_tok) == change.sequences >= change.concurrency


def test_a_cache_that_does_not_fit_asks_for_a_narrower_one_first() -> None:
    """One H200 has room for 23 sequences of 8k of Llama 3.1 70B in FP8; at 8 bit the cache takes 46."""
    found = fits(setup_of("llama-3.1-70b-instruct", "H200", precision=Precision.FP8), 8192, 40)
    assert (found.fits, found.binds) == (False, "cache")
    assert [change.what for change in found.changes] == [
        "keep the cache in fp8",
        "split the model over 2 accelerators",
        "take 23 sequences at once",
    ]


def test_a_context_beyond_the_model_never_fits() -> None:
    """And the change that is proposed keeps to what the model takes."""
    found = fits(setup_of("llama-2-7b-chat-hf", "H100"), 8192)
    assert (found.fits, found.binds) == (False, "context of the model")
    assert [(change.what, change.context_tok) for change in found.changes] == [
        ("limit the context to 4096 tokens", 4096)
    ]


def test_a_chip_that_shares_memory_must_be_told_how_much() -> None:
    """Apple's chips have no memory of their own."""
    setup = setup_of("llama-3.1-8b-instruct", "M4 Max", Engine.LLAMA_CPP)
    with pytest.raises(InvalidInput, match="memory of Apple M4 Max is not known"):
        plan_memory(setup)
    told = replace(setup, accelerator=replace(setup.accelerator, memory_gb=Decimal(48)))
    assert plan_memory(told).total_bytes == 48 * GIB


def test_a_model_whose_weights_are_unknown_is_a_problem_that_says_so() -> None:
    """What is missing is named."""
    setup = setup_of("llama-3.1-8b-instruct", "H100")
    weights = setup.card.weights
    assert weights is not None
    lacking = {
        "number of weights": replace(weights, params_b=None),
        "keeps for each sequence": replace(weights, cache=()),
        "width": replace(weights, hidden=None),
    }
    for missing, shape in lacking.items():
        with pytest.raises(InvalidInput, match=missing):
            fits(replace(setup, card=replace(setup.card, weights=shape)), 4096)
