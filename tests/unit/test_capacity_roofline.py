"""The time laws against numbers worked by hand, and what a prediction says of questions that make no sense."""

from dataclasses import fields, replace
from decimal import Decimal

import pytest

from maquette.adapters.engine_files import load_calibration
from maquette.adapters.hardware_files import load_accelerators
from maquette.capacity.batching import DoesNotFit
from maquette.capacity.constants import Band, EngineCalibration, EngineConstants, generation_of
from maquette.capacity.intervals import band_of, banded
from maquette.capacity.predicting import predict
from maquette.capacity.roofline import decode_time, prefill_time
from maquette.capacity.setup import Engine, Load, LoadKind, Metric, Precision, Setup
from maquette.capacity.shapes import kv_bytes_read, shape_of
from maquette.capacity.work import chip_of, decode_work, prefill_work
from maquette.catalog.attention import KvDtype
from maquette.catalog.cards import ModelCard
from maquette.catalog.hardware import Accelerator
from maquette.catalogs import load_catalog
from maquette.foundation.problems import InvalidInput, NotFound

FREE = dict.fromkeys(("imbalance", "interference", "first_steps", "queue", "expert_fill_tok"), 0.0)
IDEAL = EngineConstants(
    **{field.name: 0.0 if field.name.endswith("_s") else FREE.get(field.name, 1.0) for field in fields(EngineConstants)}
)
"""A machine that does what its data sheet says, and nothing else takes time."""

CLOSED = Load(input_tok=1024, output_tok=1024, kind=LoadKind.CONCURRENCY, concurrency=1)


def gpu(name: str) -> Accelerator:
    return next(one for one in load_accelerators() if one.name == name)


def card(name: str) -> ModelCard:
    return load_catalog().cards[f"open/{name}"]


def setup(model: str = "llama-3.1-8b-instruct", accelerator: str = "H100-SXM 80GB", **said: object) -> Setup:
    plain = Setup(card=card(model), accelerator=gpu(accelerator), engine=Engine.VLLM, precision=Precision.FP8)
    return replace(plain, **said)  # type: ignore[arg-type]


def test_llama_8b_in_eight_bits_reads_8_03_gb_for_a_token_which_takes_an_h100_2_40_ms() -> None:
    """6,979,321,856 weights of the layers at one byte, 525,336,576 of the head and 266,240 norms at two: 8,030,527,488.

    8,030,527,488 B / 3,350 GB/s = 2.397 ms. The cache of 1,088 tokens: 32 layers x 8 heads x 256 numbers x 2 B x 1,088
    = 142,606,336 B, 0.0426 ms.
    """
    asked = setup()
    shape = shape_of(asked.card, asked.engine, asked.precision, None)
    assert shape.dense_bytes == 8_030_527_488
    work = decode_work(asked, shape, chip_of(asked.accelerator, shape.precision), 1, 1088)
    assert work.weight_s == pytest.approx(2.3972e-3, rel=1e-4)
    assert work.kv_s == pytest.approx(4.2569e-5, rel=1e-4)
    assert decode_time(work, IDEAL).memory_s == pytest.approx(2.4398e-3, rel=1e-4)


def test_the_prefill_of_a_thousand_tokens_multiplies_two_operations_for_each_weight() -> None:
    """7,504,925,184 weights without the table x 2 x 1,000 tokens / 1,978 TFLOPS = 7.588 ms.

    Attention: 32 layers x 2 x 4,096 x 1,000 x 1,000 / 989 TFLOPS = 0.265 ms.
    """
    asked = setup()
    shape = shape_of(asked.card, asked.engine, asked.precision, None)
    work = prefill_work(asked, shape, chip_of(asked.accelerator, shape.precision), 1000)
    assert work.dense_s == pytest.approx(7.588e-3, rel=1e-3)
    assert work.attention_s == pytest.approx(2.651e-4, rel=1e-3)
    assert prefill_time(work, IDEAL).compute_s == pytest.approx(7.853e-3, rel=1e-3)


def test_sixty_four_tokens_of_deepseek_reach_87_percent_of_its_experts() -> None:
    """1 - (1 - 8/256)^64 = 1 - 0.96875^64 = 1 - 0.1311 = 0.8689."""
    shape = shape_of(card("deepseek-r1"), Engine.SGLANG, Precision.FP8, None)
    assert shape.touched(64) == pytest.approx(0.8689, abs=1e-4)
    assert shape.touched(1) == pytest.approx(8 / 256)
    assert shape.touched(0) == 0


def test_one_token_of_a_routed_model_reads_no_more_than_its_active_weights() -> None:
    """gpt-oss-120b: 114,661,785,600 expert weights x 4/128 x 4.25 bits / 8 = 1.904 GB for one token."""
    asked = setup("gpt-oss-120b", "B200-SXM 180GB", precision=None)
    shape = shape_of(asked.card, asked.engine, None, None)
    work = decode_work(asked, shape, chip_of(asked.accelerator, shape.precision), 1, 1024)
    read_gb = work.expert_weight_s * float(asked.accelerator.bandwidth_gb_per_s or 0)
    assert read_gb == pytest.approx(1.904, rel=1e-3)


def test_a_window_stops_growing_a_latent_is_not_split_and_a_state_is_read_and_written() -> None:
    """gpt-oss: 18 layers see all, 18 see 128 tokens; both keep 8 heads x 128 numbers x 2 B = 2,048 B for a token.

    DeepSeek keeps 61 layers x 576 numbers x 2 B for a token on every accelerator, however many there are.
    """
    windowed = shape_of(card("gpt-oss-120b"), Engine.VLLM, None, None)
    assert kv_bytes_read(windowed, 4096, KvDtype.BF16, 1) == 18 * 2048 * (4096 + 128)
    assert kv_bytes_read(windowed, 4096, KvDtype.BF16, 8) == 18 * 2048 * (4096 + 128) / 8
    latent = shape_of(card("deepseek-r1"), Engine.VLLM, None, None)
    assert kv_bytes_read(latent, 1000, KvDtype.BF16, 8) == kv_bytes_read(latent, 1000, KvDtype.BF16, 1) == 61 * 1152000
    hybrid = shape_of(card("qwen3.5-397b-a17b"), Engine.VLLM, None, None)
    state = 45 * (64 * 128 * 128 * 4 + 12288 * 3 * 2)
    assert kv_bytes_read(hybrid, 0, KvDtype.BF16, 1) == 2 * state


def test_a_format_that_the_accelerator_lacks_is_multiplied_at_16_bit() -> None:
    assert chip_of(gpu("A100-SXM 80GB"), Precision.FP8).flops_per_s == 312e12
    assert chip_of(gpu("H100-SXM 80GB"), Precision.FP4).flops_per_s == 989e12
    assert chip_of(gpu("B200-SXM 180GB"), Precision.FP4).flops_per_s == 9000e12


def test_an_accelerator_without_stated_operations_is_told_in_a_note() -> None:
    blank = replace(gpu("H100-SXM 80GB"), name="X1", bf16_tflops=None, fp8_tflops=None, fp4_tflops=None)
    found = predict(replace(setup(), accelerator=blank), CLOSED, CAL)
    assert any("estimated from its bandwidth" in note for note in found.notes)
    assert "accelerator" in found.new


CAL = load_calibration()


def test_memory_bounds_the_batch_and_the_term_that_binds_says_so() -> None:
    many = replace(CLOSED, concurrency=4000)
    found = predict(setup(), many, CAL)
    assert found.batch < 4000
    assert [term.name for term in found.terms if term.binds and term.unit == "sequences"] == [
        "sequences that memory holds"
    ]
    assert (
        found.metrics[Metric.TTFT].value
        > predict(setup(), replace(many, concurrency=found.batch), CAL).metrics[Metric.TTFT].value
    )


def test_a_rate_settles_where_littles_law_holds() -> None:
    load = Load(input_tok=500, output_tok=200, kind=LoadKind.RATE, rate_per_s=5)
    found = predict(setup(), load, CAL)
    stay = found.metrics[Metric.TTFT].value + 200 * found.metrics[Metric.TPOT].value
    assert found.batch == pytest.approx(5 * stay, rel=0.02)
    assert found.metrics[Metric.REQUEST_THROUGHPUT].value == 5


def test_a_rate_beyond_what_the_replica_answers_is_told_and_has_no_steady_wait() -> None:
    found = predict(setup(), Load(input_tok=500, output_tok=200, kind=LoadKind.RATE, rate_per_s=5000), CAL)
    assert any("queue grows" in note for note in found.notes)
    assert Metric.TTFT not in found.metrics
    assert found.metrics[Metric.REQUEST_THROUGHPUT].value < 5000


def test_a_promised_time_between_tokens_bounds_the_batch() -> None:
    free = Load(input_tok=300, output_tok=300, kind=LoadKind.OFFLINE)
    held = predict(setup(), replace(free, tpot_most_s=0.01), CAL)
    assert held.metrics[Metric.TPOT].value == pytest.approx(0.01 * CAL[Engine.VLLM].constants.held_tpot, rel=0.01)
    assert held.batch < predict(setup(), free, CAL).batch


@pytest.mark.parametrize(
    ("load", "said"),
    [
        (replace(CLOSED, input_tok=0, output_tok=0), "without tokens"),
        (replace(CLOSED, concurrency=None), "above zero"),
        (replace(CLOSED, concurrency=0), "above zero"),
        (replace(CLOSED, input_tok=200_000), "more than the 131072"),
        (replace(CLOSED, prefix_share=1.5), "between 0 and 1"),
    ],
)
def test_a_load_that_makes_no_sense_is_a_problem_in_one_sentence(load: Load, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        predict(setup(), load, CAL)


def test_what_is_not_known_of_a_model_or_an_accelerator_is_a_problem() -> None:
    with pytest.raises(InvalidInput, match="bandwidth"):
        predict(replace(setup(), accelerator=replace(gpu("H100-SXM 80GB"), bandwidth_gb_per_s=None)), CLOSED, CAL)
    with pytest.raises(InvalidInput, match="shape"):
        predict(replace(setup(), card=replace(card("llama-3.1-8b-instruct"), weights=None)), CLOSED, CAL)
    with pytest.raises(NotFound, match="constants"):
        predict(setup(), CLOSED, {})


def test_weights_larger_than_the_memory_do_not_fit() -> None:
    with pytest.raises(DoesNotFit, match=r"needs \d+ GB of each H100-SXM 80GB"):
        predict(setup("llama-3.1-70b-instruct", precision=Precision.BF16), CLOSED, CAL)


def test_eight_bits_are_nearly_twice_as_quick_as_sixteen_at_batch_one() -> None:
    narrow = predict(setup(), CLOSED, CAL).metrics[Metric.TPOT].value
    wide = predict(setup(precision=Precision.BF16), CLOSED, CAL).metrics[Metric.TPOT].value
    assert 1.4 < wide / narrow < 2.0


def test_a_band_takes_the_conformal_quantiles_and_is_wider_for_what_is_new() -> None:
    """Of 99 residuals, the (99 + 1) x 0.09 = 9th and the 100 x 0.91 = 91st smallest."""
    assert band_of([float(place) for place in range(1, 100)]) == (9.0, 91.0)
    band = Band(low=-0.1, high=0.2, new_model=1.5, new_accelerator=2.0)
    plain, new = banded(10.0, band, ()), banded(10.0, band, ("model", "accelerator"))
    assert plain.low == pytest.approx(10 * 2.718281828**-0.1)
    assert new.high == pytest.approx(10 * 2.718281828**0.6)


def test_families_of_accelerators_are_told_by_their_names() -> None:
    names = ("GB200", "H200-SXM 141GB", "A100-SXM 80GB", "L40S", "MI300X", "Apple M4 Max", "T4")
    told = ["blackwell", "hopper", "ampere", "ada", "cdna", "apple", "other"]
    assert [generation_of(gpu(name)) for name in names] == told


def test_every_engine_of_the_catalog_has_constants_in_their_ranges() -> None:
    assert set(CAL) == set(Engine)
    for known in CAL.values():
        constants = known.constants
        assert 0.3 < constants.weight_bandwidth <= 1.1
        assert 0 < constants.layer_s < 1e-3
        assert isinstance(known, EngineCalibration)
        assert known.models
        assert known.accelerators


def test_speculative_decoding_and_a_cached_prefix_save_time() -> None:
    plain = setup("deepseek-r1", "H200-SXM 141GB", gpus=8, tensor_parallel=8)
    tpot = predict(plain, CLOSED, CAL).metrics[Metric.TPOT].value
    assert predict(replace(plain, speculative=True), CLOSED, CAL).metrics[Metric.TPOT].value < tpot
    cached = predict(plain, replace(CLOSED, prefix_share=0.9), CAL).metrics[Metric.TTFT].value
    assert cached < predict(plain, CLOSED, CAL).metrics[Metric.TTFT].value


def test_a_price_of_a_decimal_bandwidth_is_read_as_gigabytes_a_second() -> None:
    slow = replace(gpu("H100-SXM 80GB"), bandwidth_gb_per_s=Decimal("1000"))
    assert chip_of(slow, Precision.FP8).bandwidth == 1e12


def test_a_rate_that_was_hardly_measured_takes_the_mirrored_interval_of_its_time() -> None:
    found = predict(setup(), CLOSED, CAL).metrics
    time, rate = found[Metric.TPOT], found[Metric.DECODE_RATE]
    assert rate.value == pytest.approx(1 / time.value)
    assert (rate.low, rate.high) == pytest.approx((1 / time.high, 1 / time.low))
