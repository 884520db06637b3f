"""A project's measurements beside the predictions: factors worked by hand."""

from dataclasses import replace
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maquette.capacity.setup import Banded, Engine, Load, LoadKind, Metric, Prediction
from maquette.capacity.shrinking import Compared, ProjectFactors, shrink
from tests.unit.test_capacity_sizing import setup

S80 = 1.2815515655446004
"""Half of the width of an 80 % interval in standard deviations."""


def compared(measured: float, predicted: float = 10.0, spread: float = 0.2, **changes: object) -> Compared:
    band = Banded(value=predicted, low=predicted * exp(-S80 * spread), high=predicted * exp(S80 * spread))
    one = Compared(engine=Engine.VLLM, accelerator="A", metric=Metric.TPOT, measured=measured, predicted=band)
    return replace(one, **changes)  # type: ignore[arg-type]  # fields by name


def calibration(*of: Compared) -> ProjectFactors:
    return shrink(of, measured_on=None, sources=())


def factor(*of: Compared) -> float:
    (found,) = calibration(*of).factors.values()
    return found.value


def test_one_measurement_draws_by_the_ratio_of_the_spreads() -> None:
    # Predicted with a spread of 0.2, measured with one of 0.1: a weight of 1 / (1 + 0.25) = 0.8.
    assert factor(compared(12.0)) == pytest.approx(1.2**0.8)


def test_several_that_agree_draw_further() -> None:
    # Four of them: 4 / (4 + 0.25) = 0.941.
    assert factor(*[compared(12.0)] * 4) == pytest.approx(1.2 ** (4 / 4.25))


def test_measurements_that_disagree_draw_less() -> None:
    mean = (log(1.5) + log(0.9)) / 2
    squared = ((log(1.5) - mean) ** 2 + (log(0.9) - mean) ** 2) / 1
    assert factor(compared(15.0), compared(9.0)) == pytest.approx(exp(mean * 2 / (2 + squared / 0.04)))


def test_engines_accelerators_and_metrics_are_drawn_apart() -> None:
    found = calibration(compared(12.0), compared(12.0, accelerator="B"), compared(12.0, metric=Metric.TTFT))
    assert len(found.factors) == 3


def test_figures_that_are_no_figures_are_left_out() -> None:
    assert calibration(compared(0.0), compared(float("inf")), compared(-1.0)).factors == {}


def test_a_prediction_is_drawn_with_its_interval_and_others_are_left() -> None:
    load = Load(input_tok=100, output_tok=100, kind=LoadKind.CONCURRENCY, concurrency=1)
    band = compared(1.0).predicted
    prediction = Prediction(
        setup=setup(), load=load, metrics={Metric.TPOT: band, Metric.TTFT: band}, batch=1.0, terms=()
    )
    drawn = calibration(*[compared(12.0)] * 9).apply(prediction)
    assert drawn.metrics[Metric.TTFT] == band
    found = drawn.metrics[Metric.TPOT]
    assert 11.9 < found.value < 12.0
    assert found.high / found.low < band.high / band.low
    assert ProjectFactors().apply(prediction) == prediction


@given(ratios=st.lists(st.floats(0.2, 5), min_size=1, max_size=20), spread=st.floats(0.02, 1))
def test_the_factor_lies_between_one_and_what_was_measured(ratios: list[float], spread: float) -> None:
    (found,) = calibration(*(compared(10 * ratio, spread=spread) for ratio in ratios)).factors.values()
    low, high = sorted((1.0, found.raw))
    assert low * (1 - 1e-9) <= found.value <= high * (1 + 1e-9)
    assert 0 < found.narrowed <= 1
