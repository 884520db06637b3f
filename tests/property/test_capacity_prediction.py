"""What holds for every prediction: a better machine is never slower, more load never quicker, intervals hold values."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.adapters.engine_files import load_calibration
from maquette.adapters.hardware_files import load_accelerators
from maquette.capacity.batching import DoesNotFit
from maquette.capacity.predicting import predict
from maquette.capacity.setup import Engine, Load, LoadKind, Metric, Precision, Prediction, Setup
from maquette.catalogs import load_catalog

CALIBRATION = load_calibration()
CARDS = [
    load_catalog().cards[f"open/{name}"]
    for name in ("llama-3.1-8b-instruct", "llama-3.1-70b-instruct", "gpt-oss-120b", "deepseek-r1", "qwen3.5-397b-a17b")
]
GPUS = [one for one in load_accelerators() if one.memory_gb and one.bandwidth_gb_per_s and one.memory_gb >= 80]
A_LITTLE = 1 + 1e-9


@st.composite
def setups(draw: st.DrawFn) -> Setup:
    width = draw(st.sampled_from([1, 2, 4, 8]))
    copied = draw(st.booleans())
    return Setup(
        card=draw(st.sampled_from(CARDS)),
        accelerator=draw(st.sampled_from(GPUS)),
        engine=draw(st.sampled_from([Engine.VLLM, Engine.SGLANG, Engine.TENSORRT_LLM])),
        gpus=width,
        tensor_parallel=1 if copied else width,
        data_parallel=width if copied else 1,
        expert_parallel=draw(st.sampled_from([1, width])),
        precision=draw(st.sampled_from([None, Precision.FP8, Precision.FP4])),
        speculative=draw(st.booleans()),
    )


loads = st.builds(
    Load,
    input_tok=st.integers(1, 30_000).map(float),
    output_tok=st.integers(1, 8_000).map(float),
    kind=st.just(LoadKind.CONCURRENCY),
    concurrency=st.integers(1, 2_000).map(float),
    prefix_share=st.floats(0, 1),
)


def predicted(setup: Setup, load: Load) -> Prediction | None:
    try:
        return predict(setup, load, CALIBRATION)
    except DoesNotFit:
        return None


@given(setups(), loads, st.integers(101, 400))
@settings(max_examples=150, deadline=None)
def test_more_bandwidth_is_never_slower(setup: Setup, load: Load, percent: int) -> None:
    chip = setup.accelerator
    wider = replace(chip, bandwidth_gb_per_s=(chip.bandwidth_gb_per_s or Decimal(1)) * percent / 100)
    plain, quick = predicted(setup, load), predicted(replace(setup, accelerator=wider), load)
    if plain is None or quick is None:
        assert plain is quick
        return
    for metric in (Metric.TPOT, Metric.TTFT):
        assert quick.metrics[metric].value <= plain.metrics[metric].value * A_LITTLE
    assert quick.metrics[Metric.OUTPUT_THROUGHPUT].value * A_LITTLE >= plain.metrics[Metric.OUTPUT_THROUGHPUT].value


@given(setups(), loads, st.integers(1, 500))
@settings(max_examples=150, deadline=None)
def test_more_requests_lower_neither_throughput_nor_the_time_between_tokens(
    setup: Setup, load: Load, more: int
) -> None:
    few, many = predicted(setup, load), predicted(setup, replace(load, concurrency=(load.concurrency or 0) + more))
    if few is None or many is None:
        assert few is many
        return
    assert many.metrics[Metric.TPOT].value * A_LITTLE >= few.metrics[Metric.TPOT].value
    assert many.metrics[Metric.OUTPUT_THROUGHPUT].value * A_LITTLE >= few.metrics[Metric.OUTPUT_THROUGHPUT].value


@given(setups(), loads, st.sampled_from(LoadKind))
@settings(max_examples=150, deadline=None)
def test_intervals_hold_their_value_and_every_figure_is_above_zero(setup: Setup, load: Load, kind: LoadKind) -> None:
    found = predicted(setup, replace(load, kind=kind, rate_per_s=2.0))
    if found is None:
        return
    assert found.batch > 0
    for band in found.metrics.values():
        assert 0 < band.low < band.value < band.high
