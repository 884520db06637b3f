"""The stored constants against a selection of published measurements, with errors that they must not exceed."""

from functools import cache
from pathlib import Path
from statistics import median

import pytest

from maquette.adapters.engine_files import load_accuracy, load_calibration
from maquette.adapters.hardware_files import load_accelerators
from maquette.adapters.point_files import read_points
from maquette.capacity.points import Refused
from maquette.capacity.setup import Metric
from maquette.capacity.validating import Accuracy, validate
from maquette.catalogs import load_catalog

POINTS = Path(__file__).parents[1] / "fixtures" / "capacity_points.csv"


@cache
def accuracy() -> Accuracy:
    return validate(read_points(POINTS, load_catalog().cards, load_accelerators()), load_calibration())


@pytest.mark.parametrize(
    ("family", "metric", "most"),
    [
        ("silicon_sample", Metric.TPOT, 0.15),
        ("silicon_sample", Metric.TTFT, 0.40),
        ("TensorRT-LLM perf-overview v0.17", Metric.OUTPUT_THROUGHPUT, 0.15),
        ("TensorRT-LLM online serving", Metric.OUTPUT_THROUGHPUT, 0.20),
        ("XiongjieDai", Metric.DECODE_RATE, 0.12),
        ("XiongjieDai", Metric.PREFILL_RATE, 0.18),
        ("mlperf_v5.1", Metric.OUTPUT_THROUGHPUT, 0.30),
    ],
)
def test_the_median_error_over_the_selection_is_at_most(family: str, metric: Metric, most: float) -> None:
    apes = [one.ape for one in accuracy().asked if one.point.family.startswith(family) and one.point.metric is metric]
    assert len(apes) >= 2
    assert median(apes) <= most


def test_nineteen_of_twenty_rows_are_predicted_and_each_other_one_has_a_reason() -> None:
    rows = accuracy().rows
    count = sum(row.points for row in rows)
    predicted = len(accuracy().asked)
    assert predicted / count >= 0.95
    assert sum(sum(row.refused.values()) for row in rows) == count - predicted


def test_about_four_of_five_measurements_lie_in_their_interval() -> None:
    inside = [one.inside for one in accuracy().asked]
    assert 0.7 <= sum(inside) / len(inside) <= 0.95


def test_rows_by_model_and_by_accelerator_count_every_prediction_once() -> None:
    found = accuracy()
    assert sum(row.points for row in found.by_model) == len(found.asked) == sum(row.points for row in found.by_gpu)


def test_a_refused_row_is_counted_with_its_reason() -> None:
    row = Refused(line=2, family="f", metric="tpot", model="m", gpu="g", reason="unknown model")
    (found,) = validate([row], load_calibration()).rows
    assert (found.points, found.covered, found.median_ape, dict(found.refused)) == (1, 0.0, None, {"unknown model": 1})


def test_the_tables_of_the_cross_validations_keep_what_the_project_promises() -> None:
    told = load_accuracy()
    promised = {"grouped": 0.15, "model": 0.15, "accelerator": 0.15}
    for name, most in promised.items():
        (row,) = [row for row in told[name] if row["family"] == "silicon_sample" and row["metric"] == "tpot"]
        assert float(row["median_ape"]) <= most
        assert float(row["within_25"]) >= 0.7
