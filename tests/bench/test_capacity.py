"""How long a prediction takes, and a validation over all points of a file."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest

from maquette.adapters.engine_files import load_calibration
from maquette.adapters.hardware_files import load_accelerators
from maquette.adapters.point_files import read_points
from maquette.capacity.points import Point
from maquette.capacity.predicting import predict
from maquette.capacity.setup import LoadKind
from maquette.capacity.validating import validate
from maquette.catalogs import load_catalog

POINTS = Path(__file__).parents[1] / "fixtures" / "capacity_points.csv"
ROUNDS = 200


@pytest.mark.parametrize("kind", list(LoadKind))
def test_a_prediction_takes_a_millisecond(
    kind: LoadKind, report_ratio: Callable[[str, float, float, str], None]
) -> None:
    read = read_points(POINTS, load_catalog().cards, load_accelerators())
    point = next(one for one in read if isinstance(one, Point) and one.load.kind is kind)
    calibration = load_calibration()
    predict(point.setup, point.load, calibration)
    started = perf_counter()
    for _ in range(ROUNDS):
        predict(point.setup, point.load, calibration)
    report_ratio(f"prediction by {kind}", (perf_counter() - started) / ROUNDS * 1e6, 1000, "µs")


def test_a_validation_over_four_thousand_points_takes_ten_seconds(
    report_ratio: Callable[[str, float, float, str], None],
) -> None:
    read = read_points(POINTS, load_catalog().cards, load_accelerators())
    many = read * (4000 // len(read) + 1)
    calibration = load_calibration()
    started = perf_counter()
    found = validate(many[:4000], calibration)
    report_ratio("validation of 4,000 points", (perf_counter() - started) * 1e3, 10_000, "ms")
    assert sum(row.points for row in found.rows) == 4000
